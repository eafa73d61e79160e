# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of which the tests derive twins."""

from __future__ import annotations

from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import Places
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin import Materials

PLACES = Places(name="t", state="/state/t", run="/run/groundup/t")
MATERIALS = Materials(
    places=PLACES,
    bmc_password="made-here",
    public_key="ssh-ed25519 AAAA t lab",
    private_key_file="/state/t/lab/keys/id_ed25519",
    fingerprints={"node1": "aa" * 32},
)


def real_rack() -> dict[str, Any]:
    """A rack with an MLAG pair, secrets, a gateway and an upstream port."""
    return {
        "plugin": "groundup.cloud.cloud",
        "name": "rack1",
        "defaults": {
            "machine": {
                "bond": {"mode": "802.3ad"},
                "bmc": {"username": "{{ vault_user }}", "password": "real-secret", "tls": {"ca_file": "/bmc-ca.pem"}},
                "lab": {"memory": 512},
            },
            "switch": {"mtu": 9216},
            "network": {"mtu": 9000},
        },
        "networks": {
            "provision": {"vlan": 10, "subnet": "10.10.0.0/24", "native": True, "mtu": 1500},
            "management": {"vlan": 20, "subnet": "10.20.0.0/24", "gateway": "10.20.0.1", "mtu": 1500},
            "storage": {"vlan": 40, "subnet": "10.40.0.0/24"},
            "tenants": {"vlans": "100-199"},
        },
        "switches": {
            "leaf1": {"platform": "unmanaged", "address": "10.20.0.11", "mlag": "leaf2",
                      "uplinks": {"Ethernet48": {"networks": ["all"], "description": "internet"}}},
            "leaf2": {"platform": "unmanaged", "address": "10.20.0.12", "mlag": "leaf1"},
            "a-switch-with-a-long-name": {"platform": "unmanaged", "address": "10.20.0.13", "ports": ["swp1-4"]},
        },
        "machines": {
            "node1": {
                "roles": ["control_plane", "storage"],
                "bmc": {"address": "10.20.0.101"},
                "nics": {"nic0": {"mac": "52:54:00:00:01:01", "port": "leaf1/Ethernet1"},
                         "nic1": {"mac": "52:54:00:00:01:02", "port": "leaf2/Ethernet1"}},
                "root_disk": {"serial": "A-SERIAL-OF-MORE-THAN-20-CHARACTERS"},
                "storage_disks": [{"serial": "OSD-1"}, {"wwn": "0x5000C500A1B2C3D4"}],
                "identity": {"serial": "CZ1234", "uuid": "11111111-2222-4333-8444-555555555555"},
            },
            "node2": {
                "bmc": {"address": "10.20.0.102", "protocol": "ipmi", "switch_port": "leaf1/Ethernet40"},
                "nics": {"nic0": {"mac": "52:54:00:00:02:01", "port": "a-switch-with-a-long-name/swp1"}},
                "root_disk": {"serial": "ROOT-2"},
                "firmware": "bios",
            },
        },
        "provisioner": {"host": "10.20.0.5", "addresses": {"provision": "10.10.0.7"}},
        "ntp": {"servers": ["ntp.example.net"]},
        "kubernetes": {"version": "1.36.3", "endpoint": "10.40.0.10"},
    }  # fmt: skip
