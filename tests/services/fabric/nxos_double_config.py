# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of the double of a switch with NX-OS: it interprets commands and refuses unknown ones."""

from __future__ import annotations

import re
from typing import Any

from .nxos_double_bgp import Bgp

Context = tuple[str, str]
#: Settings of an interface: the command's beginning and what its value may be.
SETTINGS = {
    "description": r".+",
    "switchport mode": r"access|trunk",
    "switchport access vlan": r"\d+",
    "switchport trunk native vlan": r"\d+",
    "switchport trunk allowed vlan": r"all|none|[\d,-]+",
    "spanning-tree port type": r"edge|edge trunk|normal",
    "spanning-tree bpduguard": r"enable",
    "mtu": r"\d+",
    "vpc": r"\d+|peer-link",
    "lacp rate": r"fast|normal",
}
#: Values that the running configuration does not show.
DEFAULTS = {"switchport mode": "access", "switchport access vlan": "1", "switchport trunk native vlan": "1"}
DEFAULTS |= {"switchport trunk allowed vlan": "all"}
DEFAULTS |= {"spanning-tree port type": "normal", "mtu": "1500", "lacp rate": "normal"}
#: What members have from their port channel.
SHARED = ("switchport mode", "switchport access vlan", "switchport trunk native vlan", "switchport trunk allowed vlan")
SHARED += ("mtu",)


ADDRESSES = ("ip address ", "ipv6 address ")


class Invalid(Exception):
    """A command that the switch refuses."""


class Interface:
    """One interface: its settings by the beginning of their command, and `other` lines, which nothing here changes."""

    def __init__(self, name: str, switchport: bool = False, other: tuple[str, ...] = (), **settings: Any) -> None:
        self.name, self.switchport, self.other = name, switchport, other
        self.settings: dict[str, str] = dict(settings.pop("settings", {}))
        self.shut, self.individual = False, False
        self.group: tuple[int, str] | None = None

    def lines(self) -> list[str]:
        """The lines in the running configuration of a switch whose interfaces are routed by default."""
        shown = {key: self.settings.get(key) for key in SETTINGS}
        found = [f"{key} {value}" for key, value in shown.items() if value not in (None, DEFAULTS.get(key))]
        if self.switchport:
            found.insert("description" in self.settings, "switchport")
        group = [f"channel-group {self.group[0]} mode {self.group[1]}"] if self.group else []
        individual = ["no lacp suspend-individual"] if self.individual else []
        return [*found, *individual, *(["shutdown"] if self.shut else []), *self.other, *group]


class Configuration:
    """A running configuration that commands change."""

    def __init__(self) -> None:
        self.lines = {"feature nxapi", "feature lacp", "feature scheduler", "feature lldp", "system jumbomtu 9216"}
        self.switchports = False
        self.bgp = Bgp()
        self.vlans: dict[int, str] = {1: "default", 99: "printers"}
        self.vpc: list[str] | None = None
        self.vpc_domain = "10"
        self.jobs: dict[str, list[str]] = {}
        self.schedules: dict[str, dict[str, str]] = {}
        self.interfaces = {f"Ethernet1/{n}": Interface(f"Ethernet1/{n}") for n in range(1, 9)}

    def text(self, scheduler: bool = True) -> str:
        """The output of ``show running-config``."""
        lines = ["version 10.3(2)", "hostname leaf1", *sorted(self.lines)]
        lines += [f"vlan {','.join(map(str, sorted(self.vlans)))}"]
        for vlan, name in sorted(self.vlans.items()):
            lines += [f"vlan {vlan}", f"  name {name}"] if name != f"VLAN{vlan:04}" else []
        if self.vpc is not None:
            lines += [f"vpc domain {self.vpc_domain}", *(f"  {line}" for line in self.vpc)]
        for interface in sorted(self.interfaces.values(), key=lambda found: (found.name[0].isupper(), found.name)):
            lines += [f"interface {interface.name}", *(f"  {line}" for line in interface.lines()), ""]
        lines += self.bgp.text()
        for job, commands in self.jobs.items() if scheduler else ():
            lines += [f"scheduler job name {job}", *(f" {line}" for line in commands), "", "end-job"]
        for name, schedule in self.schedules.items() if scheduler else ():
            lines += [f"scheduler schedule name {name}", *(f"  {key} {value}" for key, value in schedule.items())]
        return "\n".join(lines) + "\n"

    def perform(self, line: str, context: Context) -> Context:
        """Perform a command of the mode that the context names; the context of the next one."""
        kind, name = context
        if kind == "job" and line != "end-job":
            self.jobs[name].append(line)
            return context
        if line in ("exit", "end-job"):
            return ("", "")
        try:
            if self.bgp.perform(line):
                return ("bgp", "")
        except ValueError as error:
            raise Invalid(str(error)) from error
        self.bgp.path = []
        opened = self._pair(line) or self._open(line)
        if opened:
            return opened
        if kind == "vlan" and re.fullmatch(r"name \S{1,32}", line):
            self.vlans[int(name)] = line.split()[1]
        elif kind == "vpc" and re.fullmatch(r"peer-keepalive destination \S+( source \S+)?( vrf \S+)?", line):
            self.vpc = [item for item in self.vpc or [] if not item.startswith("peer-keepalive")]
            self.vpc.append(line.removesuffix(" vrf management"))
        elif kind == "schedule" and re.fullmatch(r"job name \S+|time start \+\d\d:\d\d", line):
            key = "job" if line.startswith("job") else "time"
            self.schedules[name][key] = line.split(maxsplit=1)[1].removeprefix("name ")
        elif kind == "routed":
            self._bfd(self.interfaces[name], line)
        elif kind == "interface":
            self._interface(self.interfaces[name], line)
        else:
            raise Invalid("% Invalid command")
        return context

    def _pair(self, line: str) -> Context | None:
        """The context of a command for vPC."""
        if line == "feature vpc":
            self.lines.add(line)
            return ("", "")
        match = re.fullmatch(r"vpc domain (\d{1,4})", line)
        if match is None:
            return None
        if "feature vpc" not in self.lines or (self.vpc is not None and match[1] != self.vpc_domain):
            raise Invalid("% Invalid command, or another vPC domain exists")
        self.vpc, self.vpc_domain = self.vpc or [], match[1]
        return ("vpc", match[1])

    def _open(self, line: str) -> Context | None:
        """The context that a command opens, or that of the top for one which removes an object."""
        if line.startswith("interface Vlan") and line.removeprefix("interface ") in self.interfaces:
            return ("routed", line.removeprefix("interface "))
        if match := re.fullmatch(r"interface (Ethernet\S+|port-channel\d+)", line):
            if match[1].startswith("Ethernet") and match[1] not in self.interfaces:
                raise Invalid("Invalid interface format at '^' marker.")
            self.interfaces.setdefault(match[1], Interface(match[1]))
            return ("interface", match[1])
        if match := re.fullmatch(r"vlan (\d+)", line):
            self.vlans.setdefault(int(match[1]), f"VLAN{int(match[1]):04}")
            return ("vlan", match[1])
        if match := re.fullmatch(r"scheduler (job|schedule) name (\S{1,31})", line):
            if "feature scheduler" not in self.lines:
                raise Invalid("% Invalid command at '^' marker.")
            self.jobs.update({match[2]: []} if match[1] == "job" else {})
            self.schedules.update({match[2]: {}} if match[1] == "schedule" else {})
            return (match[1], match[2])
        if match := re.fullmatch(r"no scheduler (job|schedule) name (\S+)", line):
            (self.jobs if match[1] == "job" else self.schedules).pop(match[2], None)
            return ("", "")
        if match := re.fullmatch(r"no interface port-channel(\d+)", line):
            for member in self._members(int(match[1])):
                member.group = None
            if self.interfaces.pop(f"port-channel{match[1]}", None) is None:
                raise Invalid("Invalid interface")
            return ("", "")
        return None

    def _interface(self, interface: Interface, line: str) -> None:
        bundled = interface.group is not None
        allowed = ("lacp rate", "no channel-group", "description", "no description", "shutdown", "no shutdown")
        if bundled and not line.startswith(allowed):
            raise Invalid(f"command failed: port {interface.name} is a member of a port-channel")
        if line in ("switchport", "no switchport"):
            interface.switchport = line == "switchport"
            if interface.switchport:
                interface.other = tuple(old for old in interface.other if not old.startswith(ADDRESSES))
            else:  # what is of the other layer is lost with the mode
                of_layer_2 = ("switchport", "spanning-tree")
                interface.settings = {k: v for k, v in interface.settings.items() if not k.startswith(of_layer_2)}
        elif line.removeprefix("no ").startswith(ADDRESSES):
            self._address(interface, line)
        elif line in ("shutdown", "no shutdown"):
            interface.shut = line == "shutdown"
        elif line in ("lacp suspend-individual", "no lacp suspend-individual"):
            if not interface.shut or interface.name.startswith("E"):
                raise Invalid("ERROR: Cannot set/reset lacp suspend-individual for port-channel that is admin up")
            interface.individual = line.startswith("no ")
        elif line.startswith("channel-group ") or line == "no channel-group":
            self._group(interface, line)
        else:
            self._setting(interface, line)
        for member in self._members(self._number(interface)):
            self._inherit(interface, member)

    def _address(self, interface: Interface, line: str) -> None:
        """An address of a routed port; one of IPv4 replaces another one."""
        if interface.switchport:
            raise Invalid(f"ERROR: {interface.name} is a switchport")
        if line.startswith("no "):
            if line.removeprefix("no ") not in interface.other:
                raise Invalid("ERROR: the address is not configured")
            interface.other = tuple(old for old in interface.other if old != line.removeprefix("no "))
            return
        if not re.fullmatch(r"ip address [\d.]+/\d+|ipv6 address [0-9a-f:]+/\d+", line):
            raise Invalid("% Invalid command")
        if any(line in found.other for found in self.interfaces.values() if found is not interface):
            raise Invalid("% the address overlaps with that of another interface")
        kept = [old for old in interface.other if not (line.startswith("ip ") and old.startswith("ip address "))]
        interface.other = (*kept, line)

    def _bfd(self, interface: Interface, line: str) -> None:
        """What an interface with an address takes for BFD; the default timers are not shown."""
        if re.fullmatch(r"bfd interval \d{2,3} min_rx \d{2,3} multiplier \d{1,2}", line):
            if "feature bfd" not in self.bgp.features:
                raise Invalid("% Invalid command")
            kept = tuple(old for old in interface.other if not old.startswith("bfd interval"))
            default = line == "bfd interval 50 min_rx 50 multiplier 3"
            interface.other = kept if default else (*kept, line)
        elif line in ("no bfd echo", "no ip redirects"):
            interface.other = (*(old for old in interface.other if old != line), line)
        else:
            raise Invalid("% Invalid command")

    def _setting(self, interface: Interface, line: str) -> None:
        for key, values in SETTINGS.items():
            if line == f"no {key}" and "allowed" not in key:
                interface.settings.pop(key, None)
                return
            if not line.startswith(f"{key} "):
                continue
            value = line.removeprefix(f"{key} ")
            if key == "switchport trunk allowed vlan" and value.startswith("add "):
                value = f"{interface.settings.get(key, '')},{value.removeprefix('add ')}"
            if not re.fullmatch(values, value):
                raise Invalid("% Invalid parameter detected at '^' marker.")
            self._check(interface, key, value)
            interface.settings[key] = value
            return
        raise Invalid("% Invalid command")

    def _check(self, interface: Interface, key: str, value: str) -> None:
        if key == "mtu" and interface.switchport and value not in ("1500", "9216"):
            raise Invalid(
                f"ERROR: {interface.name}: MTU on L2 interfaces can only be set to default or system-jumboMTU"
            )
        if key.startswith("switchport ") and not interface.switchport:
            raise Invalid(f"ERROR: {interface.name} is not a switchport")
        others = [found for found in self.interfaces.values() if found is not interface]
        if key == "vpc" and (self.vpc is None or any(found.settings.get("vpc") == value for found in others)):
            raise Invalid("ERROR: Operation failed: vPC is not configured, or the vPC number is in use")

    def _group(self, interface: Interface, line: str) -> None:
        if line == "no channel-group":
            interface.group = None
            return
        match = re.fullmatch(r"channel-group (\d+) force mode (active|passive|on)", line)
        if not match or interface.name.startswith("port-channel"):
            raise Invalid("% Invalid command")
        channel = self.interfaces.setdefault(f"port-channel{match[1]}", Interface(f"port-channel{match[1]}"))
        if interface.switchport != channel.switchport:
            raise Invalid("command failed: port not compatible [port mode]")
        if interface.settings.get("mtu", "1500") != channel.settings.get("mtu", "1500"):
            raise Invalid("command failed: port not compatible [Ethernet MTU]")
        modes = {member.group[1] for member in self._members(int(match[1])) if member.group and member is not interface}
        if modes and (modes == {"on"}) != (match[2] == "on"):
            raise Invalid("command failed: port not compatible [Channel group mode]")
        interface.group = (int(match[1]), match[2])
        self._inherit(channel, interface)

    def _inherit(self, channel: Interface, member: Interface) -> None:
        for key in SHARED:
            member.settings.pop(key, None)
            if key in channel.settings:
                member.settings[key] = channel.settings[key]

    def _members(self, number: int | None) -> list[Interface]:
        return [found for found in self.interfaces.values() if found.group and found.group[0] == number]

    def _number(self, interface: Interface) -> int | None:
        text = interface.name.removeprefix("port-channel")
        return int(text) if text.isdigit() else None
