# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of systemd-networkd files for given inputs, and errors for invalid inputs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.layers.host_network import network_files
from ansible_collections.groundup.cloud.plugins.module_utils.links.backends import files_of
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse

BONDED: dict[str, Any] = {
    "backend": "networkd",
    "hostname": "node1",
    "fqdn": "node1.rack1.example.net",
    "bond": {
        "name": "bond0",
        "mode": "802.3ad",
        "members": [{"name": "nic0", "mac": "52:54:00:00:01:01"}, {"name": "nic1", "mac": "52:54:00:00:01:02"}],
        "mac": "52:54:00:00:01:01",
        "primary": "nic0",
        "lacp_rate": "fast",
        "mtu": 9000,
    },
    "nics": [{"name": "nic0", "mac": "52:54:00:00:01:01"}, {"name": "nic1", "mac": "52:54:00:00:01:02"}],
    "mtu": 9000,
    "addresses": [
        {"network": "provision", "vlan": None, "interface": "bond0", "address": "10.10.0.21/24", "mtu": 1500},
        {
            "network": "management",
            "vlan": 20,
            "interface": "bond0.20",
            "address": "10.20.0.21/24",
            "mtu": 1500,
            "gateway": "10.20.0.1",
            "routes": [{"to": "10.9.0.0/16", "via": "10.20.0.2"}],
        },
        {"network": "cluster", "vlan": 30, "interface": "bond0.30", "address": "10.30.0.21/24", "mtu": 9000},
    ],
    "bridges": [{"name": "br110", "vlan": 110, "mtu": 1500}],
    "dns": {"servers": ["10.20.0.1"], "search": ["rack1.example.net"]},
    "peers": {"cluster": ["10.30.0.1", "10.30.0.22"]},
    "confirm_timeout": 180,
}
HEAD = "# Written by groundup.cloud.host_network; changes made here are undone by the next run.\n"
QUIET = "LinkLocalAddressing=no\nIPv6AcceptRA=no\nConfigureWithoutCarrier=yes\nKeepConfiguration=static\n"

EXPECTED = {
    "nic0.link": "[Match]\nPermanentMACAddress=52:54:00:00:01:01\n\n[Link]\nNamePolicy=\nName=nic0\n",
    "nic1.link": "[Match]\nPermanentMACAddress=52:54:00:00:01:02\n\n[Link]\nNamePolicy=\nName=nic1\n",
    "nic0.network": "[Match]\nPermanentMACAddress=52:54:00:00:01:01\nKind=!*\n\n[Link]\nRequiredForOnline=no\n\n"
    "[Network]\nBond=bond0\nLinkLocalAddressing=no\nLLDP=yes\nEmitLLDP=nearest-bridge\n",
    "nic1.network": "[Match]\nPermanentMACAddress=52:54:00:00:01:02\nKind=!*\n\n[Link]\nRequiredForOnline=no\n\n"
    "[Network]\nBond=bond0\nLinkLocalAddressing=no\nLLDP=yes\nEmitLLDP=nearest-bridge\n",
    "bond0.netdev": "[NetDev]\nName=bond0\nKind=bond\nMTUBytes=9000\nMACAddress=52:54:00:00:01:01\n\n"
    "[Bond]\nMode=802.3ad\nMIIMonitorSec=100ms\nLACPTransmitRate=fast\nTransmitHashPolicy=layer3+4\n"
    "AdSelect=bandwidth\nMinLinks=1\n",
    "bond0.network": "[Match]\nName=bond0\n\n[Link]\nMTUBytes=9000\nRequiredForOnline=no\n\n"
    f"[Network]\n{QUIET}VLAN=bond0.20\nVLAN=bond0.30\nVLAN=bond0.110\n\n"
    "[Address]\nAddress=10.10.0.21/24\nAddPrefixRoute=no\n\n"
    "[Route]\nDestination=10.10.0.0/24\nPreferredSource=10.10.0.21\nScope=link\nMTUBytes=1500\n",
    "bond0.20.netdev": "[NetDev]\nName=bond0.20\nKind=vlan\nMTUBytes=1500\n\n[VLAN]\nId=20\n",
    "bond0.20.network": f"[Match]\nName=bond0.20\n\n[Link]\nMTUBytes=1500\n\n[Network]\n{QUIET}\n"
    "[Address]\nAddress=10.20.0.21/24\n\n[Route]\nGateway=10.20.0.1\n\n"
    "[Route]\nDestination=10.9.0.0/16\nGateway=10.20.0.2\n",
    "bond0.30.netdev": "[NetDev]\nName=bond0.30\nKind=vlan\nMTUBytes=9000\n\n[VLAN]\nId=30\n",
    "bond0.30.network": f"[Match]\nName=bond0.30\n\n[Link]\nMTUBytes=9000\nRequiredForOnline=no\n\n[Network]\n{QUIET}\n"
    "[Address]\nAddress=10.30.0.21/24\n",
    "bond0.110.netdev": "[NetDev]\nName=bond0.110\nKind=vlan\nMTUBytes=1500\n\n[VLAN]\nId=110\n",
    "bond0.110.network": "[Match]\nName=bond0.110\n\n[Link]\nMTUBytes=1500\nRequiredForOnline=no\n\n"
    f"[Network]\n{QUIET}Bridge=br110\n",
    "br110.netdev": "[NetDev]\nName=br110\nKind=bridge\nMTUBytes=1500\n\n[Bridge]\nSTP=no\n",
    "br110.network": f"[Match]\nName=br110\n\n[Link]\nMTUBytes=1500\nRequiredForOnline=no\n\n[Network]\n{QUIET}",
}


def test_a_bond_with_vlans_and_a_bridge() -> None:
    found = {
        item["path"].removeprefix("/etc/systemd/network/10-groundup-"): item["content"]
        for item in network_files(BONDED)
    }
    assert found == {name: HEAD + text for name, text in EXPECTED.items()}


def test_a_single_nic_with_a_vlan() -> None:
    params = {
        "nics": [{"name": "nic0", "mac": "52:54:00:00:01:01"}],
        "addresses": [
            {"network": "provision", "address": "10.10.0.21/24"},
            {"network": "cluster", "vlan": 30, "address": "fd00::1/64"},
        ],
    }
    found = {
        item["path"].removeprefix("/etc/systemd/network/10-groundup-"): item["content"]
        for item in network_files(params)
    }
    assert sorted(found) == ["nic0.30.netdev", "nic0.30.network", "nic0.link", "nic0.network"]
    assert "PermanentMACAddress=52:54:00:00:01:01\nKind=!*\n" in found["nic0.network"]
    assert "VLAN=nic0.30\n" in found["nic0.network"] and "Address=10.10.0.21/24\n" in found["nic0.network"]
    assert "LinkLocalAddressing=ipv6\n" in found["nic0.30.network"]


def test_active_backup_has_no_lacp() -> None:
    params = {
        "bond": {
            "mode": "active-backup",
            "primary": "b",
            "members": [{"name": "a", "mac": "52:54:00:00:01:01"}, {"name": "b", "mac": "52:54:00:00:01:02"}],
        }
    }
    found = "\n".join(item["content"] for item in network_files(params))
    assert "LACP" not in found and "PrimarySlave=yes" in found and "AdSelect" not in found


NIC = {"name": "nic0", "mac": "52:54:00:00:01:01"}
ONE = {"nics": [NIC]}
WRONG = [
    ({"nics": []}, "neither links nor bond nor nics"),
    ({"nics": [{"name": "nic0"}]}, r"nics\[0\].mac: is required"),
    ({"nics": [NIC | {"mac": "52:54"}]}, r"nics\[0\].mac: '52:54' is not a MAC"),
    ({"nics": [NIC | {"name": "../../cron.d/x"}]}, r"nics\[0\].name: '../../cron.d/x' is not a link"),
    ({"nics": [NIC | {"name": "n\nExecStart=x"}]}, "is not a link's name"),
    ({"bonds": {}}, "did you mean bond"),
    (ONE | {"backend": "netplan"}, "backend: netplan is not one of networkd, networkmanager"),
    ({"bond": {"mode": "balance-rr", "members": [NIC]}}, "balance-rr is not one of"),
    ({"bond": {"lacp_rate": "quick", "members": [NIC]}}, "lacp_rate: quick is neither"),
    ({"bond": {"name": "nic0", "members": [NIC]}}, "the link nic0 is described twice"),
    ({"bond": {"name": "uplink-of-all", "members": [NIC]}, "addresses": [{"address": "10.0.0.3/24", "vlan": 3000}]},
     "'uplink-of-all.3000' is not a link's name of at most 15"),
    (ONE | {"addresses": [{"address": "10.0.0.300/24"}]}, r"addresses\[0\].address"),
    (ONE | {"addresses": [{"address": "10.0.0.3/24", "gateway": "10.0.1.1"}]}, "10.0.1.1 is outside of 10.0.0.0/24"),
    (ONE | {"addresses": [{"address": "2001:db8::3/64", "mtu": 1279}]}, "mtu: 1279 is less than the 1280 of IPv6"),
    (
        ONE | {"bridges": [{"name": "br9", "vlan": 9, "mtu": 1000, "address": "2001:db8::3/64"}]},
        r"bridges\[0\].mtu: 1000 is less than the 1280 of IPv6 \(RFC 8200, section 5\)",
    ),
    (ONE | {"addresses": [{"address": "10.0.0.3/24", "gateway": "router"}]}, r"gateway: 'router' does not appear"),
    (ONE | {"addresses": [{"address": "10.0.0.3/24", "vlan": 4095}]}, "vlan: 4095 is not from 1 to 4094"),
    (ONE | {"addresses": [{"address": "10.0.0.3/24", "vlan": "x"}]}, "vlan: 'x' is not a number"),
    (ONE | {"addresses": [{"address": "10.0.0.3/24", "routes": [{"to": "x", "via": "10.0.0.1"}]}]}, r"routes\[0\].to"),
    (ONE | {"addresses": [{"address": "10.0.0.3/24", "routes": [{"via": "10.0.0.1"}]}]}, r"routes\[0\].to: is req"),
    (ONE | {"addresses": [{"address": "10.0.0.3/24", "routes": [{"to": "10.9.0.0/16", "via": "x"}]}]}, r"\[0\].via"),
    (ONE | {"addresses": [{"address": "10.0.0.3/24", "vlan": 5}], "bridges": [{"name": "br5", "vlan": 5}]},
     "VLAN 5 is a port of br5 and can't have the address 10.0.0.3/24"),
    (ONE | {"bridges": [{"name": "br5", "vlan": 5}, {"name": "br6", "vlan": 5}]}, "VLAN 5 is a port of two bridges"),
    (ONE | {"vlans": [{"vlan": 5}], "bridges": [{"name": "br5", "vlan": 5}]},
     "VLAN 5 is for another program and is a port of br5"),
    (ONE | {"vlans": [{"vlan": 5}], "addresses": [{"address": "10.0.0.3/24", "vlan": 5}]},
     "VLAN 5 is for another program and has the address 10.0.0.3/24"),
    (ONE | {"vlans": [{"vlan": 5}, {"vlan": 5}]}, "VLAN 5 is for another program and is listed twice"),
    (ONE | {"vlans": [{"vlan": 5000}]}, r"vlans\[0\].vlan"),
    (ONE | {"vlans": [{"vlan": 5}], "backend": "networkmanager"}, "networkmanager takes it back whenever"),
    (ONE | {"dns": {"servers": ["resolver"]}}, "dns.servers: 'resolver'"),
    (ONE | {"dns": {"search": ["a b"]}}, "dns.search: 'a b'"),
    (ONE | {"hostname": "x\ny"}, "hostname"),
    (ONE | {"confirm_timeout": 3}, "confirm_timeout: 3 is not from 20"),
]  # fmt: skip


@pytest.mark.parametrize(("params", "message"), WRONG)
def test_an_invalid_setting_is_an_error_with_its_name(params: dict[str, Any], message: str) -> None:
    with pytest.raises(HostError, match=message):
        parse(params)


def test_a_link_with_ipv4_only_may_be_smaller_than_ipv6_needs() -> None:
    small = {
        "addresses": [{"address": "10.0.0.3/24", "mtu": 1000}, {"address": "2001:db8::3/64", "vlan": 7, "mtu": 1280}]
    }
    assert [address.mtu for address in parse(ONE | small).addresses] == [1000, 1280]


def test_a_vlan_of_another_program_is_made_and_left_to_it() -> None:
    spec = parse(ONE | {"vlans": [{"vlan": 101, "mtu": 9000}]})
    found = {name.rpartition("10-groundup-")[2]: text.partition("\n")[2] for name, text in files_of(spec).items()}
    assert found["nic0.101.netdev"] == "[NetDev]\nName=nic0.101\nKind=vlan\nMTUBytes=9000\n\n[VLAN]\nId=101\n"
    assert found["nic0.101.network"] == "[Match]\nName=nic0.101\n\n[Link]\nUnmanaged=yes\nRequiredForOnline=no\n"
    assert "MTUBytes=9000\n" in found["nic0.network"] and "VLAN=nic0.101\n" in found["nic0.network"]
