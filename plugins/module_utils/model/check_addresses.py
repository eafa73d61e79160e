# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of addresses: each address is inside its network and belongs to one owner."""

from __future__ import annotations

from .checks import Claims, Report
from .hardware import Machine
from .problems import choose
from .scalars import Address, Subnet
from .segments import Network
from .wiring import number_of


def check_addresses(report: Report) -> None:
    """Report every address outside its network or with two owners. Addresses are never moved to resolve a conflict."""
    owners = _fixed_addresses(report)
    for machine in report.cloud.machines.values():
        _check_machine_keys(report, machine)
        plans = report.layout.addresses_of(machine.name), report.layout.second_addresses_of(machine.name)
        for network in report.layout.networks_of(machine):
            for plan, subnet in zip(plans, (network.subnet, network.second_subnet), strict=True):
                _check_planned(report, machine, network, owners, (plan.get(network.name), subnet))


def _check_planned(
    report: Report,
    machine: Machine,
    network: Network,
    owners: dict[Address, str],
    planned: tuple[Address | None, Subnet | None],
) -> None:
    """Check the address of a machine in one subnet of a network: that there is one, and that nobody else has it."""
    address, subnet = planned
    if address is None:
        _report_outside_subnet(report, machine, network, subnet)
    elif owners.setdefault(address, f"machines.{machine.name}") != f"machines.{machine.name}":
        given = (machine.addresses.get(network.name), machine.second_addresses.get(network.name))
        explicit = address in given
        if not explicit and _owner_has_same_number(report, machine, owners[address]):
            return
        owner = report.named(owners[address])
        report.add(
            f"machines.{machine.name}" + (f".addresses.{network.name}" if explicit else ""),
            str(address),
            f"(its address in networks.{network.name}) is already the address of {owner}",
            f"give machines.{machine.name} another number or an address in addresses.{network.name}, "
            f"or move networks.{network.name}.first",
        )


def _owner_has_same_number(report: Report, machine: Machine, owner: str) -> bool:
    """Whether the address belongs to a machine with the same number: the duplicate number has already been reported."""
    other = report.cloud.machines.get(owner.removeprefix("machines."))
    return other is not None and number_of(other) == number_of(machine)


def _fixed_addresses(report: Report) -> dict[Address, str]:
    """The owner's path by address, for all addresses that are not computed from a machine's number."""
    cloud = report.cloud
    _check_provisioner(report)
    claims = Claims(report, "the address of", "give another address")
    for network in report.layout.parts:
        for router in network.gateways:
            claims.claim(router, f"{network.place}.gateway")
    for switch in cloud.switches.values():
        path = f"switches.{switch.name}.address"
        _check_host_address(report, switch.address, path)
        claims.claim(switch.address, path)
    bmcs: dict[Address, str] = {}
    for machine in cloud.machines.values():
        # check_machines reports two machines with one BMC address: a chassis may have one BMC for several machines.
        address = machine.bmc.address if machine.bmc else None
        if address is not None and not isinstance(address, str) and address not in bmcs:
            bmcs[address] = machine.name
            path = f"machines.{machine.name}.bmc.address"
            _check_host_address(report, address, path)
            claims.claim(address, path)
    if cloud.kubernetes:
        _check_host_address(report, cloud.kubernetes.endpoint, "kubernetes.endpoint")
        claims.claim(cloud.kubernetes.endpoint, "kubernetes.endpoint")
    # The provisioner's addresses come last: they may be derived, and a conflict is reported at the key to add.
    for name, address in report.layout.provisioner.items():
        claims.claim(address, f"provisioner.addresses.{name}")
    return claims.owners


def _check_host_address(report: Report, address: Address | None, path: str) -> None:
    network = report.layout.network_of(address)
    report.check_host_address(address, network.subnet_of(address.version) if network and address else None, path)


def _check_provisioner(report: Report) -> None:
    own = report.cloud.provisioner
    if own.http_port == own.registry_port:
        report.add(
            "provisioner.registry_port",
            own.registry_port,
            f"is also its {report.named('provisioner.http_port').partition('.')[2]}",
            "give another port",
        )
    for name, address in report.cloud.provisioner.addresses.items():
        whole = report.cloud.networks.get(name)
        network = whole.at(own.rack) if whole else None
        path = f"provisioner.addresses.{name}"
        if network is None:
            report.add(path, str(address), "names an unknown network", choose(name, report.cloud.networks))
        elif network.subnet and address not in network.subnet:
            report.add(path, str(address), f"is outside {network.subnet}", f"give an address of {network.subnet}")
        else:
            report.check_host_address(address, network.subnet, path)


def _check_machine_keys(report: Report, machine: Machine) -> None:
    own = {network.name for network in report.layout.networks_of(machine)}
    for index, name in enumerate(machine.networks):
        network = report.cloud.networks.get(name)
        path = f"machines.{machine.name}.networks[{index}]"
        if network is None:
            report.add(path, name, "is not a network", choose(name, report.cloud.networks))
        elif not network.subnet and not network.racks and not report.is_unreadable(f"networks.{name}.subnet"):
            report.add(
                path,
                name,
                "has no subnet, so machines can't have an address in it",
                f"give networks.{name}.subnet, or remove the network here",
            )
    for name, address in machine.addresses.items():
        path = f"machines.{machine.name}.addresses.{name}"
        whole = report.cloud.networks.get(name)
        network = whole.at(machine.location.rack) if whole else None
        if network is None:
            report.add(path, str(address), "names an unknown network", choose(name, report.cloud.networks))
        elif name not in own:
            report.add(
                path,
                str(address),
                f"is in {name}, but the machine is not in that network",
                f"add {name} to its networks",
            )
        else:
            second = machine.second_addresses.get(name)
            for one in (address,) if second is None else (address, second):
                subnet = network.subnet_of(one.version) or network.subnet
                if subnet and one not in subnet:
                    report.add(path, str(one), f"is outside {subnet}", f"give an address of {subnet}")
                else:
                    report.check_host_address(one, subnet, path)


def _report_outside_subnet(report: Report, machine: Machine, network: Network, subnet: Subnet | None) -> None:
    name, number = network.name, number_of(machine)
    if subnet is not None and number is not None:
        report.add(
            f"machines.{machine.name}",
            f"number {number}",
            f"does not fit {subnet} of networks.{name} from offset {network.first}",
            f"give a larger subnet, a smaller networks.{name}.first, or machines.{machine.name}.addresses.{name}",
        )
