# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes of workloads on slow machines."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.layer import ClusterLayer
from ansible_collections.groundup.cloud.plugins.module_utils.objects.manifests import Definition


def workload(**container: Any) -> Definition:
    spec = {"template": {"spec": {"containers": [{"name": "one", "image": "x", **container}]}}}
    body = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "d", "namespace": "n"}, "spec": spec}
    return Definition(body, "here")


def rendered(definition: Definition, **params: Any) -> dict[str, Any]:
    (found,) = ClusterLayer("toy", lambda _params: [definition]).request(params).definitions
    (container,) = found.body["spec"]["template"]["spec"]["containers"]
    return {key: value for key, value in container.items() if key.endswith("Probe")}


LIVE = {"httpGet": {"path": "/livez", "port": 1}, "initialDelaySeconds": 30, "periodSeconds": 7, "timeoutSeconds": 5}


def test_a_container_on_a_slow_machine_has_fifteen_minutes_to_start() -> None:
    given = workload(livenessProbe=LIVE, readinessProbe={"exec": {"command": ["ready"]}})
    found = rendered(given, timings="slow")
    start = found["startupProbe"]
    assert start["httpGet"] == LIVE["httpGet"] and start["periodSeconds"] * start["failureThreshold"] == 900
    assert found["livenessProbe"] == {**LIVE, "timeoutSeconds": 30, "failureThreshold": 10}
    assert found["readinessProbe"] == {"exec": {"command": ["ready"]}, "timeoutSeconds": 30, "periodSeconds": 60}
    assert rendered(given) == {"livenessProbe": LIVE, "readinessProbe": {"exec": {"command": ["ready"]}}}, "not ours"


def test_probes_that_start_programs_come_seldom() -> None:
    live = {"exec": {"command": ["bash", "check"]}, "periodSeconds": 5}
    found = rendered(workload(livenessProbe=live, readinessProbe={**live, "periodSeconds": 90}), timings="slow")
    assert (found["livenessProbe"]["periodSeconds"], found["readinessProbe"]["periodSeconds"]) == (60, 90)
    start = found["startupProbe"]
    assert (start["periodSeconds"], start["failureThreshold"]) == (30, 30)


@pytest.mark.parametrize("timings", [{}, {"timings": "default"}])
def test_upstreams_probes_stay_on_other_machines(timings: dict[str, str]) -> None:
    assert rendered(workload(livenessProbe=LIVE), **timings) == {"livenessProbe": LIVE}


def test_longer_times_of_upstream_stay() -> None:
    own = {**LIVE, "timeoutSeconds": 45, "failureThreshold": 20}
    start = {"exec": {"command": ["started"]}, "periodSeconds": 2, "failureThreshold": 600, "timeoutSeconds": 40}
    found = rendered(workload(livenessProbe=own, startupProbe=start), timings="slow")
    assert found == {"livenessProbe": own, "startupProbe": start}


def test_a_startup_probe_of_upstream_waits_for_a_quarter_of_an_hour_as_well() -> None:
    start = {"httpGet": {"path": "/healthz"}, "periodSeconds": 2, "failureThreshold": 300}
    found = rendered(workload(livenessProbe=LIVE, startupProbe=start), timings="slow")["startupProbe"]
    assert found == {**start, "failureThreshold": 450, "timeoutSeconds": 30}


def test_a_container_without_probes_gets_none() -> None:
    assert rendered(workload(), timings="slow") == {}
