# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of a model from prefixes with VLANs, and from VLAN groups."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .fragment import Fragment
from .names import get, label
from .netbox_options import Options
from .netbox_read import Object, Site

Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: What the model adds to a network's address, with a machine's number (its key `first`).
FIRST = 20


@dataclass
class Networks:
    """Names of networks by VLAN and by subnet.

    :ivar vlans: VLAN id to network; ranges are not in it.
    :ivar subnets: network to subnet, in which machines have addresses.
    :ivar native: the provision network, untagged on machines' ports.
    :ivar firsts: the key `first` of networks for which a person gives another one than `FIRST`.
    """

    vlans: dict[int, str] = field(default_factory=dict)
    subnets: dict[str, Subnet] = field(default_factory=dict)
    native: str | None = None
    firsts: dict[str, int] = field(default_factory=dict)

    def planned(self, network: str, number: int) -> int:
        """The address, as a number, that the plan gives a machine with a number."""
        return int(self.subnets[network].network_address) + self.firsts.get(network, FIRST) + number

    def containing(self, address: Address) -> str | None:
        """The network whose subnet contains an address."""
        return next((name for name, subnet in self.subnets.items() if address in subnet), None)

    def carried(self, port: Object) -> set[str]:
        """Networks of an interface's VLANs; all of them with the mode tagged-all."""
        if get(port, "mode", "value") == "tagged-all":
            return set(self.vlans.values())
        vids = {get(vlan, "vid") for vlan in (port.get("untagged_vlan"), *(port.get("tagged_vlans") or ()))}
        return {self.vlans[vid] for vid in vids if vid in self.vlans}


def networks(site: Site, options: Options, fragment: Fragment, firsts: Mapping[str, int] | None = None) -> Networks:
    """Fill the section of networks.

    :param firsts: the key `first` of networks, from the additions.
    """
    found = Networks(firsts=dict(firsts or {}))
    for prefix in sorted(site.prefixes, key=_order):
        _prefix(prefix, options, fragment, found)
    for name, slug in sorted(options.vlan_groups.items()):
        _group(name, slug, site, fragment)
    _gateways(site, options, fragment, found)
    _native(site, options, fragment, found)
    return found


def address_of(text: Any) -> Address | None:
    """The address of an IP address of NetBox, which has the prefix length with it."""
    try:
        return ipaddress.ip_interface(str(text)).ip
    except ValueError:
        return None


def _order(prefix: Object) -> tuple[int, int, int]:
    """IPv4 first: where a VLAN has subnets of both, the model has the one of IPv4."""
    subnet = ipaddress.ip_network(str(prefix["prefix"]))
    return subnet.version, int(subnet.network_address), prefix["id"]


def _prefix(prefix: Object, options: Options, fragment: Fragment, found: Networks) -> None:
    text, vlan, vid = str(prefix["prefix"]), get(prefix, "vlan", "name"), get(prefix, "vlan", "vid")
    if not isinstance(vid, int):
        fragment.warnings.append(f"prefix {text}: left out, since NetBox has no VLAN of it; assign one there")
        return
    role = get(prefix, "role", "slug")
    named = next((options.network_names[key] for key in (vlan, role) if key in options.network_names), None)
    name = named or label(str(vlan)) or f"vlan-{vid}"
    known = fragment.sections["networks"]
    if name in known and known[name].get("vlan") == vid:
        remedy = "one of IPv6 can be the second of a list, as its subnet (docs/dual_stack.md)"
        fragment.doubt("networks", name, f"NetBox has {text} in this VLAN as well, which is left out: {remedy}")
        return
    if name in known or vid in found.vlans:
        other = name if name in known else found.vlans[vid]
        what = f"prefix {text} in VLAN {vid} ({vlan}) and network {other} ({known[other]['subnet']}) "
        what += "have one name" if name in known else f"have one VLAN, {vid}, in different objects of NetBox"
        remedy = "choose fewer prefixes by networks.sites, tags or roles, or name them by network_names"
        fragment.refuse(f"networks.{name}", what, remedy)
        return
    subnet = ipaddress.ip_network(text)
    values: dict[str, Any] = {"vlan": vid, "subnet": str(subnet), "first": FIRST}
    mtu = get(prefix, "custom_fields", options.fields["mtu"]) if "mtu" in options.fields else None
    if mtu:
        values["mtu"] = mtu
    if named is None and name != vlan:
        fragment.note("networks", name, f"NetBox: {vlan}")
    known[name], found.vlans[vid], found.subnets[name] = values, name, subnet


def _group(name: str, slug: str, site: Site, fragment: Fragment) -> None:
    group = site.groups.get(slug)
    if group is None:
        fragment.refuse(f"vlan_groups.{name}", f"NetBox has no VLAN group {slug}", "write the slug of one")
        return
    spans = sorted(tuple(span) for span in group.get("vid_ranges") or () if isinstance(span, list) and len(span) == 2)
    if not spans or (1, 4094) in spans:
        remedy = "give it the VLAN ids that tenants may use, in NetBox"
        fragment.refuse(f"vlan_groups.{name}", f"the VLAN group {slug} has the ids of all VLANs", remedy)
        return
    for number, (first, last) in enumerate(spans):
        own = name if not number else f"{name}-{number + 1}"
        fragment.sections["networks"][own] = {"vlans": f"{first}-{last}"}


def _gateways(site: Site, options: Options, fragment: Fragment, found: Networks) -> None:
    known = fragment.sections["networks"]
    prefixes = {str(prefix["prefix"]): prefix for prefix in site.prefixes}
    for name, subnet in found.subnets.items():
        own = get(prefixes.get(str(subnet)), "custom_fields", options.fields.get("gateway", ""))
        given = [own] if own else [item.get("address") for item in site.routers]
        text = [item.get("address") if isinstance(item, dict) else item for item in given]
        inside = sorted({address for address in map(address_of, text) if address and address in subnet}, key=int)
        if len(inside) == 1:
            known[name]["gateway"] = str(inside[0])
        elif inside:
            listed = ", ".join(map(str, inside))
            fragment.doubt("networks", name, f"gateway: NetBox has several addresses of routers: {listed}; give one")
        else:
            fragment.note("networks", name, "gateway: NetBox has no address of a router here; give it if there is one")


def _native(site: Site, options: Options, fragment: Fragment, found: Networks) -> None:
    """The provision network: the one that the user names, else the VLAN that is untagged on every machine's ports."""
    if options.native is not None:
        if options.native not in found.subnets:
            listed = ", ".join(sorted(found.subnets)) or "none"
            fragment.refuse("native", f"{options.native} is no network that was read", f"the networks are {listed}")
            return
        name: str | None = options.native
    else:
        name = _untagged(site, found)
    if name is None:
        text = "native: NetBox does not tell which network is untagged on machines' ports; give native: true to one"
        fragment.warnings.append(f"networks: {text}")
        return
    found.native = name
    fragment.sections["networks"][name]["native"] = True


def _untagged(site: Site, found: Networks) -> str | None:
    """The network that most machines have untagged on a trunk, where no other has as many."""
    ports: Iterable[Object] = (port for device in site.machines for port in site.ports_of(device["id"]))
    trunks = [port for port in ports if not port.get("mgmt_only") and get(port, "mode", "value") == "tagged"]
    count = Counter(found.vlans.get(get(port, "untagged_vlan", "vid")) for port in trunks)
    count.pop(None, None)
    best = count.most_common(2)
    return best[0][0] if best and (len(best) == 1 or best[0][1] > best[1][1]) else None
