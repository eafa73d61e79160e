# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of hosts with several links, as the role's input."""

from __future__ import annotations

from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.links.backends import files_of
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse


def nic(number: int, port: str | None = None) -> dict[str, Any]:
    return {"name": f"nic{number}", "mac": f"52:54:00:00:01:0{number}", **({"port": port} if port else {})}


LACP: dict[str, Any] = {
    "name": "bond0",
    "mtu": 9000,
    "bond": {"mode": "802.3ad", "members": [nic(0), nic(1)], "mac": nic(0)["mac"], "primary": "nic0"},
}
BACKUP: dict[str, Any] = {
    "name": "bond1",
    "bond": {"mode": "active-backup", "members": [nic(2), nic(3)], "primary": "nic3"},
}
BOOT: dict[str, Any] = {"name": "nic4", "nic": nic(4, "leaf1/Ethernet9")}
MANAGEMENT = {"network": "management", "vlan": 20, "address": "10.20.0.21/24", "gateway": "10.20.0.1"}
STORAGE = {"network": "storage", "link": "bond1", "vlan": 40, "address": "10.40.0.21/24", "mtu": 9000}
PROVISION = {"network": "provision", "link": "nic4", "address": "10.10.0.21/24"}

CASES: dict[str, dict[str, Any]] = {
    "two_bonds": {
        "links": [LACP, BACKUP, BOOT],
        "nics": [nic(number) for number in range(6)],
        "addresses": [MANAGEMENT, STORAGE, PROVISION],
        "dns": {"servers": ["10.20.0.1", "10.20.0.2"], "search": ["rack1.example.net"]},
    },
    "nic_per_network": {
        "links": [{"nic": nic(0)}, {"nic": nic(1), "mtu": 9000}],
        "addresses": [
            {"network": "management", "address": "10.20.0.21/24", "gateway": "10.20.0.1"},
            {"network": "storage", "link": "nic1", "address": "2001:db8:40::21/64", "mtu": 9000},
        ],
    },
    "own_tables": {
        "links": [{"nic": nic(0)}, {"nic": nic(1), "mtu": 9000}],
        "addresses": [
            {"network": "management", "address": "10.20.0.21/24", "gateway": "10.20.0.1"},
            {**STORAGE, "link": "nic1", "gateway": "10.40.0.1", "table": 40,
             "routes": [{"to": "10.41.0.0/16", "via": "10.40.0.2"}]},
            {"network": "backup", "link": "nic1", "address": "2001:db8:50::21/64", "gateway": "2001:db8:50::1",
             "table": 50},
        ],
    },
    "bond_of_one": {"links": [{"name": "bond0", "bond": {"members": [nic(0)]}}], "addresses": [MANAGEMENT]},
    "balance_xor": {
        "links": [
            {"name": "bond0", "bond": {"mode": "balance-xor", "members": [nic(0), nic(1)], "hash_policy": "layer2+3"}}
        ],
        "addresses": [MANAGEMENT],
    },
    "balance_alb": {
        "links": [{"name": "bond0", "bond": {"mode": "balance-alb", "members": [nic(0), nic(1)], "primary": "nic1"}}],
        "addresses": [{"network": "management", "address": "10.20.0.21/24"}],
    },
    "bridge_on_second": {
        "links": [LACP, BACKUP],
        "addresses": [
            {**MANAGEMENT, "gateway": None, "routes": [{"to": "10.9.0.0/16", "via": "10.20.0.2"}]},
            {"network": "provision", "address": "10.10.0.21/24"},
        ],
        "bridges": [{"name": "br110", "link": "bond1", "vlan": 110, "mtu": 9000, "address": "10.110.0.1/24"}],
    },
}  # fmt: skip


BACKENDS = ("networkd", "networkmanager")


def files(case: str, backend: str) -> str:
    """All files of one case as one text, in order of their names."""
    found = files_of(parse({**CASES[case], "backend": backend}))
    return "\n".join(f"==> {path}\n{found[path]}" for path in sorted(found))
