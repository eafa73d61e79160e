# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network cards and links of a machine, from its interfaces, their LAGs, their VLANs and their cables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..model.enums import BondMode
from .fragment import Fragment
from .names import get, link_name, natural
from .netbox_cables import Cabling, End
from .netbox_networks import Networks, address_of
from .netbox_options import Options
from .netbox_read import Object, Site

# Types of interfaces that are no port of a card, and what types of radio begin with (dcim/choices.py of NetBox 4.6).
_VIRTUAL = frozenset({"virtual", "lag", "bridge"})
_RADIO = ("ieee802.11", "ieee802.15", "other-wireless", "gsm", "cdma", "lte", "4g", "5g")


@dataclass
class Carrier:
    """A bond or a NIC with its networks.

    :ivar interface: the LAG or the port.
    :ivar nics: names of its NICs; one that is no bond has one.
    """

    interface: Object
    name: str
    nics: list[str]
    bond: bool
    networks: list[str] = field(default_factory=list)
    native: str | None = None


class MachineLinks:
    """Makes the keys `nics`, and `bond` and `networks` or `links`, of one machine."""

    def __init__(self, name: str, device: Object, site: Site, cabling: Cabling, networks: Networks) -> None:
        self._name, self._site, self._cabling, self._networks = name, site, cabling, networks
        self._ports = sorted(site.ports_of(device["id"]), key=lambda port: natural(str(port["name"])))
        self.ends: dict[str, End] = {}
        self.carriers: list[Carrier] = []

    def keys(self, options: Options, fragment: Fragment) -> dict[str, Any]:
        """The keys."""
        nics = self._nics(fragment)
        if not nics:
            fragment.doubt("machines", self._name, "nics: NetBox has no network card of it")
            return {}
        self._find_carriers(fragment)
        return {"nics": nics, **self._links(options, fragment)}

    def _nics(self, fragment: Fragment) -> dict[str, Any]:
        found: dict[str, dict[str, Any]] = {}
        self._by_port: dict[int, str] = {}
        for port in self._ports:
            if not is_card(port) or port.get("mgmt_only") or port.get("enabled") is False:
                continue
            mac, end, shown = mac_of(port), self._cabling.end(port), str(port["name"])
            if mac is None and not port.get("cable") and not get(port, "lag"):
                fragment.note("machines", self._name, f"NetBox has neither MAC address nor cable of {shown}; left out")
                continue
            name = link_name(shown, found, "nic")
            if name != shown:
                fragment.note("machines", self._name, f"NetBox: {name} is {shown}")
            if mac is None:
                fragment.doubt(
                    "machines", self._name, f"nics.{name}.mac: NetBox has no MAC address, or none is primary"
                )
            if end.why:
                fragment.note("machines", self._name, f"nics.{name}.port: {end.why}")
            found[name] = {**({"mac": mac} if mac else {}), **({"port": str(end)} if end.switch else {})}
            self._by_port[port["id"]], self.ends[name] = name, end
        return found

    def _find_carriers(self, fragment: Fragment) -> None:
        bonded: set[str] = set()
        taken = {*self._by_port.values()}
        for lag in (port for port in self._ports if get(port, "type", "value") == "lag"):
            nics = [self._by_port[one["id"]] for one in self._members(lag)]
            shown = str(lag["name"])
            if not nics:
                fragment.doubt("machines", self._name, f"NetBox has the LAG {shown} without members; left out")
                continue
            name = link_name(shown, taken, "bond")
            if name != shown:
                fragment.note("machines", self._name, f"NetBox: {name} is {shown}")
            taken.add(name)
            bonded.update(nics)
            self._carry(Carrier(lag, name, nics, True), fragment)
        for port in self._ports:
            nic = self._by_port.get(port["id"])
            if nic is not None and nic not in bonded:
                self._carry(Carrier(port, nic, [nic], False), fragment)

    def _members(self, lag: Object) -> list[Object]:
        return [port for port in self._ports if get(port, "lag", "id") == lag["id"] and port["id"] in self._by_port]

    def _carry(self, carrier: Carrier, fragment: Fragment) -> None:
        """Find a link's networks, by VLANs and addresses of it, its bridge and VLAN interfaces, else of the switch."""
        under = {carrier.interface["id"], get(carrier.interface, "bridge", "id")} - {None}
        own = [port for port in self._ports if port["id"] in under or get(port, "parent", "id") in under]
        found = {name for port in own for name in self._networks.carried(port)} | set(self._addressed(own))
        untagged = get(carrier.interface, "untagged_vlan", "vid")
        if not found:
            ends = [self._cabling.aggregate(self.ends[nic].interface) for nic in carrier.nics]
            sides = [self._networks.carried(port) for port in ends if port is not None]
            found = set().union(*sides)
            if any(side != found for side in sides):
                text = f"NetBox has different VLANs on the switch ports of {carrier.name}; all of them are taken"
                fragment.doubt("machines", self._name, text)
            untagged = next((get(port, "untagged_vlan", "vid") for port in ends if get(port, "untagged_vlan")), None)
        carrier.networks = [name for name in self._networks.subnets if name in found]
        carrier.native = self._networks.vlans.get(untagged)
        self.carriers.append(carrier)

    def _addressed(self, ports: Iterable[Object]) -> Iterable[str]:
        for port in ports:
            for item in self._site.addresses.get(port["id"], []):
                address = address_of(item["address"])
                network = self._networks.containing(address) if address else None
                if network:
                    yield network

    def _links(self, options: Options, fragment: Fragment) -> dict[str, Any]:
        """One bond, or one NIC, is written in the short form; more of them as `links`."""
        used = [carrier for carrier in self.carriers if carrier.networks or carrier.bond]
        if not used:
            text = "networks: NetBox has no VLANs on its interfaces, nor on the switch ports that they are cabled to"
            fragment.doubt("machines", self._name, text)
            return {}
        result: dict[str, Any] = self._boot(used)
        if len(used) > 1:
            return {**result, "links": {carrier.name: self._link(carrier, options, fragment) for carrier in used}}
        carrier = used[0]
        rest = [name for name in carrier.networks if name != self._networks.native]
        if carrier.bond:
            result["bond"] = {"name": carrier.name, **self._bond(carrier, options, fragment)}
        elif len(self.carriers) > 1:
            result["bond"] = {"mode": str(BondMode.NONE)}
        if carrier.native not in (None, self._networks.native):
            text = (
                f"NetBox has {carrier.native} untagged on {carrier.name}, and here only {self._networks.native} can be"
            )
            fragment.doubt("machines", self._name, text)
        return {**result, **({"networks": rest} if rest else {})}

    def _boot(self, used: list[Carrier]) -> dict[str, Any]:
        """The NIC that boots, where it is not the first: one of the link that carries the provision network."""
        native = self._networks.native
        carrier = next((one for one in used if native in one.networks), used[0])
        return {} if next(iter(self.ends)) == carrier.nics[0] else {"boot_nic": carrier.nics[0]}

    def _link(self, carrier: Carrier, options: Options, fragment: Fragment) -> dict[str, Any]:
        inner: dict[str, Any] = {"nic": carrier.name}
        if carrier.bond:
            inner = {"bond": {"name": carrier.name, **self._bond(carrier, options, fragment)}}
        if carrier.native and carrier.native != self._networks.native:
            inner["native"] = carrier.native
        return {**inner, "networks": carrier.networks}

    def _bond(self, carrier: Carrier, options: Options, fragment: Fragment) -> dict[str, Any]:
        mode = get(carrier.interface, "custom_fields", options.fields.get("bond_mode", ""))
        mode = get(mode, "value") or mode  # NetBox gives a choice as its value; older releases gave a mapping
        if mode is None:
            mode = str(BondMode.LACP)
            fragment.note("machines", self._name, f"NetBox has no mode of {carrier.name}; 802.3ad is assumed")
        mtu = carrier.interface.get("mtu")
        return {"mode": str(mode), "members": carrier.nics, **({"mtu": mtu} if mtu else {})}


def is_card(port: Object) -> bool:
    """Whether an interface is a port that takes a cable."""
    kind = str(get(port, "type", "value"))
    return kind not in _VIRTUAL and not kind.startswith(_RADIO)


def mac_of(port: Object) -> str | None:
    """The MAC address of an interface: the primary one, else the only one (NetBox 4.2 has a list)."""
    every = [get(item, "mac_address") for item in port.get("mac_addresses") or ()]
    found = get(port, "primary_mac_address", "mac_address") or port.get("mac_address")
    found = found or (every[0] if len(every) == 1 else None)
    return str(found).lower() if found else None
