# SPDX-License-Identifier: GPL-3.0-or-later
"""The rig of Junos; see rigs.py. A minute of its timer lasts six seconds."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from .junos_double import Device
from .rigs import Rig, State

CONFIG = """
<configuration>
  <system><host-name>leaf1</host-name></system>
  <interfaces>
    <interface><name>xe-0/0/3</name><ether-options><no-flow-control/></ether-options></interface>
    <interface><name>xe-0/0/8</name><description>a person's</description><unit><name>0</name><family>
      <ethernet-switching><vlan><members>old</members></vlan></ethernet-switching></family></unit></interface>
  </interfaces>
  <vlans><vlan><name>old</name><vlan-id>99</vlan-id></vlan></vlans>
</configuration>
"""


class Junos(Rig):
    """A commit is persistent at once, so what a restart begins with is the change, which waits there too."""

    platform, ports = "junos", ("xe-0/0/1", "xe-0/0/2", "xe-0/0/3")
    mine = frozenset({"xe-0:0:1", "xe-0:0:2", "xe-0:0:3", "ae0", "provision", "cluster", "storage"})
    mine |= {"chassis", "bpdu-block-on-edge"}
    persists = True

    def __init__(self) -> None:
        self.double = Device(CONFIG, [f"xe-0/0/{number}" for number in range(10)])
        self.double.minute = 6.0
        self.double.start()
        self.close = self.double.stop

    def connection(self) -> dict[str, Any]:
        login = {"address": "127.0.0.1", "port": self.double.port, "username": "admin", "password": "secret"}
        return login | {"ssh": {"host_key": self.double.host_key}}

    def running(self) -> State:
        return _leaves(self.double.running)

    def saved(self) -> Any:
        return self.running()

    def left(self) -> list[str]:
        return ["a commit that waits"] if self.double.waiting else []

    def reboot(self) -> None:
        self.double.reboot()

    def patient(self) -> None:
        self.double.minute = 60.0

    def learn(self, mac: str, port: str) -> None:
        self.double.macs.append((mac, f"{port}.0"))


def _leaves(node: ET.Element, place: str = "") -> State:
    """Each element without children by its place; one of a list has its name in it."""
    found: State = {}
    for child in node:
        name = (child.findtext("name") or "").strip()
        here = f"{place}/{child.tag}" + (f"/{name.replace('/', ':')}" if name else "")
        inside = _leaves(child, here)
        text = (child.text or "").strip()
        found |= inside or {f"{here}={text}" if child.tag == "members" else here: text}
    return found
