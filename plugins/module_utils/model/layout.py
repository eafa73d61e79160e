# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values derived from a cloud that several views need: machine numbers and addresses; links are in `wiring`.

The functions also accept a cloud with errors (fields may be None), because the checks use them as well.
"""

from __future__ import annotations

import functools
import re
import typing as t

from .disk import Disk
from .enums import ControlPlane, NetworkProvider, ProxyMode, Role
from .hardware import Machine, Switch
from .scalars import Address, Subnet
from .segments import Network
from .types import Cloud
from .wiring import Wiring, number_of


def fqdn(machine: Machine, cloud: Cloud) -> str:
    """The fully qualified name of a machine: its name in the cloud's domain, or its name if that has dots."""
    return machine.name if "." in machine.name else f"{machine.name}.{cloud.domain}"


def is_deployed(machine: Machine) -> bool:
    """Whether the machine gets its operating system from here: it does where it has a management controller."""
    return machine.bmc is not None


def root_disks(machine: Machine) -> tuple[Disk, ...]:
    """The disks of a machine's operating system: none, one, or two that mirror each other."""
    root = machine.root_disk
    return tuple(disk for disk in (root, root.mirror if root else None) if disk)


#: The kernel of images that are built here: Debian 13.
BUILT_KERNEL = (6, 12)


def is_built(cloud: Cloud, machine: Machine) -> bool:
    """Whether the machine gets an image that is built here, whose kernel is known."""
    image = cloud.images.get(machine.os)
    return is_deployed(machine) and image is not None and image.url is None


def is_network_configured(machine: Machine) -> bool:
    """Whether the machine's network is configured from the model: it is where the model has its network cards."""
    return bool(machine.nics)


def rack_group(rack: str) -> str:
    """The inventory group of a rack's machines: Ansible takes letters, digits and underscores."""
    return f"rack_{re.sub('[^A-Za-z0-9]', '_', rack)}"


def _numbered(network: Network, subnet: Subnet | None, number: int | None) -> Address | None:
    """The address of a machine's number in a subnet of a network; None where the subnet has none for it."""
    if number is None or subnet is None:
        return None
    offset = network.first + number
    inside = offset < subnet.num_addresses - (1 if subnet.version == 4 else 0)
    return subnet.network_address + offset if inside else None


class Layout:
    """The address plan of a cloud and the VLANs its machines need; computed once, in time linear in the machines."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        natives = [network for network in cloud.networks.values() if network.native]
        self.provision: Network | None = natives[0] if natives else None
        #: All L2 domains: networks, and the parts of those that have one in each rack.
        self.parts = tuple(part for network in cloud.networks.values() for part in network.parts)
        self._networks: dict[object, list[Network]] = {}
        self.wiring = Wiring(cloud, self.provision, self.networks_of, self.bmc_network)

    def networks_of(self, machine: Machine) -> list[Network]:
        """The networks a machine has an address in, the provision network first. Don't change the list."""
        links, rack = [link.networks for link in machine.links.values() if not link.routed], machine.location.rack
        key = (machine.networks, tuple(links), rack)
        if key not in self._networks:
            self._networks[key] = [network.at(rack) for network in self._ordered(machine.networks, links)]
        return self._networks[key]

    def _ordered(self, wanted: tuple[str, ...], links: list[tuple[str, ...]]) -> list[Network]:
        networks = self.cloud.networks
        hosting = {name for name, network in networks.items() if network.subnet or network.racks}
        placed = [name for names in links for name in names if name in hosting]
        rest = () if links and all(links) else (name for name in networks if name in hosting)
        names = (*(wanted or rest), *placed)
        found = [networks[name] for name in dict.fromkeys(names) if name in networks]
        first = [self.provision] if self.provision else []
        return first + [network for network in found if network is not self.provision]

    @functools.cache  # noqa: B019  (a Layout lives as long as one run of the model)
    def addresses_of(self, name: str) -> dict[str, Address]:
        """The addresses of a machine by network, without networks whose subnet has no address for its number."""
        networks = self.networks_of(self.cloud.machines[name])
        return self._planned(name, ((network, network.subnet) for network in networks))

    @functools.cache  # noqa: B019
    def second_addresses_of(self, name: str) -> dict[str, Address]:
        """The addresses of a machine in the second subnets of its networks, by network."""
        networks = self.networks_of(self.cloud.machines[name])
        return self._planned(name, ((network, second) for network in networks if (second := network.second_subnet)))

    def _planned(self, name: str, places: t.Iterable[tuple[Network, Subnet | None]]) -> dict[str, Address]:
        """The addresses of a machine in subnets of its networks, by network: given ones, or those of its number."""
        machine = self.cloud.machines[name]
        number = number_of(machine)
        addresses: dict[str, Address] = {}
        for network, subnet in places:
            found = self._explicit(machine, network, subnet) or _numbered(network, subnet, number)
            if found is not None:
                addresses[network.name] = found
        return addresses

    def all_addresses_of(self, name: str) -> list[tuple[str, Address]]:
        """All addresses of a machine with their networks; those of first subnets come first."""
        return [*self.addresses_of(name).items(), *self.second_addresses_of(name).items()]

    @staticmethod
    def _explicit(machine: Machine, network: Network, subnet: Subnet | None) -> Address | None:
        """The address that the model gives a machine in a subnet; its only one counts for a network with one subnet."""
        given = (machine.addresses.get(network.name), machine.second_addresses.get(network.name))
        if subnet is None or len(network.subnets) < 2:
            return given[0]
        return next((one for one in given if one is not None and one.version == subnet.version), None)

    @functools.cache  # noqa: B019
    def texts_of(self, name: str) -> dict[str, str]:
        """The addresses of a machine by network, as text."""
        return {network: str(address) for network, address in self.addresses_of(name).items()}

    @functools.cached_property
    def provisioner(self) -> dict[str, Address]:
        """The provisioner's addresses by network: those in the model, else the first that is not the gateway's."""
        addresses: dict[str, Address] = {}
        for name, whole in self.cloud.networks.items():
            network = whole.at(self.cloud.provisioner.rack)
            explicit = self.cloud.provisioner.addresses.get(name)
            if explicit is not None:
                addresses[name] = explicit
            elif network.subnet is not None and network.subnet.num_addresses > 3:
                first = network.subnet.network_address + 1
                addresses[name] = first + 1 if first == network.gateway else first
        return addresses

    @functools.cached_property
    def cluster(self) -> Network | None:
        """The network of Kubernetes: that of the model, or the one whose subnet contains the endpoint."""
        kubernetes = self.cloud.kubernetes
        if kubernetes and kubernetes.network:
            return self.cloud.networks.get(kubernetes.network)
        return self.network_of(kubernetes.endpoint) if kubernetes else None

    def network_of(self, address: Address | None) -> Network | None:
        """The network, or its part in a rack, whose subnet contains an address."""
        if address is None:
            return None
        return next((part for part in self.parts if any(address in subnet for subnet in part.subnets)), None)

    def parts_at(self, switch: Switch) -> list[Network]:
        """The networks as a switch has them: of those with racks its rack's part, or all where it stands in none."""
        rack = switch.location.rack
        return [part for part in self.parts if not part.rack_name or not rack or part.rack_name == rack]

    def bmc_network(self, machine: Machine) -> Network | None:
        """The network of its management controller: that of the model, or the one whose subnet contains its address."""
        bmc = machine.bmc
        if bmc is None:
            return None
        if bmc.network is not None:
            network = self.cloud.networks.get(bmc.network)
            return network.at(machine.location.rack) if network else None
        return None if isinstance(bmc.address, str) else self.network_of(bmc.address)

    @functools.cached_property
    def management(self) -> Network | None:
        """The network over which Ansible reaches machines: `management` if it exists, else the provision network."""
        return self.cloud.networks.get("management", self.provision)

    @functools.cached_property
    def hosted(self) -> bool:
        """Whether the control plane runs on the controller: the lab is told so, and no machine has the role."""
        wanted = self.cloud.lab is not None and self.cloud.lab.control_plane is ControlPlane.HOSTED
        machines = any(Role.CONTROL_PLANE in machine.roles for machine in self.cloud.machines.values())
        return self.cloud.kubernetes is not None and wanted and not machines and not self.existing

    @functools.cached_property
    def existing(self) -> bool:
        """Whether machines join a cluster that others run."""
        return self.cloud.kubernetes is not None and self.cloud.kubernetes.existing is not None

    @functools.cached_property
    def control_planes(self) -> int | None:
        """Number of control planes that are of the cloud; None without a cluster."""
        if self.cloud.kubernetes is None:
            return None
        if self.hosted:
            return 1
        return sum(Role.CONTROL_PLANE in machine.roles for machine in self.cloud.machines.values())

    @functools.cached_property
    def proxy_mode(self) -> ProxyMode:
        """The backend of kube-proxy: that of the model, or the one that suits the provider of the network."""
        wanted = self.cloud.kubernetes.proxy_mode if self.cloud.kubernetes else None
        if wanted is not None:
            return wanted
        suits = {NetworkProvider.KUBE_OVN: ProxyMode.IPTABLES, NetworkProvider.CILIUM: ProxyMode.NONE}
        return suits.get(self.cloud.network.provider, ProxyMode.NFTABLES)

    @functools.cached_property
    def unused_vlan(self) -> int | None:
        """The highest VLAN below 4001 that the model does not use; the proof of isolation expects no frame on it."""
        used = vlan_names(self.cloud.networks.values())
        return next((vlan for vlan in range(4000, 0, -1) if vlan not in used), None)


def vlan_names(networks: t.Iterable[Network]) -> dict[int, str]:
    """The name of every VLAN of some networks: `NAME-ID` of a range, `NAME-RACK` where a rack has a VLAN of its own."""
    names: dict[int, str] = {}
    for network in networks:
        if network.vlan is not None:
            names[network.vlan] = f"{network.name}-{network.rack_name}" if network.vlan_of_rack else network.name
        if network.vlans is not None:
            names.update({vlan: f"{network.name}-{vlan}" for vlan in network.vlans.ids()})
    return names
