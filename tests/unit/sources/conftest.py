# SPDX-License-Identifier: GPL-3.0-or-later
"""A NetBox with three racks, and the options that take all of them."""

from __future__ import annotations

import typing as t

import pytest
from services.netbox.netbox_racks import Site

Params = dict[str, t.Any]


@pytest.fixture
def site() -> Site:
    """Objects of a NetBox."""
    return Site()


@pytest.fixture
def params() -> Params:
    """Options of the module."""
    return {
        "url": "https://netbox.example.net",
        "token": "0123",
        "machines": {"sites": ["dc1"], "roles": ["hypervisor", "storage-node"]},
        "switches": {"roles": ["leaf"]},
        "networks": {"tags": ["cloud"]},
        "vlan_groups": {"tenants": "tenant-vlans"},
        "network_names": {"PXE": "provision", "management": "management"},
        "machine_roles": {
            "hypervisor": ["compute", "storage"],
            "first-three": ["control_plane"],
            "storage-node": ["storage"],
        },
        "fields": {"root_disk": "root_disk", "storage_disks": "osds", "mtu": "mtu", "bond_mode": "bond_mode"},
        "context": "groundup",
        "images": {"debian": "debian-13"},
        "switch_username": "cloud",
        "switch_password": "vault_switch",
    }
