# SPDX-License-Identifier: GPL-3.0-or-later
"""Names on the switch: ports, bonds, ranges, and the words for on and off. Pure.

Sources: "Bonding - Link Aggregation" (a bond may not be called like a type of interface) and "New and Changed NVUE
Commands" of Cumulus Linux 5.15 (``on`` and ``off`` became ``enabled`` and ``disabled``), both in the user guide.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..config import FabricError, Lag

Tree = dict[str, Any]
_PORT = re.compile(r"swp\d+(s\d+)*\Z")
_RANGE = re.compile(r"([A-Za-z_]*(?:\d+[A-Za-z]+)*)(\d+)-(\d+)\Z")
_RELEASE = re.compile(r"\b(\d+)\.(\d+)(?:\.\d+)*")
_ON = ("on", "enabled", True)
_OFF = ("off", "disabled", False)
#: Characters of a description; the switch writes it to a line of a configuration file.
LONGEST = 200


@dataclass(frozen=True)
class Words:
    """How a release writes a switched setting, and the key that switches a feature such as MLAG.

    :ivar profiles: whether timers of BFD are in profiles.
    """

    on: str
    off: str
    switch: str
    profiles: bool = False

    @classmethod
    def of(cls, where: str, system: Tree) -> Words:
        """Those of the release that ``/system`` reports, which moved twice; an unknown one is a FabricError."""
        version = system.get("version")
        product = version.get("product-release") if isinstance(version, dict) else None
        text = str(product or system.get("product-release") or system.get("build") or "")
        found = _RELEASE.search(text)
        if not found:
            raise FabricError(
                where, f"its release is not known ({text or 'none is reported'})", "use Cumulus Linux 5.6+"
            )
        if (int(found[1]), int(found[2])) >= (5, 15):
            return cls("enabled", "disabled", "state", True)
        return cls("on", "off", "enable")


def is_on(value: Any) -> bool:
    """Whether a switched setting is on, in the words of any release."""
    return value in _ON


def is_off(value: Any) -> bool:
    """Whether a switched setting is off, in the words of any release; both are false if it is absent."""
    return value in _OFF


def interface(where: str, name: str) -> str:
    """The switch's name of a port of the model; only front panel ports (swp1, swp1s0) can be one."""
    found = name.lower()
    if not _PORT.match(found):
        raise FabricError(f"{where}.ports.{name}", "is no front panel port", "name it as the switch does: swp1, swp1s0")
    return found


def text(where: str, value: str) -> str:
    """A description that is safe in the switch's files: printable ASCII on one line, without quotation marks."""
    if len(value) > LONGEST or not all(" " <= char <= "~" and char not in "\"'`\\$" for char in value):
        raise FabricError(
            where,
            f"the description {value!r} has characters that the switch may misread, or more than {LONGEST}",
            "use printable ASCII without quotation marks, backslash and $",
        )
    return value


def expand(key: str) -> list[str]:
    """The names in a key such as ``10-12``, ``swp1,3`` or ``swp1-2``, which ``nv config show`` writes for several."""
    names: list[str] = []
    prefix = ""
    for part in str(key).split(","):
        whole = f"{prefix}{part}" if part[:1].isdigit() else part
        span = _RANGE.match(whole)
        if span:
            names += [f"{span[1]}{number}" for number in range(int(span[2]), int(span[3]) + 1)]
            prefix = span[1]
        else:
            names.append(whole)
            prefix = whole.rstrip("0123456789")
    return names


def expanded(tree: Mapping[str, Any]) -> Tree:
    """A dictionary with one key per name."""
    return {name: value for key, value in tree.items() for name in expand(key)}


def bonds(interfaces: Mapping[str, Any]) -> Tree:
    """The bonds of a configuration; the peer link of MLAG is none."""
    return {
        name: item
        for name, item in interfaces.items()
        if item.get("type") == "bond" or ("bond" in item and item.get("type") in (None, "swp"))
    }


def members(bond: Tree) -> list[str]:
    """The member ports of a bond, sorted."""
    return sorted(expanded((bond.get("bond") or {}).get("member") or {}))


def known(lags: Iterable[Lag], interfaces: Mapping[str, Any]) -> dict[str, str]:
    """The bond of each aggregation of the model that has one: by its name, then by description, then by members.

    A description belongs to an aggregation if it is the wanted one or begins with its name (``node1.bond0``).
    """
    present, found = bonds(interfaces), dict[str, str]()
    ordered = sorted(lags, key=lambda lag: lag.name)
    for fits in (_named, _as_described, _begins_with_name, _same_members):
        for lag in ordered:
            if lag.name not in found:
                mine = [n for n in sorted(present) if n not in found.values() and fits(lag, n, present[n])]
                found |= {lag.name: mine[0]} if mine else {}
    return found


def _named(lag: Lag, name: str, bond: Tree) -> bool:
    return name == lag.name


def _as_described(lag: Lag, name: str, bond: Tree) -> bool:
    return bool(lag.description) and bond.get("description") == lag.description


def _begins_with_name(lag: Lag, name: str, bond: Tree) -> bool:
    return f"{bond.get('description') or ''} ".startswith((f"{lag.name} ", f"{lag.name}."))


def _same_members(lag: Lag, name: str, bond: Tree) -> bool:
    return members(bond) == sorted(port.lower() for port in lag.members)


def allocate(lags: Iterable[Lag], have: Mapping[str, str], taken: Collection[str]) -> dict[str, str]:
    """A bond for each aggregation: the present one, else ``bondN`` with its MLAG identifier or the lowest number free.

    :param have: the result of :func:`known`.
    :param taken: names of all interfaces of the switch.
    """
    found, used = dict(have), {*taken, *have.values()}
    ordered = sorted((lag for lag in lags if lag.name not in found), key=lambda lag: (lag.mlag is None, lag.name))
    for lag in ordered:
        wanted = f"bond{lag.mlag}"
        free = (f"bond{number}" for number in range(1, len(used) + 2))
        name = wanted if lag.mlag is not None and wanted not in used else next(n for n in free if n not in used)
        found[lag.name] = name
        used.add(name)
    return found
