# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes of workloads on machines whose CPU is emulated or overloaded, where programs start and answer late.

Upstream's probes end a container that is not there after half a minute or two. Where that is too early, it is started
again and again, and what it had prepared is lost: OVN's databases, for one, are made anew each time.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from ..objects.manifests import Definition

#: The value of the option `timings` of roles.
SLOW = "slow"
WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")
#: What a probe does (Kubernetes' API, core/v1 Probe); everything else in it is when it does that.
_ACTIONS = ("exec", "grpc", "httpGet", "tcpSocket")
#: Seconds that a container may take to start and a probe to answer; answers in a row that may be missing before a
#: container is ended.
_START, _ANSWER, _FAILURES = 900, 30, 10
#: Seconds from one probe to the next: while the container starts, and later. A probe that starts a program in the
#: container takes a second or more of an emulated CPU: every five seconds, as Kube-OVN has it for two probes of each
#: Open vSwitch, they keep such a machine busy by themselves.
_WHILE_IT_STARTS, _EXEC_WHILE_IT_STARTS, _EXEC = 10, 30, 60


def patient(definitions: Iterable[Definition]) -> list[Definition]:
    """The definitions, in which workloads have the time that slow machines need."""
    return [_patient(one) if one.kind in WORKLOADS else one for one in definitions]


def _patient(definition: Definition) -> Definition:
    body = copy.deepcopy(definition.body)
    for container in body["spec"]["template"]["spec"]["containers"]:
        live: dict[str, Any] = container.get("livenessProbe") or {}
        for probe in (live, container.get("readinessProbe") or {}):
            if probe:
                probe["timeoutSeconds"] = max(int(probe.get("timeoutSeconds") or 1), _ANSWER)
            if "exec" in probe:
                probe["periodSeconds"] = max(int(probe.get("periodSeconds") or 10), _EXEC)
        if live:
            live["failureThreshold"] = max(int(live.get("failureThreshold") or 3), _FAILURES)
            start: dict[str, Any] = container.setdefault("startupProbe", _start(live))
            start["timeoutSeconds"] = max(int(start.get("timeoutSeconds") or 1), _ANSWER)
            least = -(-_START // int(start.get("periodSeconds") or 10))
            start["failureThreshold"] = max(int(start.get("failureThreshold") or 3), least)
    return Definition(body, definition.where)


def _start(live: dict[str, Any]) -> dict[str, Any]:
    """The probe that waits for a container to start, made from the one that ends it later."""
    action = {name: copy.deepcopy(live[name]) for name in _ACTIONS if name in live}
    period = _EXEC_WHILE_IT_STARTS if "exec" in live else _WHILE_IT_STARTS
    times = {"periodSeconds": period, "failureThreshold": _START // period, "timeoutSeconds": live["timeoutSeconds"]}
    return {**action, **times}
