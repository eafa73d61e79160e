# SPDX-License-Identifier: GPL-3.0-or-later
"""Injects faults into a virtual rack. Faults of BMCs are in tests/services/bmc/fault_proxy.py."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.lab.hypervisor import virsh
from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import Places
from ansible_collections.groundup.cloud.plugins.module_utils.lab.plan import tap
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import namespaces, processes, run


def power_cut(places: Places, machine: str) -> None:
    """Cut the power of a machine: the guest does not shut down and flushes nothing."""
    virsh(places, "destroy", machine)


def unplug(places: Places, machine: str, nic: str) -> None:
    """Unplug a cable: both ends lose their link."""
    _link(places, machine, nic, "down")


def plug(places: Places, machine: str, nic: str) -> None:
    """Plug in a cable that was unplugged."""
    _link(places, machine, nic, "up")


def swap(places: Places, one: str, other: str) -> None:
    """Exchange two cables at the switch; `one` and `other` are `MACHINE/NIC`. The configuration of the ports stays.

    In OVSDB a cable is an Interface record referenced by a Port record, so the two references are exchanged together
    with the names of the switch ports.
    """
    first, second = (_interface(places, tap(*name.split("/"))) for name in (one, other))
    trade = {first["id"]: second["id"], second["id"]: first["id"]}
    arguments: list[str] = []
    for cable, there in ((first, second), (second, first)):
        members = ",".join(trade.get(member, member) for member in cable["members"].split(","))
        arguments += ["--", "set", "port", cable["port"], f"interfaces=[{members}]"]
        arguments += ["--", "set", "interface", cable["id"], f"external_ids:groundup-port={there['name']}"]
    _vsctl(places, *arguments)


def corrupt(disk: str, offset: int = 0, size: int = 1 << 20) -> None:
    """Overwrite `size` bytes of a disk from `offset` with random data; its machine must be off."""
    with open(disk, "r+b") as file:
        file.seek(offset)
        file.write(os.urandom(size))


def put_data(disk: str) -> None:
    """Make a file system on a disk."""
    run(["mke2fs", "-q", "-F", "-t", "ext4", "-L", "precious", disk])


def crash(places: Places) -> int:
    """Kill every process of a lab at once, as the OOM killer does; returns their number."""
    pids = [pid for name in places.namespaces if name in namespaces() for pid in processes(name)]
    for pid in pids:
        os.kill(pid, 9)
    return len(pids)


def _link(places: Places, machine: str, nic: str, state: str) -> None:
    device = tap(machine, nic)
    run(["ip", "-n", places.rack, "link", "set", device, state])
    if machine in virsh(places, "list", "--name").split():
        virsh(places, "domif-setlink", machine, device, state)


def _interface(places: Places, device: str) -> dict[str, str]:
    """Identifier and switch port of an interface, and its Port record with all members."""
    rows = _rows(places, "external_ids", "interface", device)
    identifier = rows[0][0][1]
    for (_kind, port), members in _rows(places, "interfaces", "port"):
        # OVSDB encodes a set with one element as that element.
        found = [item[1] for item in (members[1] if members[0] == "set" else [members])]
        if identifier in found:
            name = dict(rows[0][1][1])["groundup-port"]
            return {"id": identifier, "name": name, "port": port, "members": ",".join(found)}
    raise LookupError(f"{device} is in no port")


def _rows(places: Places, column: str, *what: str) -> Any:
    return json.loads(_vsctl(places, "--format=json", f"--columns=_uuid,{column}", "list", *what))["data"]


def _vsctl(places: Places, *arguments: str) -> str:
    return run(["ovs-vsctl", f"--db={places.database}", "--timeout=20", *arguments])
