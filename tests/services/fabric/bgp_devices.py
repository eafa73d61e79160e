# SPDX-License-Identifier: GPL-3.0-or-later
"""The doubles of switches as the tests of BGP see them: an address, a process with a neighbour of others, and drift."""

from __future__ import annotations

import copy
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .eos_double import EosDouble
from .eos_double_bgp import FAMILY
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
        family = f"{self.process}|{FAMILY}"

        def put(section: str, *added: str, gone: str = "") -> Callable[[], None]:
            def spoil() -> None:
                self.double.running[section].pop(gone, None)
                self.double.running[section] |= dict.fromkeys(added)

            return spoil

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
        return lists, found

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
        bgp = self.double.config.bgp

        def put(path: list[str], line: str, gone: str = "") -> Callable[[], None]:
            def spoil() -> None:
                node = bgp.processes["router bgp 65000"]
                for name in path:
                    node = node.setdefault(name, {})
                node.pop(gone, None)
                node |= {line: {}} if line else {}

            return spoil

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

    def without_process(self) -> None:
        self.double.config.bgp.processes.clear()
        self.double.config.bgp.features.clear()

    def into_vrf(self) -> None:
        self.double.config.interfaces["Vlan30"].other += ("vrf member blue",)

    def tell(self, sessions: dict[str, str]) -> None:
        self.double.sessions = sessions


DEVICES: dict[str, Callable[[Path], Device]] = {"eos": Eos, "nxos": Nxos}
