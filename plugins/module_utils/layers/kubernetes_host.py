# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer ``kubernetes`` on a host that may be a node already: brought to its state, or compared for host_probe."""

from __future__ import annotations

import typing as t

from ..host.layer import Renderer, Warn, run_layer, silent
from ..host.layer import assess as assess_state
from ..host.plan import Plan
from ..host.state import HostError, HostState
from ..host.system import System
from ..kube import (
    credentials,
    identity,
    immutable,
    kubelet_check,
    kubelet_files,
    kubelet_node,
    kubelet_settings,
    members,
    paths,
    preflight,
    probe,
    version,
)
from ..kube.settings import Settings, parse
from .artefacts import PROGRAMS
from .kubernetes import render, without_load_balancer


def renderer(system: System) -> Renderer:
    """The layer's state on this machine: what the role's variable says, what kubeadm wrote for its kubelet, and who may
    use the credentials that are here."""

    def state(params: dict[str, t.Any]) -> HostState:
        own = without_load_balancer(render(params), system)
        return credentials.with_access(kubelet_files.with_recorded(own, system), system)

    return state


def prepare(
    params: dict[str, t.Any],
    *,
    check: bool,
    warn: Warn = silent,
    system: System | None = None,
    clock: float | None = None,
    in_turn: bool = False,
    watched: bool = False,
    replaced: t.Collection[str] = (),
    reset: bool = False,
) -> dict[str, t.Any]:
    """The module kubernetes_prepare.

    ``in_turn``: this is the turn of this machine. Without it, one of several control planes of a cluster that was made,
    and a worker that is ready and whose kubelet would be restarted, are left as they are, with ``postponed`` in the
    result, so that the caller can change one after another: control planes first that do not serve (``serves``), then
    one worker of each ``kubelet``. ``watched``: other machines wait for the node of this one to be ready.
    ``replaced``: control planes that join again in this run. ``reset``: consent to reset a machine which its cluster
    does not have as a node, so that it may be another node than it was.
    """
    system = system or System()
    settings = parse(params)
    preflight.refuse(settings, system, clock=clock)
    todo = _plan(settings, params, system, reset=reset)
    member = members.is_one_of_several(settings, system)
    node = kubelet_node.ready(settings, system, required=watched) if _restarts(todo) else None
    postponed = bool(todo.steps) and not in_turn and (member or _is_ready_worker(settings, node))
    if todo.steps and in_turn and not check:
        members.require_others(settings, system, "its kubelet and load balancer are not changed", replaced)
    result = run_layer(renderer(system), params, check=check or postponed, system=system, warn=warn)
    result |= {"member": member, "postponed": postponed, "kubelet": kubelet_settings.digest(settings.node.kubelet)}
    result["serves"] = not (postponed and member) or members.serves(settings, system)
    if not (check or postponed):
        _see_kubelet(settings, todo, system)
        if node is not None and in_turn:
            kubelet_node.await_ready(settings, system, node, kubelet_node.WATCH[settings.timings] if watched else 0)
    return {**result, "changed": False, "steps": [], "diff": []} if postponed else result


def assess(params: dict[str, t.Any], system: System | None = None, *, reset: bool = False) -> Plan:
    """What differs on this machine: its files and units, and its membership in the cluster. Changes nothing.

    ``reset``: as of ``prepare``.

    :raises RefusedError: what is wanted must not be done here, or cannot.
    """
    system = system or System()
    settings = parse(params)
    preflight.refuse(settings, system, layers_below=True)
    layer = _plan(settings, params, system, reset=reset)
    return Plan(layer.layer, (*layer.steps, *probe.membership(settings, system)), layer.warnings)


def _plan(settings: Settings, params: dict[str, t.Any], system: System, *, reset: bool) -> Plan:
    """The steps of the layer, if they change neither the version of the cluster nor what it or the node has for
    life."""
    if not reset:
        identity.refuse_changes(settings, system)
    immutable.refuse_changes(settings, system)
    version.refuse_change(settings, system, {})
    layer = assess_state(renderer(system), params, system)
    if any(step.action == "file" and step.subject.startswith(f"{PROGRAMS}/") for step in layer.steps):
        version.refuse_change(settings, system, probe.served_version(settings, system))
    elif _tunes(layer) and system.path(kubelet_check.KUBELET).exists():
        kubelet_check.refuse(settings, system)
    return layer


def _is_ready_worker(settings: Settings, node: kubelet_node.Node | None) -> bool:
    return node is not None and not settings.node.control_plane


def _restarts(plan: Plan) -> bool:
    """Whether the kubelet, which runs, is restarted."""
    return f"systemctl restart {kubelet_files.KUBELET}" in map(str, plan.steps)


def _tunes(plan: Plan) -> bool:
    """Whether the settings of this machine's kubelet change."""
    return f"file {kubelet_settings.FILE}" in map(str, plan.steps)


def _see_kubelet(settings: Settings, done: Plan, system: System) -> None:
    """After a change of the kubelet's settings: whether it serves, or would take them where it was installed now."""
    if system.path(paths.KUBELET_CONF).exists():
        if _tunes(done) or f"remove {kubelet_settings.FILE}" in map(str, done.steps):
            kubelet_check.await_healthy(settings, system)
    elif _tunes(done):
        kubelet_check.refuse(settings, system)


def is_one_of_several(params: dict[str, t.Any], system: System) -> bool:
    """Whether this machine is one of several control planes of a cluster that was made; it need not serve now."""
    try:
        return members.is_one_of_several(parse(params), system)
    except HostError:  # a wrong value was reported by the comparison
        return False


def shortages(params: dict[str, t.Any], system: System) -> list[str] | None:
    """What this worker is short of, if it is a node that has to stay ready; else None."""
    try:
        settings = parse(params)
    except HostError:  # a wrong value was reported by the comparison
        return None
    return kubelet_node.shortages(settings, system)


def serves(params: dict[str, t.Any], system: System) -> bool:
    """Whether the servers of this control plane of a cluster answer."""
    return members.serves(parse(params), system)
