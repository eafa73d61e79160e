# SPDX-License-Identifier: GPL-3.0-or-later
"""What a switch sees and tells of itself, independent of the platform. Pure.

None is what a platform does not tell, or what was not asked; it is never a guess. Speeds are Mbit/s, MTUs bytes as the
platform counts them, optical powers dBm, counters those since the switch last cleared them. Addresses are lower case
with colons. LLDP is IEEE 802.1AB, LACP IEEE 802.1AX, states and roles of a spanning tree those of IEEE 802.1Q.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .config import NO_PARTNER, Lag, mac_of

#: What can be asked for, in the order of a report.
SECTIONS = ("ports", "lags", "vlans", "lldp", "macs", "stp")
#: The kinds of an LLDP port identifier: an address, a name of an interface, a number of the device, and all others.
MAC, NAME, LOCAL, OTHER = "mac", "name", "local", "other"
_KINDS = {"macaddress": MAC, "mac": MAC, "interfacename": NAME, "ifname": NAME, "interfacealias": NAME}
_KINDS |= {"ifalias": NAME, "local": LOCAL, "locallyassigned": LOCAL}
#: The numbers of the kinds (IEEE 802.1AB, port ID subtype): 1 alias, 3 MAC address, 5 interface name, 7 local.
_NUMBERS = {"1": NAME, "3": MAC, "5": NAME, "7": LOCAL}


@dataclass(frozen=True)
class Optics:
    """A transceiver, and the optical power of each of its lanes in dBm."""

    type: str | None
    rx_dbm: tuple[float, ...] = ()
    tx_dbm: tuple[float, ...] = ()


@dataclass(frozen=True)
class PortFacts:
    """A physical port.

    :ivar admin_up: whether it is switched on in the configuration.
    :ivar up: whether it has a link.
    """

    name: str
    admin_up: bool | None = None
    up: bool | None = None
    speed: int | None = None
    mtu: int | None = None
    description: str | None = None
    errors_in: int | None = None
    errors_out: int | None = None
    discards_in: int | None = None
    discards_out: int | None = None
    optics: Optics | None = None


@dataclass(frozen=True)
class Member:
    """A member port of an aggregation.

    :ivar partner: the system ID of its LACP partner; None without one.
    :ivar up: whether it carries traffic of the aggregation.
    """

    port: str
    partner: str | None = None
    up: bool | None = None


@dataclass(frozen=True)
class LagFacts:
    """A link aggregation.

    :ivar name: its name in the model, or that of the switch.
    :ivar device: its name on the switch.
    """

    name: str
    device: str
    up: bool | None
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Vlan:
    """A VLAN that the switch knows."""

    id: int
    name: str | None


@dataclass(frozen=True)
class Neighbour:
    """What an LLDP neighbour says of itself on a port.

    :ivar system: its name.
    :ivar port_id_kind: ``mac``, ``name``, ``local`` or ``other``; None if the platform does not tell it.
    """

    port: str
    system: str | None = None
    chassis_id: str | None = None
    port_id: str | None = None
    port_id_kind: str | None = None
    port_description: str | None = None


@dataclass(frozen=True)
class Learnt:
    """An address of the MAC table.

    :ivar place: a port or an aggregation.
    """

    vlan: int | None
    mac: str
    place: str


@dataclass(frozen=True)
class Forwarding:
    """The state of a port or an aggregation in one instance of a spanning tree.

    :ivar state: ``forwarding``, ``learning``, ``listening``, ``discarding``, ``blocking``, ``disabled`` …
    """

    place: str
    instance: str
    state: str | None
    role: str | None


@dataclass(frozen=True)
class SwitchFacts:
    """All of it; a section that was not asked for, or that the platform does not tell, is None.

    :ivar untold: why a section that was asked for is missing.
    """

    name: str
    ports: tuple[PortFacts, ...] | None = None
    lags: tuple[LagFacts, ...] | None = None
    vlans: tuple[Vlan, ...] | None = None
    lldp: tuple[Neighbour, ...] | None = None
    macs: tuple[Learnt, ...] | None = None
    stp: tuple[Forwarding, ...] | None = None
    untold: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for results."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> SwitchFacts:
        """The inverse of :meth:`as_dict`."""

        def many(section: str, kind: Any) -> Any:
            rows = found.get(section)
            return None if rows is None else tuple(kind(**row) for row in rows)

        ports, lags = found.get("ports"), found.get("lags")
        return cls(
            str(found["name"]),
            None if ports is None else tuple(_port_from(row) for row in ports),
            None if lags is None else tuple(_lag_from(row) for row in lags),
            many("vlans", Vlan),
            many("lldp", Neighbour),
            many("macs", Learnt),
            many("stp", Forwarding),
            dict(found.get("untold") or {}),
        )


def _port_from(row: Mapping[str, Any]) -> PortFacts:
    optics = row.get("optics")
    powers = {key: tuple(optics[key]) for key in ("rx_dbm", "tx_dbm")} if optics else {}
    return PortFacts(**{**row, "optics": Optics(optics["type"], **powers) if optics else None})


def _lag_from(row: Mapping[str, Any]) -> LagFacts:
    return LagFacts(**{**row, "members": tuple(Member(**member) for member in row["members"])})


def named(facts: SwitchFacts, names: Mapping[str, str]) -> SwitchFacts:
    """The facts with other names of ports and aggregations, sorted; a name that is not in `names` stays."""

    def of(name: str) -> str:
        return names.get(name, name)

    def ordered(rows: Iterable[Any] | None, key: Any) -> Any:
        return None if rows is None else tuple(sorted(rows, key=key))

    members = {
        lag.device: tuple(sorted((replace(m, port=of(m.port)) for m in lag.members), key=lambda m: natural(m.port)))
        for lag in facts.lags or ()
    }
    lags = [replace(lag, name=of(lag.name), members=members[lag.device]) for lag in facts.lags or ()]
    return replace(
        facts,
        ports=ordered(
            None if facts.ports is None else [replace(row, name=of(row.name)) for row in facts.ports],
            lambda row: natural(row.name),
        ),
        lags=ordered(None if facts.lags is None else lags, lambda row: natural(row.name)),
        vlans=ordered(facts.vlans, lambda row: row.id),
        lldp=ordered(
            None if facts.lldp is None else [replace(row, port=of(row.port)) for row in facts.lldp],
            lambda row: (natural(row.port), row.system or "", row.port_id or ""),
        ),
        macs=ordered(
            None if facts.macs is None else [replace(row, place=of(row.place)) for row in facts.macs],
            lambda row: (natural(row.place), row.vlan or 0, row.mac),
        ),
        stp=ordered(
            None if facts.stp is None else [replace(row, place=of(row.place)) for row in facts.stp],
            lambda row: (natural(row.place), natural(row.instance)),
        ),
    )


def with_lags(facts: SwitchFacts, lags: Iterable[Lag]) -> SwitchFacts:
    """The facts with the model's names of aggregations: each has the channel with the most of its member ports."""
    names: dict[str, str] = {}
    for lag in sorted(lags, key=lambda item: item.name):
        shared = {
            seen.device: len({member.port for member in seen.members} & set(lag.members))
            for seen in facts.lags or ()
            if seen.device not in names
        }
        best = max(shared, key=lambda device: shared[device], default=None)
        if best is not None and shared[best]:
            names[best] = lag.name
    return named(facts, names)


def by_real(real: Mapping[str, str | None]) -> dict[str, str]:
    """The model's names by those of the switch, of the switch's names (or None) by those of the model."""
    return {device: name for name, device in real.items() if device}


def needed(questions: Mapping[str, Iterable[str]], sections: Collection[str]) -> list[str]:
    """What a switch has to be asked for some sections, each once.

    :param questions: the commands or procedures of each section.
    """
    return list(dict.fromkeys(one for section, several in questions.items() if section in sections for one in several))


def asked(section: str, sections: Collection[str], rows: Iterable[Any] | None) -> Any:
    """The rows of a section as a tuple; None if it was not asked for or is not told."""
    return tuple(rows) if section in sections and rows is not None else None


def integer(value: object) -> int | None:
    """A whole number of an answer, which may be text; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip().replace(",", "")
    return int(float(text)) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def decimal(value: object) -> float | None:
    """A power in dBm of an answer; None for anything else, such as ``N/A`` or ``-Inf`` without light."""
    found = re.match(r"\s*(-?\d+(?:\.\d+)?)\s*(?:dBm)?\s*\Z", str(value))
    return float(found[1]) if found and not isinstance(value, bool) else None


def powers(values: Iterable[object]) -> tuple[float, ...]:
    """The powers that could be read, in dBm with two decimals."""
    return tuple(round(found, 2) for found in map(decimal, values) if found is not None)


def partner(value: object) -> str | None:
    """The system ID of an LACP partner as an address; None for none."""
    found = mac_of(value)
    return found if found not in ("", NO_PARTNER) else None


def identifier(value: object) -> str | None:
    """An LLDP identifier; addresses in one notation, and None for an empty one."""
    text = str(value).strip() if value is not None else ""
    is_mac = re.fullmatch(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}", text)
    return mac_of(text) if is_mac else text or None


def kind_of(told: object, value: str | None) -> str | None:
    """The kind of a port identifier, of its name or its number; an address is one even where no kind is told."""
    if value is None:
        return None
    text = re.sub(r"[^a-z0-9]", "", str(told or "").lower())
    known = _KINDS.get(text) or _NUMBERS.get(text)
    if known:
        return known
    return MAC if mac_of(value) == value else OTHER if text else None


def natural(name: str) -> list[tuple[int, str]]:
    """A key by which Ethernet2 comes before Ethernet10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
