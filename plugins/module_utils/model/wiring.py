# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which link of a machine carries which network.

A link is a bond or a single NIC. A machine has those that its `links` name, or one: its `bond`, or the NIC that it
boots from. Each network is on one link, so both ends of a cable and the addresses above it follow from the same answer.

The functions also accept a cloud with errors (fields may be None), because the checks use them as well.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ..network.mtu import carrier
from .enums import BondMode, Role
from .hardware import Machine
from .nics import Bond, Link, Nic
from .segments import Network
from .types import Cloud

#: The link whose aggregation has the machine's name and number on switches.
MAIN = "main"
#: EOS takes identifiers to 2000 and NX-OS to 4096, so a cloud of up to 999 machines has room for a second one of each.
MLAG_STEP = 1000
_DIGITS = re.compile(r"([0-9]+)$")


@dataclass(frozen=True)
class HostLink:
    """One link of a machine.

    :ivar key: its name in the model's `links`; empty for the short form.
    :ivar bond: None for a single NIC.
    :ivar networks: the networks that the model names on it; empty for the link of all others.
    :ivar untagged: the network that the model wants untagged on it.
    :ivar port_profile: that of its switch ports, where the link names one.
    :ivar routed: the pool of its addresses, of a link that carries no network.
    """

    key: str
    nics: tuple[Nic, ...]
    bond: Bond | None = None
    networks: tuple[str, ...] = ()
    untagged: str | None = None
    port_profile: str | None = None
    routed: str | None = None

    @property
    def name(self) -> str:
        """Name of the interface, above which those of VLANs are."""
        if self.bond:
            return self.bond.name
        return self.nics[0].name if self.nics else ""

    @property
    def is_lacp(self) -> bool:
        """Whether both ends of its cables negotiate an aggregation."""
        return self.bond is not None and self.bond.mode is BondMode.LACP

    @property
    def is_aggregated(self) -> bool:
        """Whether its ports on the switch are members of an aggregation."""
        return self.bond is not None and self.bond.mode in (BondMode.LACP, BondMode.XOR)

    def path(self, machine: Machine) -> str:
        """The place of its bond or NIC in the model."""
        return f"machines.{machine.name}.links.{self.key}" if self.key else f"machines.{machine.name}"


def number_of(machine: Machine) -> int | None:
    """The machine's number in all address plans: the key `number`, or the digits at the end of its name."""
    if machine.number is not None:
        return machine.number
    match = _DIGITS.search(machine.name.partition(".")[0])
    return int(match[1]) if match else None


def links_of(machine: Machine) -> tuple[HostLink, ...]:
    """The links of a machine in the order of the model; none without network cards."""
    if machine.links:
        found = (_declared(machine, link) for link in machine.links.values())
        return tuple(link for link in found if link.nics)
    members = _short_members(machine)
    if members:
        return (HostLink("", members, machine.bond),)
    first = next(iter(machine.nics.values()), None)
    nic = first if machine.boot_nic is None else machine.nics.get(machine.boot_nic)
    return (HostLink("", (nic,)),) if nic else ()


def _declared(machine: Machine, link: Link) -> HostLink:
    if link.bond:
        nics = tuple(machine.nics[name] for name in link.bond.members if name in machine.nics)
    else:
        nics = tuple(nic for name, nic in machine.nics.items() if name == link.nic)
    return HostLink(link.name, nics, link.bond, link.networks, link.native, link.port_profile, link.routed)


def _short_members(machine: Machine) -> tuple[Nic, ...]:
    """The NICs of the bond of a machine that names no links; with one NIC there is no bond."""
    if machine.bond.mode is BondMode.NONE or len(machine.nics) < 2:
        return ()
    names = machine.bond.members or tuple(machine.nics)
    return tuple(machine.nics[name] for name in names if name in machine.nics)


def lag_name(machine: Machine, link: HostLink) -> str:
    """Name of an aggregation on switches: the machine's for its only link or the one called main.

    No name of a machine has an underscore, so the names of aggregations are unique, and none begins with another one.
    """
    return machine.name if link.key in ("", MAIN) else f"{machine.name}_{link.key}"


def mlag_id(machine: Machine, link: HostLink) -> int | None:
    """Identifier of an aggregation that spans an MLAG pair: the machine's number, and for further ones a thousand more
    each, in the order of the model."""
    number, further = number_of(machine), [one.key for one in links_of(machine) if one.is_aggregated]
    further = [key for key in further if key not in ("", MAIN)]
    place = further.index(link.key) + 1 if link.key in further else 0
    return None if number is None else number + place * MLAG_STEP


def boot_nic(machine: Machine, provision: Network | None) -> Nic | None:
    """The NIC that boots from the network, see the key `boot_nic`."""
    if machine.boot_nic is not None:
        return machine.nics.get(machine.boot_nic)
    links = links_of(machine) if machine.links else ()
    naming = next((link for link in links if provision and provision.name in link.networks), None)
    link = naming or rest_of(links)
    return link.nics[0] if link else next(iter(machine.nics.values()), None)


def rest_of(links: tuple[HostLink, ...]) -> HostLink | None:
    """The link of the networks that no link names: the one that names none, else the first. Routed ones have none."""
    able = [link for link in links if link.routed is None]
    return next((link for link in able if not link.networks), able[0] if able else None)


def shared_nic(machine: Machine) -> Nic | None:
    """The NIC whose port and cable the machine's BMC uses as well, if it has no port of its own."""
    port = machine.bmc.switch_port if machine.bmc else None
    return next((nic for nic in machine.nics.values() if port is not None and nic.port == port), None)


class Wiring:
    """The links of all machines and the networks on them; each answer is computed once."""

    def __init__(
        self,
        cloud: Cloud,
        provision: Network | None,
        networks_of: t.Callable[[Machine], list[Network]],
        bmc_network: t.Callable[[Machine], Network | None],
    ) -> None:
        self.cloud = cloud
        self.provision = provision
        self._networks_of = networks_of
        self._bmc_network = bmc_network
        self._on: dict[object, list[Network]] = {}
        self._links: dict[str, tuple[HostLink, ...]] = {}

    def of(self, machine: Machine) -> tuple[HostLink, ...]:
        """The links of a machine."""
        if machine.name not in self._links:
            self._links[machine.name] = links_of(machine)
        return self._links[machine.name]

    def boot_nic(self, machine: Machine) -> Nic | None:
        """The NIC that boots from the network."""
        return boot_nic(machine, self.provision)

    def boots(self, machine: Machine) -> HostLink | None:
        """The link with the NIC that boots from the network."""
        nic = self.boot_nic(machine)
        return next((link for link in self.of(machine) if nic in link.nics), None)

    def carrying(self, machine: Machine, network: Network) -> HostLink | None:
        """The link that carries a network; None for a machine without network cards."""
        links = self.of(machine)
        if len(links) < 2:
            return rest_of(links)
        named = next((link for link in links if network.name in link.networks), None)
        if named is None and self.provision and network.name == self.provision.name:
            named = self.boots(machine)
        return named if named and named.routed is None else rest_of(links)

    def shared_with_bmc(self, machine: Machine) -> Network | None:
        """The network of the machine's BMC where it uses a NIC that carries the machine's networks."""
        nic = shared_nic(machine)
        if machine.bmc is None or nic is None or not any(nic in link.nics for link in self.of(machine)):
            return None
        return self._bmc_network(machine)

    def carried(self, machine: Machine) -> list[Network]:
        """The networks on a machine's ports: those it has an address in, those that its links name, that of a BMC
        which shares one of the ports, and with the role compute those of tenants."""
        networks, bmc = self.cloud.networks, self.shared_with_bmc(machine)
        rack = machine.location.rack
        found = {network.name: network for network in self._networks_of(machine)}
        named = (name for link in self.of(machine) for name in link.networks if name in networks)
        found |= {name: networks[name].at(rack) for name in named if name not in found}
        if bmc:
            found.setdefault(bmc.name, bmc)
        if Role.COMPUTE in machine.roles:
            found |= {name: network for name, network in networks.items() if network.vlans and name not in found}
        return list(found.values())

    def on(self, machine: Machine, link: HostLink) -> list[Network]:
        """The networks on the ports of one link. Machines that are alike share the list: don't change it."""
        key = self._kind(machine, link)
        if key not in self._on:
            bmc, nic = self.shared_with_bmc(machine), shared_nic(machine)
            own = [item for item in self.carried(machine) if self._is_on(machine, link, item, bmc)]
            self._on[key] = [*own, bmc] if bmc and nic in link.nics and bmc not in own else own
        return self._on[key]

    def _kind(self, machine: Machine, link: HostLink) -> object:
        """All that decides which networks are on a link; equal for machines that are alike."""
        bmc, nic = self.shared_with_bmc(machine), shared_nic(machine)
        links = self.of(machine)
        named = tuple(declared.networks for declared in machine.links.values())
        shape = tuple((one.key, one.networks, one.routed, bmc is not None and nic in one.nics) for one in links)
        boots = self.boots(machine) if len(links) > 1 else None
        compute = Role.COMPUTE in machine.roles
        place = (machine.location.rack, bmc.place if bmc else "", boots.key if boots else "", link.key)
        return (machine.networks, named, compute, shape, *place)

    def _is_on(self, machine: Machine, link: HostLink, network: Network, bmc: Network | None) -> bool:
        """Whether the machine itself uses a network on a link; the BMC's may be on another one."""
        only_bmc = network == bmc and network not in self._networks_of(machine)
        only_bmc = only_bmc and not any(network.name in other.networks for other in self.of(machine))
        return not only_bmc and self.carrying(machine, network) == link

    def native(self, machine: Machine, link: HostLink) -> Network | None:
        """The network that is untagged on a link."""
        untagged = self.cloud.networks.get(link.untagged) if link.untagged else None
        if self.provision and self.carrying(machine, self.provision) == link:
            untagged = self.provision
        return untagged.at(machine.location.rack) if untagged else None

    def vlans(self, machine: Machine, link: HostLink) -> list[int]:
        """The sorted VLANs of a link's ports, including the native one."""
        return sorted({vlan for network in self.on(machine, link) for vlan in _ids(network)})

    def mtu(self, machine: Machine, link: HostLink) -> int:
        """MTU of a bond or NIC, and of the switch ports that it is cabled to, in bytes."""
        own = link.bond.mtu if link.bond else None
        pool = self.cloud.routed_links.get(link.routed or "")
        if pool is not None:
            return pool.mtu
        return carrier((network.mtu for network in self.on(machine, link)), own)

    def interface(self, machine: Machine, network: Network) -> str:
        """Name of a machine's interface in one network; the model gives it where the network is not changed."""
        link, own = self.carrying(machine, network), self.cloud.networks[network.name].at(machine.location.rack)
        if link is None:
            return machine.interfaces.get(network.name, "")
        return link.name if is_same(self.native(machine, link), network) else f"{link.name}.{own.vlan}"


def is_same(one: Network | None, other: Network) -> bool:
    """Whether both are a network, or parts of it in racks."""
    return one is not None and one.name == other.name


def _ids(network: Network) -> t.Iterable[int]:
    own = () if network.vlan is None else (network.vlan,)
    return (*own, *(network.vlans.ids() if network.vlans else ()))
