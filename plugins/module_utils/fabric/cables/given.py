# SPDX-License-Identifier: GPL-3.0-or-later
"""What is compared: the cables of the model, what switches tell, and what machines hear. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..config import mac_of
from ..facts import SwitchFacts

Nic = tuple[str, str]
Port = tuple[str, str]
_SHORT = re.compile(r"\A(?:eth|et|e)(?=\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Cable:
    """One cable: a NIC of a machine and a port of a switch.

    :ivar bond: the NICs of the machine that share one address, this one included; it alone where none do.
    """

    machine: str
    nic: str
    mac: str
    switch: str
    port: str
    bond: tuple[str, ...]

    @property
    def end(self) -> Nic:
        return self.machine, self.nic

    @property
    def place(self) -> Port:
        return self.switch, self.port


@dataclass(frozen=True)
class Heard:
    """What a machine tells.

    :ivar names: addresses of its NICs by their names in its system.
    :ivar neighbours: LLDP neighbours as (name of the NIC, system, port, port's description).
    :ivar why: why there are none; empty if it was asked.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    neighbours: tuple[tuple[str, str, str, str], ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Given:
    """All of it.

    :ivar switches: what each switch tells, or why it tells nothing.
    """

    cables: tuple[Cable, ...]
    switches: Mapping[str, SwitchFacts | str]
    machines: Mapping[str, Heard]

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Given:
        """Read the module's options ``switches`` and ``machines``."""
        machines = {name: item or {} for name, item in (params.get("machines") or {}).items()}
        bonds = {name: bonds_of(item.get("network") or {}) for name, item in machines.items()}
        nics: dict[str, tuple[str, ...]] = {}
        for item in (params.get("switches") or {}).values():
            for cable in item.get("cabling") or []:
                nics[cable["machine"]] = (*nics.get(cable["machine"], ()), cable["nic"])
        cables, switches = [], dict[str, SwitchFacts | str]()
        for name, item in sorted((params.get("switches") or {}).items()):
            facts = item.get("facts")
            switches[name] = SwitchFacts.from_dict({**facts, "name": name}) if facts else item.get("why") or "not asked"
            for cable in item.get("cabling") or []:
                machine, nic = cable["machine"], cable["nic"]
                known = machines.get(machine, {}).get("network")
                alone = (nic,) if known else nics[machine]  # who does not tell its bonds may have one of all NICs
                mine = next((bond for bond in bonds.get(machine, []) if nic in bond), alone)
                cables.append(Cable(machine, nic, cable["mac"].lower(), name, cable["port"], mine))
        return cls(tuple(cables), switches, {name: _heard(item) for name, item in machines.items()})


def bonds_of(network: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """NICs of each bond of a machine's ``host_network_config``, with one bond or with several links."""
    bonds = [network.get("bond"), *(link.get("bond") for link in network.get("links") or [])]
    return [tuple(str(member["name"]) for member in bond["members"]) for bond in bonds if bond and bond.get("members")]


def _heard(item: Mapping[str, Any]) -> Heard:
    found = item.get("lldp") or {}
    names = {nic["name"]: mac_of(nic["mac"]) for nic in found.get("nics") or []}
    keys = ("nic", "system", "port_id", "port_description")
    rows = [tuple(str(row.get(key) or "") for key in keys) for row in found.get("neighbours") or []]
    why = item.get("why") or found.get("why") or ("" if found else "not asked")
    return Heard(names, tuple((row[0], row[1], row[2], row[3]) for row in rows), str(why))


def label(system: str | None) -> str:
    """A system's name without its domain, for comparisons."""
    return (system or "").split(".", maxsplit=1)[0].lower()


def spelled(port: str) -> str:
    """A port's name for comparisons: Et1, Eth1 and Ethernet1 are the same port, and xe-0/0/1.0 is xe-0/0/1."""
    return _SHORT.sub("ethernet", port.strip(), count=1).lower().removesuffix(".0")


def natural(words: Iterable[str]) -> list[list[tuple[int, str]]]:
    """A key by which node2 comes before node10."""
    parts = [re.split(r"(\d+)", word) for word in words]
    return [[(int(part), "") if part.isdigit() else (-1, part) for part in word] for word in parts]
