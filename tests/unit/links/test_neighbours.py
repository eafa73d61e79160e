# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs and LLDP neighbours of a host, from the output of ip and networkctl."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.links.neighbours import MISSING, OLD, read

LINKS = [
    {"ifname": "lo", "link_type": "loopback", "address": "00:00:00:00:00:00"},
    {"ifname": "nic0", "link_type": "ether", "flags": ["UP", "LOWER_UP"], "address": "52:54:00:00:01:01"},
    {
        "ifname": "nic1",
        "link_type": "ether",
        "flags": ["UP"],
        "address": "52:54:00:00:01:01",
        "permaddr": "52:54:00:00:01:02",
    },
    {"ifname": "bond0", "link_type": "ether", "address": "52:54:00:00:01:01", "linkinfo": {"info_kind": "bond"}},
]
LLDP = {
    "Neighbors": [
        {
            "InterfaceIndex": 2,
            "InterfaceName": "nic0",
            "Neighbors": [
                {
                    "ChassisID": "00:1c:73:00:00:01",
                    "PortID": "Ethernet1",
                    "PortDescription": "node1.bond0",
                    "SystemName": "leaf1",
                    "EnabledCapabilities": 4,
                }
            ],
        },
        {"InterfaceIndex": 3, "InterfaceName": "nic1", "Neighbors": []},
    ]
}
NICS = [
    {"name": "nic0", "mac": "52:54:00:00:01:01", "up": True},
    {"name": "nic1", "mac": "52:54:00:00:01:02", "up": False},
]


class Host(System):
    """A host whose programs are doubles."""

    def __init__(self, answer: str | HostError, there: bool = True) -> None:
        super().__init__()
        object.__setattr__(self, "answer", answer)
        object.__setattr__(self, "there", there)

    def run(self, argv: Sequence[str], **more: Any) -> str:
        if argv[0] == "ip":
            return json.dumps(LINKS)
        assert list(argv) == ["networkctl", "lldp", "--json=short"]
        answer: str | HostError = self.__dict__["answer"]
        if isinstance(answer, HostError):
            raise answer
        return answer

    def finds(self, program: str) -> bool:
        return bool(self.__dict__["there"])


def test_what_is_heard() -> None:
    found = read(Host(json.dumps(LLDP)))
    row = {"nic": "nic0", "system": "leaf1", "port_id": "Ethernet1", "port_description": "node1.bond0"}
    assert found == {"nics": NICS, "neighbours": [row | {"chassis_id": "00:1c:73:00:00:01"}], "why": ""}
    assert read(Host("{}"))["neighbours"] == []


@pytest.mark.parametrize(
    ("host", "why"),
    [
        (Host("LINK CHASSIS ID SYSTEM NAME\n0 neighbors listed.\n"), OLD),
        (Host(HostError("networkctl lldp: exit status 1: the bus is down")), "the bus is down"),
        (Host("{}", there=False), MISSING),
    ],
)
def test_why_nothing_is_heard(host: Host, why: str) -> None:
    found = read(host)
    assert why in found["why"] and found["neighbours"] == [] and found["nics"] == NICS
