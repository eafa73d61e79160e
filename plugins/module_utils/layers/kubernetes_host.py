# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer ``kubernetes`` on a host that may be a node already: brought to its state, or compared for host_probe."""

from __future__ import annotations

import typing as t

from ..host.layer import Renderer, Warn, run_layer, silent
from ..host.layer import assess as assess_state
from ..host.plan import Plan
from ..host.system import System
from ..kube import immutable, kubelet_files, probe
from ..kube.settings import parse
from .kubernetes import render


def renderer(system: System) -> Renderer:
    """The layer's state on this machine: what the role's variable says, and what kubeadm wrote for its kubelet."""
    return lambda params: kubelet_files.with_recorded(render(params), system)


def prepare(
    params: dict[str, t.Any], *, check: bool, warn: Warn = silent, system: System | None = None
) -> dict[str, t.Any]:
    """The module kubernetes_prepare."""
    system = system or System()
    immutable.refuse_changes(parse(params), system)
    return run_layer(renderer(system), params, check=check, system=system, warn=warn)


def assess(params: dict[str, t.Any], system: System | None = None) -> Plan:
    """What differs on this machine: its files and units, and its membership in the cluster. Changes nothing."""
    system = system or System()
    settings = parse(params)
    immutable.refuse_changes(settings, system)
    layer = assess_state(renderer(system), params, system)
    return Plan(layer.layer, (*layer.steps, *probe.membership(settings, system)), layer.warnings)
