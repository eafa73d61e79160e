# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a model from what exists: management controllers tell of machines, switches of who is cabled to them.

Nothing is decided where two facts contradict each other, or where none tells: a comment says what was seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..bmc.facts import mac_of
from .discovered_ports import Sightings
from .fragment import Fragment, placeholder
from .names import get, host_name, link_name, trailing_number

Found = Mapping[str, Any]
_GB = 1000**3


def discovered(
    machines: Sequence[Found],
    switches: Mapping[str, Found],
    bmc_password: str | None = "vault_bmc",
    numbers: Mapping[str, int] | None = None,
) -> Fragment:
    """Make a part of a model.

    :param machines: of each machine: ``bmc`` (how its controller is reached: address, protocol, username, port, system,
        tls), ``identity`` as the module bmc_info returns it, ``inventory`` (host_name, nics, disks, unread), and
        optionally ``name``.
    :param switches: results of the module switch_info by the name of the switch: lldp, macs, lags.
    :param bmc_password: the variable that stands where passwords belong.
    :param numbers: numbers that machines have already.
    :raises SourceError: two controllers are of one machine, or two machines would have one name.
    """
    fragment, named = Fragment(), _named(machines)
    for name, several in named.items():
        if len(several) > 1:
            addresses = " and ".join(str(get(one, "bmc", "address")) for one in several)
            fragment.refuse(f"machines.{name}", f"{addresses} would have one name", "give each a name of its own")
    _once(named, fragment)
    fragment.finish()
    alone = {name: several[0] for name, several in named.items()}
    sightings = Sightings(switches, {name: _macs(found) for name, found in alone.items()})
    for name, found in alone.items():
        fragment.sections["machines"][name] = _machine(name, found, sightings, bmc_password, fragment)
    _ports_once(fragment)
    _numbers(fragment, numbers or {})
    fragment.refuse_templates()
    fragment.finish()
    return fragment


def _named(machines: Iterable[Found]) -> dict[str, list[Found]]:
    """Machines by the name that is given, else by their host name, their serial number, or their address."""
    found: dict[str, list[Found]] = defaultdict(list)
    for one in machines:
        own = get(one, "inventory", "host_name")
        texts = (one.get("name"), own, get(one, "identity", "serial"), f"bmc-{get(one, 'bmc', 'address')}")
        names = [host_name(str(text)) for text in texts if text]
        found[next(name for name in names if name and name not in ("localhost", "localhost.localdomain"))].append(one)
    return dict(sorted(found.items()))


def _once(named: Mapping[str, Sequence[Found]], fragment: Fragment) -> None:
    """Refuse two controllers of one machine: what is done by one would be undone by the other."""
    by_uuid: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in (one for several in named.values() for one in several):
        for kind in ("serial", "uuid"):
            value = get(one, "identity", kind)
            if value and not get(one, "bmc", "system"):
                by_uuid[kind, str(value).lower()].append(str(get(one, "bmc", "address")))
    for (kind, value), addresses in by_uuid.items():
        if len(addresses) > 1:
            remedy = "name one of them only"
            fragment.refuse("bmcs", f"{' and '.join(addresses)} are one machine: {kind} {value}", remedy)


def _macs(found: Found) -> dict[str, str]:
    """MAC addresses of a machine's ports, and the names that its controller has for them."""
    nics = {str(nic["mac"]): str(nic["name"]) for nic in get(found, "inventory", "nics") or ()}
    rest = [mac for mac in get(found, "identity", "macs") or () if mac not in nics]
    return {**nics, **{mac: mac for mac in rest}}


def _machine(name: str, found: Found, seen: Sightings, password: str | None, fragment: Fragment) -> dict[str, Any]:
    identity, inventory = found.get("identity") or {}, found.get("inventory") or {}
    known = {key: identity[key] for key in ("serial", "uuid") if identity.get(key)}
    values: dict[str, Any] = {"bmc": _bmc(found["bmc"], password), **({"identity": known} if known else {})}
    if not known:
        fragment.note("machines", name, "identity: its controller tells neither serial number nor UUID")
    kind = " ".join(str(identity[key]) for key in ("vendor", "model") if identity.get(key))
    if kind:
        fragment.note("machines", name, kind)
    if inventory.get("unread") or identity.get("ports_unread"):
        number = (inventory.get("unread") or 0) or identity.get("ports_unread")
        fragment.doubt("machines", name, f"ports or drives that its controller could not describe: {number}")
    values |= _nics(name, _macs(found), inventory, seen, fragment)
    values |= _disks(name, inventory.get("disks") or [], fragment)
    fragment.note("machines", name, "roles, location and networks: nothing tells them; give them")
    return values


def _bmc(given: Found, password: str | None) -> dict[str, Any]:
    """The controller as the model has it, its password replaced by a variable."""
    kept = {key: given[key] for key in ("address", "port", "username", "system") if given.get(key)}
    if given.get("protocol") == "ipmi":
        kept["protocol"] = "ipmi"
    tls = {key: value for key, value in (given.get("tls") or {}).items() if value}
    return {**kept, **({"tls": tls} if tls else {}), **({"password": placeholder(password)} if password else {})}


def _nics(name: str, macs: Mapping[str, str], inventory: Found, seen: Sightings, fragment: Fragment) -> dict[str, Any]:
    if not macs:
        fragment.doubt("machines", name, "nics: its controller tells no MAC address")
        return {}
    down = {nic["mac"] for nic in inventory.get("nics") or () if nic.get("up") is False}
    nics: dict[str, dict[str, str]] = {}
    by_mac: dict[str, str] = {}
    for mac, shown in macs.items():
        own = link_name("" if mac_of(shown) else shown, nics, "nic")
        place = seen.of(mac)
        nics[own], by_mac[mac] = {"mac": mac, **({"port": place.port} if place.port else {})}, own
        if own != shown and shown != mac:
            fragment.note("machines", name, f"its controller: {own} is {shown}")
        if place.contradiction:
            fragment.doubt("machines", name, f"nics.{own}.port: {place.contradiction}")
        elif not place.port:
            why = "its link is down" if mac in down else "no switch tells of it"
            fragment.note("machines", name, f"nics.{own}.port: {place.hint or why}")
        if place.vlans:
            listed = ", ".join(map(str, place.vlans))
            fragment.note("machines", name, f"{own} was seen in VLAN {listed}")
    members = [by_mac[mac] for mac in seen.bonded(name) if mac in by_mac]
    if len(members) < 2:
        return {"nics": nics}
    fragment.note("machines", name, f"the switch has {', '.join(members)} in one aggregation with LACP")
    return {"nics": nics, "bond": {"mode": "802.3ad", "members": members}}


def _disks(name: str, disks: Sequence[Found], fragment: Fragment) -> dict[str, Any]:
    """The only disk is that of the operating system; of several, a person chooses."""
    kept = [{key: disk[key] for key in ("serial", "wwn") if disk.get(key)} for disk in disks]
    if len(kept) == 1:
        return {"root_disk": kept[0]}
    for disk in disks:
        size = f", {round(disk['bytes'] / _GB)} GB" if disk.get("bytes") else ""
        what = " ".join(str(disk[key]) for key in ("kind", "model") if disk.get(key))
        fragment.note("machines", name, f"disk {disk.get('serial') or disk.get('wwn')}: {what or 'unknown'}{size}")
    what = "choose one of these disks" if disks else "its controller tells no disk; give serial or wwn"
    fragment.doubt("machines", name, f"root_disk: {what}")
    return {}


def _ports_once(fragment: Fragment) -> None:
    """A port with two NICs has a wrong fact in it: neither gets it."""
    claimed: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, machine in fragment.sections["machines"].items():
        for nic, values in machine.get("nics", {}).items():
            if "port" in values:
                claimed[values["port"]].append((name, nic))
    for port, several in claimed.items():
        for name, nic in several if len(several) > 1 else ():
            others = ", ".join(f"machines.{one}.nics.{other}" for one, other in several if (one, other) != (name, nic))
            fragment.sections["machines"][name]["nics"][nic].pop("port")
            fragment.doubt("machines", name, f"nics.{nic}.port: {port} was seen for it and for {others}")


def _numbers(fragment: Fragment, kept: Mapping[str, int]) -> None:
    """Numbers of the last file, else the digits of names where they are of one machine only."""
    machines = fragment.sections["machines"]
    for name in machines:
        if name in kept:
            machines[name]["number"] = kept[name]
    taken = {machine["number"] for machine in machines.values() if "number" in machine}
    digits = {name: trailing_number(name) for name in machines if "number" not in machines[name]}
    for name, number in digits.items():
        if number and number not in taken and list(digits.values()).count(number) == 1:
            machines[name]["number"] = number
        else:
            fragment.doubt("machines", name, "number: its name tells none that is its own; give a number")
