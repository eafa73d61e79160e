# SPDX-License-Identifier: GPL-3.0-or-later
"""A small valid model, and a function that changes it for a test case."""

from __future__ import annotations

import copy
from typing import Any

import yaml

REMOVED: Any = object()

BASE = """
name: rack
networks:
  provision: {vlan: 10, subnet: 10.10.0.0/24, native: true}
  management: {vlan: 20, subnet: 10.20.0.0/24, gateway: 10.20.0.1}
  cluster: {vlan: 30, subnet: 10.30.0.0/24}
  tenants: {vlans: 100-199}
switches:
  leaf1: {platform: unmanaged, address: 10.20.0.11, mlag: leaf2, ports: [Ethernet1-8]}
  leaf2: {platform: unmanaged, address: 10.20.0.12, mlag: leaf1, ports: [Ethernet1-8]}
machines:
  node1:
    roles: [control_plane, compute, storage]
    location: {rack: r1, unit: 1}
    bmc: {address: 10.20.0.101, password: "{{ vault_bmc }}"}
    nics:
      nic0: {mac: "52:54:00:00:01:00", port: leaf1/Ethernet1}
      nic1: {mac: "52:54:00:00:01:01", port: leaf2/Ethernet1}
    networks: [management, cluster]
    root_disk: {serial: R1}
    storage_disks: [{serial: S1}]
  node2:
    location: {rack: r1, unit: 2}
    bmc: {address: 10.20.0.102, password: "{{ vault_bmc }}"}
    nics:
      nic0: {mac: "52:54:00:00:02:00", port: leaf1/Ethernet2}
      nic1: {mac: "52:54:00:00:02:01", port: leaf2/Ethernet2}
    networks: [management, cluster]
    root_disk: {serial: R2}
    storage_disks: [{serial: S2}]
access: {public_keys: [ssh-ed25519 AAAA me]}
kubernetes: {endpoint: 10.30.0.10}
"""


def model(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """The base model with `changes`: values by dotted path (a name may contain `/`); REMOVED deletes the key."""
    data: dict[str, Any] = copy.deepcopy(yaml.safe_load(BASE))
    for path, value in (changes or {}).items():
        *above, last = path.split(".")
        place = data
        for part in above:
            place = place.setdefault(part, {})
        if value is REMOVED:
            del place[last]
        else:
            place[last] = copy.deepcopy(value)
    return data
