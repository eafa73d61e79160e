# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the port profiles that machines and their links name; those of other ports are in `check_uplinks`."""

from __future__ import annotations

from .checks import Report
from .ends import SECTION, TAKEN, profile_for
from .hardware import Machine
from .problems import choose
from .wiring import HostLink

#: What the ports of a machine take of a profile.
OF_MACHINES = ("mtu", "edge", "description")


def check_port_profiles(report: Report) -> None:
    """Check profiles by themselves, and those of machines' ports."""
    for profile in report.cloud.port_profiles.values():
        for index, item in enumerate(profile.networks):
            if item != "all" and item not in report.cloud.networks:
                path = f"{SECTION}.{profile.name}.networks[{index}]"
                report.add(path, item, "is not a network", choose(item, report.cloud.networks))
    for machine in report.cloud.machines.values():
        _check_machine(report, machine)


def _check_machine(report: Report, machine: Machine) -> None:
    path = f"machines.{machine.name}"
    named = {f"{path}.port_profile": machine.port_profile}
    named |= {f"{path}.links.{name}.port_profile": link.port_profile for name, link in machine.links.items()}
    cabled = any(nic.port for nic in machine.nics.values())
    for place, name in named.items():
        if name is None:
            continue
        profile = report.cloud.port_profiles.get(name)
        if profile is None:
            report.add(place, name, f"is not one of {SECTION}", choose(name, report.cloud.port_profiles))
        elif not cabled and not report.origin(place):
            report.add(place, name, "is not used: no NIC of the machine has a port", "remove it, or give port of a NIC")
        else:
            for key in TAKEN:
                if key not in OF_MACHINES and getattr(profile, key) not in (None, ()):
                    why = f"has {key}, which for a machine follows from its links"
                    report.add(place, name, why, f"name a profile with {', '.join(OF_MACHINES)} only")
    for link in report.layout.wiring.of(machine):
        _check_mtu(report, machine, link)


def _check_mtu(report: Report, machine: Machine, link: HostLink) -> None:
    profile = profile_for(report.cloud, machine, link)
    if profile is None or profile.mtu is None or link.routed is not None:
        return
    path, remedy = f"{SECTION}.{profile.name}.mtu", "raise the lower value or reduce the higher one"
    needed = report.layout.wiring.mtu(machine, link)
    if profile.mtu < needed:
        why = f"is less than the {needed} bytes of {link.path(machine)}"
        report.add(path, profile.mtu, why, remedy)
    for name in sorted({nic.port.switch for nic in link.nics if nic.port}):
        switch = report.cloud.switches.get(name)
        if switch and profile.mtu > switch.mtu:
            why = f"is above the {switch.mtu} bytes of switches.{name}.mtu"
            report.add(path, profile.mtu, why, remedy)
