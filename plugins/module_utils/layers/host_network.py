# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_network: files of systemd-networkd or NetworkManager and the resulting links, changed with a rollback timer."""

from __future__ import annotations

import time
from typing import Any

from ..host.act import apply
from ..host.layer import Warn, silent
from ..host.plan import Plan, Step, plan
from ..host.read import read, read_text
from ..host.state import Actual, File, HostError, HostState, Link, Purge, Unit
from ..host.system import System
from ..links import cabling, change, lacp, live, managers
from ..links.backends import BACKENDS, PLACES, files_of, mode_of
from ..links.keyfiles import CONF, carrier_conf
from ..links.parts import NetworkSpec
from ..links.script import SCRIPT, SCRIPT_PATH, UNIT, UNIT_PATH
from ..links.spec import parse
from ..network import bonding
from ..specs.check import checked
from ..specs.host_network import CONFIG
from .host_names import Names

RESOLVED = "/etc/systemd/resolved.conf.d/10-groundup.conf"


def network_files(params: dict[str, Any]) -> list[dict[str, str]]:
    """What a deployment writes into a new root so that its first boot has the final network: [{path, content}].

    The role writes the same text, so it has nothing to change on a new machine.
    """
    spec = parse(checked("host_network", CONFIG, params))
    if spec.backend != "networkd":
        raise HostError(
            f"host_network.backend: {spec.backend} is for hosts that are installed already; machines that are deployed "
            "have networkd"
        )
    return [{"path": path, "content": text} for path, text in files_of(spec).items()]


def render(params: dict[str, Any]) -> HostState:
    """The role's input ``host_network`` as files and units; ``assess`` compares the links."""
    return state_of(parse(params))


def state_of(spec: NetworkSpec) -> HostState:
    """Files, names and units of a NetworkSpec."""
    backend, names = BACKENDS[spec.backend], Names(spec.hostname, spec.fqdn)
    files = [File(path, text, mode=mode_of(path)) for path, text in files_of(spec).items()]
    files += [File(SCRIPT_PATH, SCRIPT, mode=0o755), File(UNIT_PATH, UNIT), *names.files]
    if spec.backend == "networkmanager":
        files.append(File(CONF, carrier_conf(spec)))
    # NetworkManager has the name servers in a profile, and gives them to whatever resolves names on its host
    resolved = bool(spec.dns) and spec.backend == "networkd"
    if resolved:
        search = f"Domains={' '.join(spec.search)}\n" if spec.search else ""
        files.append(File(RESOLVED, f"[Resolve]\nDNS={' '.join(spec.dns)}\n{search}"))
    return HostState(
        layer="host_network",
        files=tuple(files),
        blocks=names.blocks,
        links=(Link("/etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf"),) if resolved else (),
        purge=tuple(Purge(directory, f"{prefix}*") for directory, prefix in PLACES.items()),
        sysctls=names.sysctls,
        packages=("systemd-resolved",) if resolved else (),
        units=(
            Unit(backend.service, reload_on=(CONF,) if spec.backend == "networkmanager" else ()),
            Unit("groundup-network-revert-boot.service", active=None),
            *((Unit("systemd-resolved.service", restart_on=(RESOLVED,)),) if resolved else ()),
        ),
    )


def assess(params: dict[str, Any], system: System | None = None) -> Plan:
    """What would be done on this host. Changes nothing."""
    return survey(parse(params), system or System())[0]


def survey(spec: NetworkSpec, system: System) -> tuple[Plan, HostState, Actual, live.Live, list[live.Difference]]:
    """The plan of files and links together, and the states from which it was made."""
    state = state_of(spec)
    actual = read(state, system)
    files = plan(state, actual)
    links = live.read(system, six=spec.six, tables=spec.tables)
    found = live.differences(spec, links)
    corrections = [Step("link", f"{d.link} {d.what}", d, f"{d.have}\n", f"{d.want}\n") for d in found]
    if change.pending(system):
        corrections.append(Step("confirm", "network", None, "an unconfirmed change\n", "confirmed\n"))
    warnings = (*files.warnings, *lacp_warnings(spec, system))
    return Plan("host_network", (*files.steps, *corrections), warnings), state, actual, links, found


def lacp_warnings(spec: NetworkSpec, system: System) -> tuple[str, ...]:
    """Members outside the aggregation: a fault of a cable or the switch, which no file on this host corrects."""
    found: list[str] = []
    for bond in spec.bonds:
        text = read_text(system, f"/proc/net/bonding/{bond.name}")
        if bond.mode == "802.3ad" and text:
            state = bonding.parse(text)
            down = [f"{member.name}: no carrier" for member in state.members if not member.up]
            found += [f"{bond.name}: {fault}" for fault in (*down, *lacp.problems(state))]
    return tuple(found)


def refuse_other_managers(spec: NetworkSpec, actual: Actual, links: live.Live, system: System) -> None:
    """HostError where another program than the wanted backend manages the links."""
    backend = BACKENDS[spec.backend]
    ours = f"{backend.directory}/{backend.prefix}"
    has_files = any(state.kind != "absent" for path, state in actual.paths.items() if path.startswith(ours))
    runs = actual.units[backend.service].active == "active"
    managers.refuse_others(spec, links, system, runs=runs, has_files=has_files)


def is_timed(step: Step) -> bool:
    """Whether a step may disconnect the host, so that it is done with the rollback timer only."""
    ours = tuple(f"{directory}/" for directory in PLACES)
    return step.action == "confirm" or isinstance(step.item, live.Difference) or step.subject.startswith(ours)


def run(params: dict[str, Any], *, check: bool, system: System | None = None, warn: Warn = silent) -> dict[str, Any]:
    """Bring the network to its state; steps that could disconnect the host start a second after this returns.

    Returns {changed, armed: identifier or None, deadline: seconds, steps, diff, seconds}. After an ``armed``
    answer the controller has the change proved (``links.proof``) and confirms it, each over a new connection and before
    ``deadline``, or the host rolls back.
    HostError, with nothing changed, when the cabling contradicts the model.
    """
    system, spec, started = system or System(), parse(params), time.monotonic()
    todo, state, actual, links, found = survey(spec, system)
    timed = [step for step in todo.steps if is_timed(step)]
    armed = None
    for text in todo.warnings:
        warn(text)
    if todo.steps and not check:
        refuse_other_managers(spec, actual, links, system)
        if timed:
            cabling.check(spec, links, system)
        rest = Plan(todo.layer, tuple(step for step in todo.steps if not is_timed(step)))
        apply(rest, state, system, actual.pending)
        armed = change.arm(spec, found, system) if timed else None
    return {
        **todo.result(),
        "armed": armed,
        "deadline": spec.timeout,
        "seconds": round(time.monotonic() - started, 3),
    }
