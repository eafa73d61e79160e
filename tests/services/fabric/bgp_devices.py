# SPDX-License-Identifier: GPL-3.0-or-later
"""The doubles of switches as the tests of BGP see them: an address, a process with a neighbour of others, and drift."""

from __future__ import annotations

import copy
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.tree import text

from . import junos_double
from .eos_double import EosDouble
from .eos_double_bgp import FAMILY
from .nvue_double import NvueDouble
from .nxos_double import NxosDouble
from .nxos_double_bgp import FAMILY as UNICAST
from .nxos_double_config import Interface

Drifts = dict[str, Callable[[], Any]]


class Device(ABC):
    """A switch with the address 10.30.0.201 and the AS 65000, in which 192.0.2.9 is a neighbour of others."""

    platform: str
    connection: dict[str, Any]

    @abstractmethod
    def close(self) -> None:
        """Stop it."""

    @abstractmethod
    def state(self) -> Any:
        """All of its running configuration that concerns BGP."""

    @abstractmethod
    def others(self) -> Any:
        """What the model does not name."""

    @abstractmethod
    def groups(self) -> set[str]:
        """Its groups of neighbours that are ours."""

    @abstractmethod
    def members(self, group: str) -> set[str]:
        """The neighbours of a group."""

    @abstractmethod
    def drifts(self) -> Drifts:
        """Changes by people, by what they do; each is to be mended."""

    @abstractmethod
    def drifts_of_bfd(self) -> Drifts:
        """Changes by people to BFD of a group that has it."""

    @abstractmethod
    def without_process(self) -> None:
        """Have no BGP process."""

    @abstractmethod
    def into_vrf(self) -> None:
        """Move the interface with the address to the VRF blue."""

    @abstractmethod
    def tell(self, sessions: dict[str, str]) -> None:
        """Have sessions in these states, by the neighbours' addresses."""


class Eos(Device):
    platform = "eos"
    process = "router bgp 65000"

    def __init__(self, home: Path) -> None:
        self.double = EosDouble(home)
        self.connection = self.double.connection
        self.double.running |= {
            "ip routing": {},
            "interface Vlan30": {"ip address 10.30.0.201/24": None},
            "ip prefix-list PL": {"seq 10 permit 0.0.0.0/0": None},
            self.process: {
                "router-id 10.0.0.9": None,
                "neighbor SPINES peer group": None,
                "neighbor 192.0.2.9 peer group SPINES": None,
                "neighbor 192.0.2.9 remote-as 65009": None,
            },
            f"{self.process}|{FAMILY}": {"neighbor SPINES activate": None, "neighbor SPINES prefix-list PL in": None},
        }

    def close(self) -> None:
        self.double.close()

    def _bgp(self) -> dict[str, list[str]]:
        names = [name for name in self.double.running if name.startswith(("router bgp", "ip prefix-list"))]
        shown = {name: sorted(self.double.running[name]) for name in names}
        return {name: [re.sub(r"password 7 \S+", "password", line) for line in lines] for name, lines in shown.items()}

    def state(self) -> Any:
        return copy.deepcopy(self._bgp())

    def others(self) -> Any:
        lines = [line for name, lines in self._bgp().items() if "gu-" not in name for line in lines]
        return [line for line in lines if "gu-" not in line and "10.30.0." not in line]

    def groups(self) -> set[str]:
        return set(re.findall(r"neighbor (gu-\S+) peer group'", str(self._bgp())))

    def members(self, group: str) -> set[str]:
        return set(re.findall(rf"neighbor (\S+) peer group {group}'", str(self._bgp())))

    def drifts(self) -> Drifts:
        family, put = f"{self.process}|{FAMILY}", self._put
        return {
            "a wider filter": put("ip prefix-list gu-tor1-in", "seq 50 permit 0.0.0.0/0 le 32"),
            "no filter": lambda: self.double.running.pop("ip prefix-list gu-tor1-out"),
            "a filter that is not used": put(family, gone="neighbor gu-tor1 prefix-list gu-tor1-in in"),
            "another AS": put(self.process, "neighbor gu-tor1 remote-as 7", gone="neighbor gu-tor1 remote-as 64512"),
            "an AS of its own": put(self.process, "neighbor 10.30.0.21 remote-as 7"),
            "shut": put(self.process, "neighbor 10.30.0.22 shutdown"),
            "a filter of its own": put(family, "neighbor 10.30.0.22 prefix-list PL in"),
            "a member that left": lambda: [
                self.double.running[self.process].pop(f"neighbor 10.30.0.21 {rest}")
                for rest in ("peer group gu-tor1", "description node1")
            ],
            "another member": put(self.process, "neighbor 10.30.0.77 peer group gu-tor1"),
        }

    def _put(self, section: str, *added: str, gone: str = "") -> Callable[[], None]:
        def spoil() -> None:
            self.double.running[section].pop(gone, None)
            self.double.running[section] |= dict.fromkeys(added)

        return spoil

    def drifts_of_bfd(self) -> Drifts:
        group = "neighbor gu-tor1 bfd"
        timers, slow = (f"{group} interval {rate} min-rx {rate} multiplier 3" for rate in (300, 900))
        return {
            "other timers": self._put(self.process, slow, gone=timers),
            "timers of the interface": self._put(self.process, gone=timers),
            "timers of one direction": self._put(self.process, slow.replace("min-rx 900", "min-rx 300"), gone=timers),
            "BFD of a member": self._put(self.process, "neighbor 10.30.0.21 bfd"),
        }

    def without_process(self) -> None:
        for name in [name for name in self.double.running if name.startswith("router bgp")]:
            del self.double.running[name]

    def into_vrf(self) -> None:
        self.double.running["interface Vlan30"]["vrf blue"] = None

    def tell(self, sessions: dict[str, str]) -> None:
        self.double.sessions_of_bgp = {address: {"peerState": state} for address, state in sessions.items()}


class Nxos(Device):
    platform = "nxos"

    def __init__(self, home: Path) -> None:
        self.double = NxosDouble(home)
        self.connection = self.double.connection
        self.double.config.interfaces["Vlan30"] = Interface("Vlan30", other=("ip address 10.30.0.201/24",))

    def close(self) -> None:
        self.double.close()

    def _lines(self) -> list[str]:
        return [re.sub(r"password 3 \S+", "password", line) for line in self.double.config.bgp.text()]

    def state(self) -> Any:
        lists = sorted(line for line in self._lines() if line.startswith("ip prefix-list"))
        found = copy.deepcopy(self.double.config.bgp.processes)
        for process in found.values():
            for lines in process.values():
                for line in [line for line in lines if line.startswith("password")]:
                    del lines[line]
        other = self.double.config.interfaces["Vlan30"].other
        return lists, found, sorted(line for line in other if line.startswith(("bfd", "no ")))

    def others(self) -> Any:
        process = self.double.config.bgp.processes.get("router bgp 65000", {})
        kept = {line: below for line, below in process.items() if "gu-" not in line and "10.30.0." not in line}
        return copy.deepcopy(kept), [line for line in self.double.config.bgp.lists if "gu-" not in line]

    def groups(self) -> set[str]:
        return set(re.findall(r"template peer (gu-\S+)'", str(self._lines())))

    def members(self, group: str) -> set[str]:
        lines = self.double.config.bgp.processes["router bgp 65000"].items()
        return {line.split()[1] for line, below in lines if f"inherit peer {group}" in below}

    def drifts(self) -> Drifts:
        bgp, put = self.double.config.bgp, self._put
        template, first, second = "template peer gu-tor1", "neighbor 10.30.0.21", "neighbor 10.30.0.22"
        return {
            "a wider filter": lambda: bgp.lists.append("ip prefix-list gu-tor1-in seq 50 permit 0.0.0.0/0 le 32"),
            "another rule": lambda: bgp.lists.__setitem__(
                next(n for n, line in enumerate(bgp.lists) if line.startswith("ip prefix-list gu-tor1-in seq 10")),
                "ip prefix-list gu-tor1-in seq 10 permit 10.0.0.0/8",
            ),
            "no filter": lambda: bgp.lists.remove("ip prefix-list gu-tor1-out seq 10 permit 0.0.0.0/0 le 32"),
            "a filter that is not used": put([template, UNICAST], "", "prefix-list gu-tor1-in in"),
            "another AS": put([template], "remote-as 7", "remote-as 64512"),
            "an AS of its own": put([first], "remote-as 7"),
            "shut": put([second], "shutdown"),
            "a member that left": put([first], "", "inherit peer gu-tor1"),
            "another member": put(["neighbor 10.30.0.77"], "inherit peer gu-tor1"),
        }

    def _put(self, path: list[str], line: str, gone: str = "") -> Callable[[], None]:
        def spoil() -> None:
            node = self.double.config.bgp.processes["router bgp 65000"]
            for name in path:
                node = node.setdefault(name, {})
            node.pop(gone, None)
            node |= {line: {}} if line else {}

        return spoil

    def drifts_of_bfd(self) -> Drifts:
        interface = self.double.config.interfaces["Vlan30"]

        def other(gone: str, *added: str) -> Callable[[], None]:
            def spoil() -> None:
                interface.other = (*(line for line in interface.other if not line.startswith(gone)), *added)

            return spoil

        return {
            "no BFD": self._put(["template peer gu-tor1"], "", "bfd"),
            "other timers": other("bfd interval", "bfd interval 900 min_rx 900 multiplier 3"),
            "the timers of the switch": other("bfd interval"),
            "echo packets": other("no bfd echo"),
            "redirects": other("no ip redirects"),
            "BFD of a member": self._put(["neighbor 10.30.0.21"], "bfd"),
        }

    def without_process(self) -> None:
        self.double.config.bgp.processes.clear()
        self.double.config.bgp.features.clear()

    def into_vrf(self) -> None:
        self.double.config.interfaces["Vlan30"].other += ("vrf member blue",)

    def tell(self, sessions: dict[str, str]) -> None:
        self.double.sessions = sessions


class Nvue(Device):
    platform = "nvue"
    on, off, switch = "on", "off", "enable"
    lists = ("router", "policy", "prefix-list")
    group = ("peer-group", "gu-tor1")

    def __init__(self, home: Path) -> None:
        other = {"type": "numbered", "remote-as": 65009}
        process = {
            self.switch: self.on,
            "autonomous-system": 65000,
            "router-id": "10.0.0.9",
            "neighbor": {"192.0.2.9": other},
        }
        ports = {"swp1": {"type": "swp"}}
        config = {
            "bridge": {"domain": {"br_default": {"type": "vlan-aware"}}},
            "interface": ports | {"vlan30": {"type": "svi", "ip": {"address": {"10.30.0.201/24": {}}}}},
            "router": {"policy": {"prefix-list": {"PL": {"rule": {"10": {"action": "permit"}}}}}},
            "vrf": {"default": {"router": {"bgp": process}}},
        }
        self.double = NvueDouble(home, config, ports)
        self.connection = self.double.connection()

    def close(self) -> None:
        self.double.stop()

    @property
    def process(self) -> Any:
        return self.double.running["vrf"]["default"]["router"]["bgp"]

    def state(self) -> Any:
        found = copy.deepcopy({"process": self.process, "lists": self.double.running["router"]})
        for group in (found["process"].get("peer-group") or {}).values():
            group.pop("password", None)
        return found

    def others(self) -> Any:
        lists = self.double.running["router"]["policy"]["prefix-list"]
        return copy.deepcopy((self.process.get("neighbor", {}).get("192.0.2.9"), lists["PL"]))

    def groups(self) -> set[str]:
        return set(self.process.get("peer-group") or {})

    def members(self, group: str) -> set[str]:
        return {address for address, item in self.process["neighbor"].items() if item.get("peer-group") == group}

    def drifts(self) -> Drifts:
        base, put = ("vrf", "default", "router", "bgp"), self._put
        unicast = (*base, *self.group, "address-family", "ipv4-unicast")
        every = {"action": "permit", "match": {"0.0.0.0/0": {"max-prefix-len": 32}}}
        return {
            "a wider filter": put(every, *self.lists, "gu-tor1-in", "rule", "50"),
            "no filter": put(None, *self.lists, "gu-tor1-out"),
            "a filter that is not used": put(None, *unicast, "policy", "inbound"),
            "not activated": put(self.off, *unicast, self.switch),
            "another AS": put(7, *base, *self.group, "remote-as"),
            "an AS of its own": put(7, *base, "neighbor", "10.30.0.21", "remote-as"),
            "shut": put(self.on, *base, "neighbor", "10.30.0.22", "shutdown"),
            "a member that left": put(None, *base, "neighbor", "10.30.0.21"),
            "another member": put({"peer-group": "gu-tor1"}, *base, "neighbor", "10.30.0.77"),
        }

    def _put(self, value: Any, *path: str) -> Callable[[], None]:
        def spoil() -> None:
            node = self.double.running
            for key in path[:-1]:
                node = node.setdefault(key, {})
            if value is None:
                del node[path[-1]]
            else:
                node[path[-1]] = value

        return spoil

    def drifts_of_bfd(self) -> Drifts:
        base = ("vrf", "default", "router", "bgp")
        bfd = (*base, *self.group, "bfd")
        return {
            "BFD off": self._put(self.off, *bfd, "enable"),
            "other timers": self._put(900, *bfd, "min-tx-interval"),
            "another multiplier": self._put(9, *bfd, "detect-multiplier"),
            "BFD of a member": self._put({"enable": self.off}, *base, "neighbor", "10.30.0.21", "bfd"),
        }

    def without_process(self) -> None:
        self.process.clear()

    def into_vrf(self) -> None:
        self.double.running["interface"]["vlan30"]["ip"]["vrf"] = "blue"

    def tell(self, sessions: dict[str, str]) -> None:
        self.double.sessions = sessions


class NvueProfiles(Nvue):
    """A release whose timers of BFD are in profiles, with BFD switched on."""

    on, off, switch = "enabled", "disabled", "state"

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.double.upgrade()
        other = {"detect-multiplier": 9}
        self.double.running["router"]["bfd"] = {"state": self.on, "profile": {"other": other}}

    def others(self) -> Any:
        return super().others(), copy.deepcopy(self.double.running["router"]["bfd"]["profile"]["other"])

    def drifts_of_bfd(self) -> Drifts:
        base = ("vrf", "default", "router", "bgp")
        own = ("router", "bfd", "profile", "gu-tor1")
        return {
            "no BFD": self._put(None, *base, *self.group, "bfd"),
            "another profile": self._put("other", *base, *self.group, "bfd", "profile"),
            "other timers": self._put(900, *own, "min-rx-interval"),
            "another multiplier": self._put(9, *own, "detect-multiplier"),
            "passive": self._put(self.on, *own, "passive-mode"),
            "BFD of a member": self._put({"profile": "other"}, *base, "neighbor", "10.30.0.21", "bfd"),
        }


JUNOS = """
<configuration>
  <interfaces><interface><name>irb</name><unit><name>30</name><family><inet><address><name>10.30.0.201/24</name></address>
    </inet></family></unit></interface></interfaces>
  <protocols><bgp><group><name>SPINES</name><type>external</type><peer-as>65009</peer-as>
    <neighbor><name>192.0.2.9</name></neighbor></group></bgp></protocols>
  <routing-options><router-id>10.0.0.9</router-id><autonomous-system><as-number>65000</as-number></autonomous-system>
    </routing-options>
  <policy-options><prefix-list><name>PL</name></prefix-list></policy-options>
</configuration>
"""


class Junos(Device):
    platform = "junos"

    def __init__(self, home: Path) -> None:
        self.double = junos_double.Device(JUNOS, ["xe-0/0/1"])
        self.double.start()
        login = {"address": "127.0.0.1", "port": self.double.port, "username": "admin", "password": "secret"}
        self.connection = login | {"ssh": {"host_key": self.double.host_key}}

    def close(self) -> None:
        self.double.stop()

    def _all(self, tag: str) -> list[ET.Element]:
        return list(self.double.running.iter(tag))

    def state(self) -> Any:
        found = copy.deepcopy(self.double.running)
        for node in found.findall("routing-instances"):
            found.remove(node)
        for group in found.iter("group"):
            for key in group.findall("authentication-key"):
                group.remove(key)
        return sorted(_paths(found))

    def others(self) -> Any:
        return [path for path in self.state() if "gu-" not in path]

    def groups(self) -> set[str]:
        return {text(group, "name") for group in self._all("group") if text(group, "name") != "SPINES"}

    def members(self, group: str) -> set[str]:
        return {text(node, "name") for one in self._named("group", group) for node in one.findall("neighbor")}

    def _named(self, tag: str, name: str) -> list[ET.Element]:
        return [node for node in self._all(tag) if text(node, "name") == name]

    def _add(self, tag: str, name: str, xml: str, below: str = "") -> Callable[[], None]:
        def spoil() -> None:
            node = self._named(tag, name)[0]
            above = node.find(below) if below else node
            assert above is not None
            above.append(ET.fromstring(xml))
            self.double.candidate = copy.deepcopy(self.double.running)

        return spoil

    def _drop(self, tag: str, name: str, child: str) -> Callable[[], None]:
        def spoil() -> None:
            node = self._named(tag, name)[0]
            node.remove(next(item for item in node if item.tag == child))
            self.double.candidate = copy.deepcopy(self.double.running)

        return spoil

    def drifts_of_bfd(self) -> Drifts:
        def slow() -> None:
            node = self._named("group", "gu-tor1")[0].find("bfd-liveness-detection/minimum-interval")
            assert node is not None
            node.text = "900"
            self.double.candidate = copy.deepcopy(self.double.running)

        inside, member = "bfd-liveness-detection", "<minimum-interval>9</minimum-interval>"
        return {
            "no BFD": self._drop("group", "gu-tor1", inside),
            "other timers": slow,
            "another statement": self._add("group", "gu-tor1", "<no-adaptation/>", inside),
            "BFD of a member": self._add("neighbor", "10.30.0.21", f"<{inside}>{member}</{inside}>"),
        }

    def drifts(self) -> Drifts:
        add, drop = self._add, self._drop
        every = "<prefix-list-item><name>0.0.0.0/0</name></prefix-list-item>"
        return {
            "a wider filter": add("prefix-list", "gu-tor1-in", every),
            "another policy": add(
                "policy-statement", "gu-tor1-in", "<term><name>x</name><then><accept/></then></term>"
            ),
            "no filter": drop("policy-statement", "gu-tor1-out", "then"),
            "a filter that is not used": drop("group", "gu-tor1", "import"),
            "another AS": drop("group", "gu-tor1", "peer-as"),
            "an AS of its own": add("neighbor", "10.30.0.21", "<peer-as>7</peer-as>"),
            "no limit": drop("group", "gu-tor1", "family"),
            "a member that left": drop("group", "gu-tor1", "neighbor"),
            "another member": add("group", "gu-tor1", "<neighbor><name>10.30.0.77</name></neighbor>"),
        }

    def without_process(self) -> None:
        for tag in ("routing-options", "protocols"):
            self.double.running.remove(self._all(tag)[0])
        self.double.candidate = copy.deepcopy(self.double.running)

    def into_vrf(self) -> None:
        xml = "<instance><name>blue</name><interface><name>irb.30</name></interface></instance>"
        self.double.running.append(ET.fromstring(f"<routing-instances>{xml}</routing-instances>"))

    def tell(self, sessions: dict[str, str]) -> None:
        self.double.sessions = sessions


def _paths(node: ET.Element, above: str = "") -> list[str]:
    """The statements of a configuration, one line each."""
    here = f"{above}/{node.tag}[{text(node, 'name')}]"
    inside = [path for child in node for path in _paths(child, here)]
    return [*inside, f"{here}={text(node)}"] if not len(node) else inside


DEVICES: dict[str, Callable[[Path], Device]] = {
    "eos": Eos,
    "junos": Junos,
    "nvue": Nvue,
    "nvue-5.15": NvueProfiles,
    "nxos": Nxos,
}
