# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which port of which switch a MAC address is cabled to, by LLDP neighbours, MAC tables and aggregations of switches.

LLDP (IEEE 802.1AB) comes from the machine itself and tells its port. A MAC table tells the port through which an
address is reached, which is its own port only where no other switch is behind it. Members of a bond share an address,
so a port that LLDP tells for another NIC of the machine is no contradiction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..bmc.facts import mac_of
from ..fabric.config import NAME
from .names import natural

Seen = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where an address was seen.

    :ivar port: ``SWITCH/PORT``; empty if nothing tells it, or two facts contradict each other.
    :ivar contradiction: what they say.
    :ivar hint: what is known where the port is not.
    """

    port: str = ""
    vlans: tuple[int, ...] = ()
    contradiction: str = ""
    hint: str = ""


class Sightings:
    """What all switches saw of the addresses of all machines.

    :param switches: by name: ``lldp``, ``macs`` and ``lags`` of the module switch_info; sections may be null.
    :param machines: MAC addresses by machine.
    """

    def __init__(self, switches: Mapping[str, Seen], machines: Mapping[str, Iterable[str]]) -> None:
        self._owner = {mac: name for name, macs in machines.items() for mac in macs}
        self._lldp: dict[str, set[str]] = defaultdict(set)
        self._table: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._vlans: dict[str, set[int]] = defaultdict(set)
        self._lags: dict[tuple[str, str], list[str]] = {}
        self._partners: dict[str, str] = {}
        owners: dict[tuple[str, str], set[str]] = defaultdict(set)
        between: set[tuple[str, str]] = set()
        for switch, seen in sorted(switches.items()):
            self._read_lags(switch, seen)
            for item in seen.get("lldp") or ():
                if str(item.get("system") or "").partition(".")[0].lower() in _short(switches):
                    between.add((switch, str(item["port"])))
                mac = mac_of(item.get("port_id"))
                if mac in self._owner and NAME.match(str(item["port"])):
                    self._lldp[mac].add(f"{switch}/{item['port']}")
            for item in seen.get("macs") or ():
                mac, place = mac_of(item.get("mac")), (switch, str(item.get("place")))
                if mac in self._owner:
                    owners[place].add(self._owner[mac])
                    self._table[mac].add(place)
                    self._vlans[mac].update({item["vlan"]} if isinstance(item.get("vlan"), int) else ())
        for (switch, lag), ports in self._lags.items():
            if any((switch, port) in between for port in ports):
                between.add((switch, lag))
        shared = {place for place, names in owners.items() if len(names) > 1}
        self._table = {mac: places - between - shared for mac, places in self._table.items()}

    def of(self, mac: str) -> Place:
        """Where an address was seen: LLDP decides, and the MAC table where LLDP is silent."""
        vlans = tuple(sorted(self._vlans.get(mac, ())))
        told, learnt = sorted(self._lldp.get(mac, ()), key=natural), self._ports(mac)
        if len(told) > 1:
            return Place(vlans=vlans, contradiction=f"LLDP tells of it at {' and '.join(told)}")
        if told and learnt and told[0] not in learnt:
            table = " and ".join(sorted(learnt, key=natural))
            return Place(vlans=vlans, contradiction=f"LLDP tells of it at {told[0]}, and the MAC table at {table}")
        if told:
            return Place(told[0], vlans)
        if len(learnt) == 1:
            return Place(next(iter(learnt)), vlans)
        if learnt:
            ports = " or ".join(sorted(learnt, key=natural))
            return Place(vlans=vlans, hint=f"MAC tables have its address at {ports}, and LLDP is silent")
        return Place(vlans=vlans)

    def bonded(self, machine: str) -> list[str]:
        """Addresses of a machine whose ports are members of aggregations with one LACP partner."""
        found: dict[str, list[str]] = defaultdict(list)
        for mac, owner in self._owner.items():
            partner = self._partners.get(self.of(mac).port)
            if owner == machine and partner:
                found[partner].append(mac)
        return max(found.values(), key=len, default=[])

    def _ports(self, mac: str) -> set[str]:
        """Ports at which a MAC table has an address; those of an aggregation are all of its members."""
        found: set[str] = set()
        for switch, place in self._table.get(mac, ()):
            ports = self._lags.get((switch, place), [place])
            found |= {f"{switch}/{port}" for port in ports if NAME.match(port)}
        owner = self._owner.get(mac)
        beside = [ports for other, ports in self._lldp.items() if other != mac and self._owner.get(other) == owner]
        return found.difference(*beside)

    def _read_lags(self, switch: str, seen: Seen) -> None:
        for lag in seen.get("lags") or ():
            ports = [str(member["port"]) for member in lag.get("members") or ()]
            for key in {lag.get("name"), lag.get("device")} - {None}:
                self._lags[switch, str(key)] = ports
            for member in lag.get("members") or ():
                partner = mac_of(member.get("partner"))
                if partner:
                    self._partners[f"{switch}/{member['port']}"] = partner


def _short(names: Iterable[str]) -> set[str]:
    """Names of switches without their domains, in lower case."""
    return {name.partition(".")[0].lower() for name in names}
