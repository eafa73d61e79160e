# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings: valid settings of a cloud that are insecure, incomplete or not supported by this release."""

from __future__ import annotations

import typing as t

from . import kubevirt, vm_ha
from .check_deployment import warn_of_deployment
from .check_links import unused_nics
from .check_preflight import RULES
from .check_unread import warn_without_cluster
from .checks import Report
from .clear_text import warn_of_clear_text
from .ends import SECTION as PORT_PROFILES
from .ends import ends_of
from .enums import BmcProtocol, Platform
from .host_view import default_routers
from .layout import is_deployed
from .preflight import Severity, check
from .problems import Problem, show
from .routed import SECTION
from .sources import PROFILES
from .types import Cloud


def warn(cloud: Cloud, data: t.Mapping[t.Any, t.Any], encrypted: bool = False) -> list[Problem]:
    """All warnings about a cloud; `data` is the mapping from which the cloud was read.

    `encrypted`: the mapping was read from an encrypted file, so its passwords are not in clear text.
    """
    report = Report(cloud)
    if not encrypted and not (cloud.lab and cloud.lab.throw_away_secrets):
        warn_of_clear_text(report, data)
        _access(report)
    warn_of_deployment(report)
    _switches(report)
    _machines(report)
    _profiles(report, data)
    _port_profiles(report)
    _routed_links(report)
    _fencing(report)
    warn_without_cluster(report)
    check(report, RULES, Severity.WARNING)
    return report.problems


def _fencing(report: Report) -> None:
    """Machines that run virtual machines and can't be fenced, beside others that can."""
    if not vm_ha.wanted(report.cloud):
        return
    for machine in kubevirt.machines_of(report.cloud):
        if machine.bmc is None:
            message = "has no management controller, so its virtual machines wait for a person when it dies"
            report.add(f"machines.{machine.name}", None, message, "give it a bmc, or keep that in mind")


def _profiles(report: Report, data: t.Mapping[t.Any, t.Any]) -> None:
    used = {machine.profile for machine in report.cloud.machines.values()}
    profiles = data.get(PROFILES)
    for name in profiles if isinstance(profiles, t.Mapping) else ():
        if name not in used:
            message = "is the profile of no machine"
            report.add(f"{PROFILES}.{show(name)}", None, message, "name it as profile of machines, or remove it")


def _port_profiles(report: Report) -> None:
    cloud = report.cloud
    used = {end.own.profile for switch in cloud.switches.values() for end in ends_of(cloud, switch)}
    used |= {machine.port_profile for machine in cloud.machines.values()}
    used |= {link.port_profile for machine in cloud.machines.values() for link in machine.links.values()}
    for name in cloud.port_profiles:
        if name not in used:
            message = "is the profile of no port"
            report.add(f"{PORT_PROFILES}.{name}", None, message, "name it at ports or machines, or remove it")


def _routed_links(report: Report) -> None:
    used = {link.routed for machine in report.cloud.machines.values() for link in machine.links.values()}
    for name in report.cloud.routed_links:
        if name not in used:
            message = "is the pool of no link"
            report.add(f"{SECTION}.{name}", None, message, "name it as routed of links of machines, or remove it")


def _access(report: Report) -> None:
    deployed = any(is_deployed(machine) for machine in report.cloud.machines.values())
    if deployed and not report.cloud.access.public_keys:
        report.add("access.public_keys", None, "is empty, so a deployed machine accepts no login", "give your key")


def _switches(report: Report) -> None:
    for switch in report.cloud.switches.values():
        if switch.mlag and switch.platform is Platform.OPENVSWITCH:
            report.add(
                f"switches.{switch.name}.mlag",
                switch.mlag_peer,
                "has no effect: Open vSwitch has no MLAG",
                "configure both bridges with one LACP system id",
            )


def _machines(report: Report) -> None:
    machines = report.cloud.machines.values()
    ipmi = [machine for machine in machines if machine.bmc and machine.bmc.protocol is BmcProtocol.IPMI]
    if ipmi:
        report.add(
            f"machines.{ipmi[0].name}.bmc.protocol",
            "ipmi",
            f"has no TLS ({_count(len(ipmi))}); the report lists it as a weakness",
            "prefer redfish where the BMC has it",
        )
    uncabled = [
        f"machines.{machine.name}.nics.{nic.name}"
        for machine in machines
        for nic in machine.nics.values()
        if nic.port is None
    ]
    if uncabled and report.cloud.switches:
        report.add(
            uncabled[0],
            None,
            f"names no switch port ({len(uncabled)} of the NICs), so no switch port is configured for it",
            "give port: SWITCH/PORT",
        )
    unused = [
        f"machines.{machine.name}.nics.{name}" for machine in machines for name in unused_nics(report.layout, machine)
    ]
    if unused:
        report.add(
            unused[0],
            None,
            f"has a cable, and nothing uses it ({len(unused)} of the NICs), so its switch port and its link stay as "
            "they are",
            "add it to bond.members or to links, or remove its port",
        )
    seen: set[tuple[str, ...]] = set()
    for machine in machines:
        # Each part of a network with racks has a router, for the other racks, so there only the choice matters.
        networks = [
            item
            for item in report.layout.networks_of(machine)
            if item.gateway and not item.rack_name and not item.table
        ]
        routers = tuple(network.name for network in networks)
        several = sum(len(item.gateways) for item in networks) > len(default_routers(report.layout, machine))
        if several and routers not in seen:
            seen.add(routers)
            report.add(
                f"machines.{machine.name}.networks",
                None,
                f"have several gateways ({', '.join(routers)})",
                "the first of them in the machine's list gives the default route; remove the others if that is wrong",
            )


def _count(number: int) -> str:
    return "one machine" if number == 1 else f"{number} machines"
