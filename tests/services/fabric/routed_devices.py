# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of switches with one port that becomes a routed one, behind one interface for the tests."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ansible_collections.groundup.cloud.plugins.module_utils.fabric.driver import driver
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.names import interface
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.tree import entries, find, text

from . import junos_double
from .eos_double import EosDouble
from .nvue_double import NvueDouble
from .nxos_double import NxosDouble
from .sonic_double import Double as SonicDouble


class Device:
    """A switch that routes.

    :ivar port: the port of the tests; another interface of the switch has 10.60.0.0/31.
    :ivar routing: what its error names where it does not route; None if it always does.
    """

    platform = port = ""
    routing: str | None = None
    connection: dict[str, Any]

    def close(self) -> None:
        """End the double."""
        raise NotImplementedError

    def lines(self) -> set[str]:
        """The lines of the port."""
        raise NotImplementedError

    def others(self) -> Any:
        """All that is configured besides the port."""
        raise NotImplementedError

    def is_saved(self) -> bool:
        """Whether a restart keeps the configuration."""
        raise NotImplementedError

    def fire(self, token: str) -> None:
        """Let the timer of a change end."""
        raise NotImplementedError

    def stop_routing(self) -> None:
        """Take away that the switch routes."""
        raise NotImplementedError

    def put_into_vrf(self) -> None:
        """Put the port into the VRF red."""
        raise NotImplementedError

    def addresses(self) -> set[str]:
        """The addresses of the port."""
        found = (line.split() for line in self.lines())
        return {words[2] for words in found if words[:2] in (["ip", "address"], ["ipv6", "address"])}

    def is_routed(self) -> bool:
        """Whether the port is no switchport."""
        return "no switchport" in self.lines()


class EosDevice(Device):
    """Arista EOS."""

    platform, port, routing = "eos", "Ethernet4", "ip routing"

    def __init__(self, home: Path) -> None:
        self._double = EosDouble(home)
        self.connection = self._double.connection
        self._double.running |= {"ip routing": {}, "ipv6 unicast-routing": {}}
        self._double.running["interface Ethernet7"] = {"no switchport": None, "ip address 10.60.0.0/31": None}

    def close(self) -> None:
        self._double.close()

    def lines(self) -> set[str]:
        return set(self._double.running.get("interface Ethernet4", {}))

    def others(self) -> Any:
        mine = ("interface Ethernet4", "vlan 20")
        return copy.deepcopy({name: section for name, section in self._double.running.items() if name not in mine})

    def is_saved(self) -> bool:
        return self._double.startup == self._double.running

    def fire(self, token: str) -> None:
        self._double.roll_back(token)

    def stop_routing(self) -> None:
        del self._double.running["ip routing"]

    def put_into_vrf(self) -> None:
        self._double.running["interface Ethernet4"] = {"no switchport": None, "vrf red": None}


class NxosDevice(Device):
    """Cisco NX-OS, whose ports are routed ones by default."""

    platform, port = "nxos", "Ethernet1/4"

    def __init__(self, home: Path) -> None:
        self._double = NxosDouble(home)
        self.connection = self._double.connection
        self._double.config.interfaces["Ethernet1/7"].other = ("ip address 10.60.0.0/31", "no shutdown")

    def close(self) -> None:
        self._double.close()

    def lines(self) -> set[str]:
        return {*self._double.config.interfaces[self.port].lines()}

    def is_routed(self) -> bool:
        return bool(self.addresses()) and not self._double.config.interfaces[self.port].switchport

    def others(self) -> Any:
        mine = (self.port, "port-channel1")
        found = {name: one.lines() for name, one in self._double.config.interfaces.items() if name not in mine}
        return found, sorted(self._double.config.lines)

    def is_saved(self) -> bool:
        return self._double.saved.interfaces[self.port].lines() == self._double.config.interfaces[self.port].lines()

    def fire(self, token: str) -> None:
        driver("leaf1", self.platform, self.connection).revert(token)

    def put_into_vrf(self) -> None:
        self._double.config.interfaces[self.port].other = ("vrf member red",)


JUNOS = """
<configuration>
  <interfaces>
    <interface><name>xe-0/0/7</name><unit><name>0</name><family><inet><address><name>10.60.0.0/31</name></address></inet>
      </family></unit></interface>
    <interface><name>xe-0/0/4</name><unit><name>0</name><family><ethernet-switching/></family></unit></interface>
  </interfaces>
  <protocols><rstp><interface><name>xe-0/0/4</name></interface></rstp></protocols>
  <system><host-name>leaf1</host-name></system>
</configuration>
"""
VRF = """
<routing-instances><instance><name>red</name><interface><name>xe-0/0/4.0</name></interface></instance></routing-instances>
"""


class JunosDevice(Device):
    """Juniper Junos, which routes always."""

    platform, port = "junos", "xe-0/0/4"

    def __init__(self, home: Path) -> None:
        self._double = junos_double.Device(JUNOS, [f"xe-0/0/{number}" for number in range(8)])
        self._double.start()
        login = {"address": "127.0.0.1", "port": self._double.port, "username": "admin", "password": "secret"}
        self.connection = login | {"ssh": {"host_key": self._double.host_key}}

    def close(self) -> None:
        self._double.stop()

    def _unit(self) -> ET.Element | None:
        return find(self._double.running, (*interface(self.port), ("unit", "0")))

    def addresses(self) -> set[str]:
        unit = self._unit()
        return {text(node, "name") for node in unit.iter("address")} if unit is not None else set()

    def is_routed(self) -> bool:
        unit = self._unit()
        switching = unit is not None and unit.find("family/ethernet-switching") is not None
        return bool(self.addresses()) and not switching

    def others(self) -> Any:
        mine = (self.port, "ae0")
        nodes = entries(self._double.running, ("interfaces", "interface"))
        found = [ET.tostring(node) for node in nodes if text(node, "name") not in mine]
        return found, ET.tostring(self._double.running.find("system") or ET.Element("none"))

    def is_saved(self) -> bool:
        return not self._double.waiting

    def fire(self, token: str) -> None:
        self._double.loop.call_soon_threadsafe(self._double.undo)

    def put_into_vrf(self) -> None:
        self._double.running.append(ET.fromstring(VRF))
        self._double.candidate = copy.deepcopy(self._double.running)


class NvueDevice(Device):
    """Cumulus Linux, which routes always."""

    platform, port = "nvue", "swp4"

    def __init__(self, home: Path) -> None:
        interfaces = {f"swp{number}": {"type": "swp"} for number in range(1, 9)}
        own = {
            "swp7": {"type": "swp", "ip": {"address": {"10.60.0.0/31": {}}}},
            "swp4": {"type": "swp", "qos": {"x": 1}},
        }
        config = {"interface": own, "bridge": {"domain": {"br_default": {"type": "vlan-aware"}}}}
        self._double = NvueDouble(home, config, interfaces)
        self.connection = self._double.connection()

    def close(self) -> None:
        self._double.stop()

    def _item(self) -> dict[str, Any]:
        return dict(self._double.running["interface"].get(self.port, {}))

    def addresses(self) -> set[str]:
        return set((self._item().get("ip") or {}).get("address") or {})

    def is_routed(self) -> bool:
        return bool(self.addresses()) and not (self._item().get("bridge") or {}).get("domain")

    def others(self) -> Any:
        found = copy.deepcopy(self._double.running)
        mine = found["interface"].pop(self.port, {})
        found["bridge"]["domain"]["br_default"].pop("vlan", None)
        return found, mine.get("qos")

    def is_saved(self) -> bool:
        return self._double.startup == self._double.running

    def fire(self, token: str) -> None:
        driver("leaf1", self.platform, self.connection).revert(token)

    def put_into_vrf(self) -> None:
        self._double.running["interface"]["swp4"]["ip"] = {"vrf": "red"}


class SonicDevice(Device):
    """SONiC, which routes always."""

    platform, port = "sonic", "Ethernet12"

    def __init__(self, home: Path) -> None:
        self._double = SonicDouble(home)
        self._double.start()
        self.connection = self._double.connection
        self._double.change("INTERFACE", "Ethernet28")
        self._double.change("INTERFACE", "Ethernet28|10.60.0.0/31")

    def close(self) -> None:
        self._double.stop()

    def addresses(self) -> set[str]:
        pairs = [key.split("|") for key in self._double.read("config").get("INTERFACE", {})]
        return {parts[1] for parts in pairs if parts[0] == self.port and len(parts) == 2}

    def is_routed(self) -> bool:
        members = self._double.read("config").get("VLAN_MEMBER", {})
        return self.port in self._double.read("config")["INTERFACE"] and not any(self.port in key for key in members)

    def others(self) -> Any:
        config = self._double.read("config")
        mine = (self.port, "Vlan20", "PortChannel2")
        return {
            table: {key: entry for key, entry in entries.items() if not any(name in key for name in mine)}
            for table, entries in config.items()
        }

    def is_saved(self) -> bool:
        return bool(self._double.read("saved") == self._double.read("config"))

    def fire(self, token: str) -> None:
        driver("leaf1", self.platform, self.connection).revert(token)

    def put_into_vrf(self) -> None:
        self._double.change("INTERFACE", self.port, vrf_name="red")


DEVICES: dict[str, Callable[[Path], Device]] = {
    "eos": EosDevice,
    "junos": JunosDevice,
    "nvue": NvueDevice,
    "nxos": NxosDevice,
    "sonic": SonicDevice,
}
