# SPDX-License-Identifier: GPL-3.0-or-later
"""One interface for the faults of all switches of the tests: a real Open vSwitch, and the doubles.

Each rig has a switch with the same three ends: ``node1`` is an aggregation of two ports, ``node2`` is on a port of its
own, and on other ports are things that no model names.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, ClassVar

from .eos_double import EosDouble
from .nvue_double import NvueDouble
from .nxos_double import NxosDouble
from .nxos_double_config import Interface
from .sonic_double import Double as SonicDouble

MACS = {"node1": "02:00:00:00:00:01", "node2": "02:00:00:00:00:02"}
State = dict[str, Any]


class Rig:
    """A switch.

    :ivar ports: those of node1, and that of node2.
    :ivar mine: words of the keys of :meth:`running` that the model names.
    :ivar timeout: ``confirm.timeout`` of a change whose timer fires in :attr:`fires` seconds at most.
    :ivar persists: whether a change is in the configuration that a restart begins with, before it is confirmed.
    """

    platform: ClassVar[str]
    ports: ClassVar[tuple[str, str, str]]
    mine: ClassVar[frozenset[str]]
    timeout, fires = 6, 6.0
    persists = False

    def connection(self) -> dict[str, Any]:
        """How the driver reaches it."""
        raise NotImplementedError

    def running(self) -> State:
        """The whole configuration in force, each object by a key of words with / between."""
        raise NotImplementedError

    def saved(self) -> Any:
        """What a restart begins with."""
        raise NotImplementedError

    def left(self) -> list[str]:
        """What waits for a confirmation: sessions and timers."""
        raise NotImplementedError

    def rubbish(self) -> list[str]:
        """That, and what a rollback leaves until the next change."""
        return self.left()

    def reboot(self) -> None:
        """Lose what is not saved, and end all connections."""
        raise NotImplementedError

    def learn(self, mac: str, port: str) -> None:
        """See an address on a port."""
        raise NotImplementedError

    def patient(self) -> None:
        """Let the timer fire much later."""

    def others(self) -> State:
        """What no model names."""
        return {key: value for key, value in self.running().items() if not self.mine & set(key.split("/"))}

    def params(self, vlan: int = 20, mtu: int = 1500, **more: Any) -> dict[str, Any]:
        """The input of the role: node1 has the VLANs 10, 20 and 30, and node2 the given one.

        :param mtu: that of node1.
        """
        first, second, third = self.ports
        lag = {"name": "node1", "description": "node1.bond0", "members": [first, second], "edge": True, "native": 10}
        lag |= {"vlans": [10, 20, 30], "mtu": mtu, "lacp": {"fallback_port": second}}
        port = {"name": third, "description": "node2.nic0", "mode": "access", "native": vlan, "vlans": [], "mtu": 1500}
        names = {10: "provision", 20: "cluster", 30: "storage"}
        switch = {"name": "leaf1", "platform": self.platform, "connection": self.connection(), "lags": [lag]}
        vlans = [{"id": number, "name": name} for number, name in names.items()]
        return switch | {"ports": [port], "vlans": vlans, "confirm": {"timeout": self.timeout}} | more


class Ovs(Rig):
    """A real Open vSwitch. The timer is a process of the machine where the role runs."""

    platform, ports = "openvswitch", ("Ethernet1", "Ethernet2", "Ethernet3")
    mine = frozenset({"eth1", "eth2", "eth3", "node1"})
    persists = True
    _columns: ClassVar = {
        "Port": "name,tag,trunks,vlan_mode,lacp,bond_mode,other_config,external_ids",
        "Interface": "name,mtu_request,external_ids",
    }

    def __init__(self, rack: Any) -> None:
        self.rack = rack
        rack.vsctl("set", "Port", "eth4", "tag=77", "external_ids:others=1")

    def connection(self) -> dict[str, Any]:
        return {"database": self.rack.database}

    def running(self) -> State:
        found = {}
        for table, columns in self._columns.items():
            text = self.rack.vsctl("--format=json", f"--columns={columns}", "list", table)
            found |= {f"{table}/{row[0]}": row for row in json.loads(text)["data"]}
        return found

    def saved(self) -> Any:
        return self.running()

    def left(self) -> list[str]:
        return [key for key in self._keys() if key.startswith("groundup-armed")]

    def _keys(self) -> list[str]:
        text = self.rack.vsctl("--format=json", "--columns=external_ids", "list", "Bridge", "leaf1")
        return [key for key, __ in json.loads(text)["data"][0][0][1]]

    def reboot(self) -> None:
        self.rack.reboot()

    def learn(self, mac: str, port: str) -> None:
        number = port[-1]
        self.rack.vsctl("set", "Port", f"eth{number}", "tag=10")
        self.rack.inside("ip", "link", "set", f"peth{number}", "address", mac)
        self.rack.inside("ip", "addr", "add", f"198.51.100.{number}/24", "dev", f"peth{number}")
        self.rack.inside("sh", "-c", f"ping -c1 -W1 -I peth{number} 198.51.100.9 || true")


class Eos(Rig):
    platform, ports = "eos", ("Ethernet1", "Ethernet2", "Ethernet3")
    mine = frozenset({"interface Ethernet1", "interface Ethernet2", "interface Ethernet3", "interface Port-Channel1"})
    mine |= {"vlan 10", "vlan 20", "vlan 30"}

    def __init__(self, home: Path) -> None:
        self.double = EosDouble(home)
        self.close = self.double.close

    def connection(self) -> dict[str, Any]:
        return self.double.connection

    def running(self) -> State:
        return {name: sorted(lines) for name, lines in self.double.running.items()}

    def saved(self) -> Any:
        return copy.deepcopy(self.double.startup)

    def left(self) -> list[str]:
        return [name for name, session in self.double.sessions.items() if session["state"] != "completed"]

    def reboot(self) -> None:
        self.double.reboot()

    def learn(self, mac: str, port: str) -> None:
        self.double.table.append({"macAddress": mac, "interface": port, "entryType": "dynamic"})


class Nxos(Rig):
    """One minute of its scheduler is three seconds; a job begins after two minutes."""

    platform, ports = "nxos", ("Ethernet1/1", "Ethernet1/2", "Ethernet1/3")
    mine = frozenset({"vlan 10", "vlan 20", "vlan 30", "Ethernet1:1", "Ethernet1:2", "Ethernet1:3", "port-channel2"})

    def __init__(self, home: Path) -> None:
        self.double = NxosDouble(home)
        self.close = self.double.close
        self.double.minute = 3.0
        self.double.config.interfaces["port-channel1"] = Interface("port-channel1", True)
        self.double.config.interfaces["Ethernet1/3"].other = ("storm-control broadcast level 1.00",)
        self.double.saved = copy.deepcopy(self.double.config)

    def connection(self) -> dict[str, Any]:
        return self.double.connection

    def running(self) -> State:
        return self._shown(self.double.config)

    def _shown(self, config: Any) -> State:
        with self.double.lock:
            found = {name.replace("/", ":"): item.lines() for name, item in config.interfaces.items()}
            found |= {f"vlan {number}": name for number, name in config.vlans.items()}
            return found | {"lines": sorted(config.lines), "vpc": config.vpc}

    def saved(self) -> Any:
        return self._shown(self.double.saved)

    def left(self) -> list[str]:
        return sorted(set(self.double.config.schedules) - self.double.executed)

    def rubbish(self) -> list[str]:
        return [*self.double.checkpoints, *self.double.config.schedules, *self.double.config.jobs]

    def reboot(self) -> None:
        self.double.reboot()

    def patient(self) -> None:
        self.double.minute = 30.0

    def learn(self, mac: str, port: str) -> None:
        dotted = ".".join(mac.replace(":", "")[at : at + 4] for at in (0, 4, 8))
        row = f"*   10     {dotted}   dynamic  0         F      F    {port}\n"
        self.double.tables["show mac address-table"] = self.double.tables.get("show mac address-table", "") + row


class Sonic(Rig):
    """Its timer is longer by three times the duration of a dry run, which are processes here."""

    platform, ports = "sonic", ("Ethernet0", "Ethernet4", "Ethernet8")
    mine = frozenset({"Ethernet0", "Ethernet4", "Ethernet8", "PortChannel2", "Vlan10", "Vlan20", "Vlan30"})
    fires = 16.0

    def __init__(self, home: Path) -> None:
        self.double = SonicDouble(home)
        self.double.start()
        self.close = self.double.stop

    def connection(self) -> dict[str, Any]:
        return self.double.connection

    def running(self) -> State:
        return self._shown("config")

    def _shown(self, name: str) -> State:
        tables = self.double.read(name).items()
        return {f"{table}/{key.replace('|', '/')}": row for table, rows in tables for key, row in rows.items()}

    def saved(self) -> Any:
        return self._shown("saved")

    def left(self) -> list[str]:
        return self.double.armed

    def reboot(self) -> None:
        self.double.reboot()

    def learn(self, mac: str, port: str) -> None:
        state = self.double.read("state")
        self.double.write("state", state | {"mac": [*state["mac"], ["10", mac, port]]})


def _leaf(vlan: int) -> State:
    return {"type": "swp", "bridge": {"domain": {"br_default": {"access": vlan}}}}


class Nvue(Rig):
    platform, ports = "nvue", ("swp1", "swp2", "swp3")
    mine = frozenset({"swp1", "swp2", "swp3", "bond2", "vlan 10", "vlan 20", "vlan 30"})
    _before: ClassVar[State] = {
        "system": {"hostname": "leaf1"},
        "bridge": {"domain": {"br_default": {"type": "vlan-aware", "untagged": 1, "vlan": {"77": {}}}}},
        "interface": {
            "eth0": {"type": "eth", "ip": {"vrf": "mgmt"}},
            "bond1": {"type": "bond", "bond": {"member": {"swp9": {}}}, "description": "others"},
            "swp4": _leaf(77),
            "swp9": {"type": "swp"},
        },
    }

    def __init__(self, home: Path) -> None:
        ports = {f"swp{number}": {"type": "swp"} for number in range(1, 13)}
        self.double = NvueDouble(home, self._before, {"eth0": {"type": "eth"}, **ports})
        self.double.applied_is_live = True
        self.close = self.double.stop

    def connection(self) -> dict[str, Any]:
        return self.double.connection()

    def running(self) -> State:
        return self._shown(self.double.running)

    def _shown(self, config: State) -> State:
        rest = copy.deepcopy(config)
        interfaces = {f"interface/{name}": found for name, found in rest.pop("interface").items()}
        vlans = rest["bridge"]["domain"]["br_default"].pop("vlan")
        return rest | interfaces | {f"vlan {number}": found for number, found in vlans.items()}

    def saved(self) -> Any:
        return self._shown(self.double.startup)

    def left(self) -> list[str]:
        return [name for name, found in self.double.revisions.items() if found["state"] == "confirm"]

    def reboot(self) -> None:
        self.double.reboot()

    def learn(self, mac: str, port: str) -> None:
        self.double.mac_table[str(len(self.double.mac_table) + 1)] = {"mac": mac, "interface": port, "vlan": 10}
