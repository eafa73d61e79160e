# SPDX-License-Identifier: GPL-3.0-or-later
"""Network ports and drives of a machine, as Redfish services describe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.bmc.inventory import disk_of, inventory_of

SYSTEM = {"HostName": "node1", "Storage": {"@odata.id": "/S"}}
PORTS = [
    {
        "Id": "NIC.1",
        "PermanentMACAddress": "52:54:00:00:01:00",
        "MACAddress": "02:00:00:00:00:01",
        "LinkStatus": "LinkUp",
    },
    {"Id": "NIC.2", "MACAddress": "52-54-00-00-01-01", "LinkStatus": "LinkDown"},
    {"Id": "NIC.3", "MACAddress": "00:00:00:00:00:00"},
    None,
]
TREE: dict[str, dict[str, Any]] = {
    "/S": {"Members": [{"@odata.id": "/S/1"}, {"@odata.id": "/S/2"}, {"@odata.id": "/S/3"}]},
    "/S/1": {"Drives": [{"@odata.id": "/D/1"}, {"@odata.id": "/D/2"}]},
    "/S/2": {"Drives": [{"@odata.id": "/D/1"}, {"@odata.id": "/D/9"}]},
    "/D/1": {
        "SerialNumber": " S1 ",
        "CapacityBytes": 480103981056,
        "Protocol": "SATA",
        "MediaType": "SSD",
        "Model": "M",
        "Identifiers": [
            {"DurableName": "uuid", "DurableNameFormat": "UUID"},
            {"DurableName": "naa.5000C500A1B2C3D4", "DurableNameFormat": "NAA"},
        ],
    },
    "/D/2": {"Name": "empty bay", "SerialNumber": "", "CapacityBytes": None},
}


def read(path: str) -> Mapping[str, Any] | None:
    return TREE.get(path)


def test_ports_and_drives() -> None:
    found = inventory_of(SYSTEM, PORTS, read)
    assert found["host_name"] == "node1"
    assert found["nics"] == [
        {"name": "NIC.1", "mac": "52:54:00:00:01:00", "up": True},
        {"name": "NIC.2", "mac": "52:54:00:00:01:01", "up": False},
    ]
    disk = {"serial": "S1", "wwn": "naa.5000C500A1B2C3D4", "bytes": 480103981056, "kind": "SATA SSD", "model": "M"}
    assert found["disks"] == [disk]
    assert found["unread"] == 3  # a port, the controller /S/3 and the drive /D/9


def test_a_system_without_storage_and_one_whose_storage_cannot_be_read() -> None:
    assert inventory_of({}, [], read) == {"host_name": None, "nics": [], "disks": [], "unread": 0}
    assert inventory_of({"Storage": {"@odata.id": "/gone"}}, [], read)["unread"] == 1


def test_drives_that_nothing_identifies_are_none() -> None:
    assert disk_of({"SerialNumber": "To be filled by O.E.M.", "Identifiers": None}) is None
    found = disk_of({"Identifiers": [{"DurableName": "eui.01", "DurableNameFormat": "EUI"}], "CapacityBytes": True})
    assert found == {"serial": None, "wwn": "eui.01", "bytes": None, "kind": None, "model": None}
