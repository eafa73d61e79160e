# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of addresses: each inside its network, each with one owner."""

from __future__ import annotations

from .checks import Claims, Report
from .hardware import Machine
from .layout import number_of
from .problems import choose
from .scalars import Address


def check_addresses(report: Report) -> None:
    """Every address is inside its network and belongs to one owner. Nobody is ever renumbered to make room."""
    owners = _fixed(report)
    for machine in report.cloud.machines.values():
        _explicit(report, machine)
        plan = report.layout.addresses_of(machine.name)
        for network in report.layout.networks_of(machine):
            address = plan.get(network.name)
            if address is None:
                _overflow(report, machine, network.name)
            elif owners.setdefault(address, f"machines.{machine.name}") != f"machines.{machine.name}":
                said = network.name in machine.addresses
                if not said and _same_number(report, machine, owners[address]):
                    continue
                report.say(
                    f"machines.{machine.name}" + (f".addresses.{network.name}" if said else ""),
                    str(address),
                    f"(its address in networks.{network.name}) is already the address of {owners[address]}",
                    f"give machines.{machine.name} another number or an address in addresses.{network.name}, "
                    f"or move networks.{network.name}.first",
                )


def _same_number(report: Report, machine: Machine, owner: str) -> bool:
    """Whether an address's owner is a machine of the same number; that has been told, and all addresses echo it."""
    other = report.cloud.machines.get(owner.removeprefix("machines."))
    return other is not None and number_of(other) == number_of(machine)


def _fixed(report: Report) -> dict[Address, str]:
    """The addresses that don't come out of the plan, and who has them."""
    cloud = report.cloud
    _provisioner(report)
    claims = Claims(report, "the address of", "give another address")
    for network in cloud.networks.values():
        claims.claim(network.gateway, f"networks.{network.name}.gateway")
    for switch in cloud.switches.values():
        path = f"switches.{switch.name}.address"
        _usable(report, switch.address, path)
        claims.claim(switch.address, path)
    bmcs: dict[Address, str] = {}
    for machine in cloud.machines.values():
        # Two machines behind one BMC address are a matter of check_machines, which knows chassis.
        if machine.bmc and machine.bmc.address is not None and machine.bmc.address not in bmcs:
            bmcs[machine.bmc.address] = machine.name
            path = f"machines.{machine.name}.bmc.address"
            _usable(report, machine.bmc.address, path)
            claims.claim(machine.bmc.address, path)
    if cloud.kubernetes:
        _usable(report, cloud.kubernetes.endpoint, "kubernetes.endpoint")
        claims.claim(cloud.kubernetes.endpoint, "kubernetes.endpoint")
    # Last, because it may be derived: whoever wrote the other address is told of a key to write, not of one to change.
    for name, address in report.layout.provisioner.items():
        claims.claim(address, f"provisioner.addresses.{name}")
    return claims.owners


def _usable(report: Report, address: Address | None, path: str) -> None:
    holder = report.layout.holder(address)
    report.usable(address, holder.subnet if holder else None, path)


def _provisioner(report: Report) -> None:
    own = report.cloud.provisioner
    if own.http_port == own.registry_port:
        report.say("provisioner.registry_port", own.registry_port, "is also its http_port", "give another port")
    for name, address in report.cloud.provisioner.addresses.items():
        network = report.cloud.networks.get(name)
        path = f"provisioner.addresses.{name}"
        if network is None:
            report.say(path, str(address), "is in no network of that name", choose(name, report.cloud.networks))
        elif network.subnet and address not in network.subnet:
            report.say(path, str(address), f"is outside {network.subnet}", f"give an address of {network.subnet}")
        else:
            report.usable(address, network.subnet, path)


def _explicit(report: Report, machine: Machine) -> None:
    mine = {network.name for network in report.layout.networks_of(machine)}
    for index, name in enumerate(machine.networks):
        network = report.cloud.networks.get(name)
        path = f"machines.{machine.name}.networks[{index}]"
        if network is None:
            report.say(path, name, "is no network", choose(name, report.cloud.networks))
        elif network.subnet is None and not report.missing(f"networks.{name}.subnet"):
            report.say(
                path,
                name,
                "has no subnet, so machines can't have an address in it",
                f"give networks.{name}.subnet, or take it away here",
            )
    for name, address in machine.addresses.items():
        path = f"machines.{machine.name}.addresses.{name}"
        network = report.cloud.networks.get(name)
        if network is None:
            report.say(path, str(address), "is in no network of that name", choose(name, report.cloud.networks))
        elif name not in mine:
            report.say(
                path, str(address), f"is in a network the machine is not in ({name})", f"add {name} to its networks"
            )
        elif network.subnet and address not in network.subnet:
            report.say(path, str(address), f"is outside {network.subnet}", f"give an address of {network.subnet}")
        else:
            report.usable(address, network.subnet, path)


def _overflow(report: Report, machine: Machine, name: str) -> None:
    network, number = report.cloud.networks[name], number_of(machine)
    if network.subnet is not None and number is not None:
        report.say(
            f"machines.{machine.name}",
            f"number {number}",
            f"does not fit {network.subnet} of networks.{name} from offset {network.first}",
            f"give a larger subnet, a smaller networks.{name}.first, or machines.{machine.name}.addresses.{name}",
        )
