# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in a rack, done to a virtual one. BMC faults are in tests/services/bmc/fault_proxy.py."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.lab.hypervisor import virsh
from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import Places
from ansible_collections.groundup.cloud.plugins.module_utils.lab.plan import tap
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import namespaces, processes, run


def power_cut(places: Places, machine: str) -> None:
    """Take the power away: no shutdown, nothing is flushed by the guest."""
    virsh(places, "destroy", machine)


def unplug(places: Places, machine: str, nic: str) -> None:
    """Pull a cable: both ends lose their link."""
    _link(places, machine, nic, "down")


def plug(places: Places, machine: str, nic: str) -> None:
    """Put the cable back."""
    _link(places, machine, nic, "up")


def swap(places: Places, one: str, other: str) -> None:
    """Exchange two cables at the switch; `one` and `other` are `MACHINE/NIC`. What the ports carry stays with them.

    In OVSDB a switch port's cable is an Interface record in a Port record, so the two records change places, and with
    them the names of the switch ports.
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
    """Overwrite a part of a disk with noise; its machine must be off."""
    with open(disk, "r+b") as file:
        file.seek(offset)
        file.write(os.urandom(size))


def put_data(disk: str) -> None:
    """Make a disk one that holds somebody's file system."""
    run(["mke2fs", "-q", "-F", "-t", "ext4", "-L", "precious", disk])


def crash(places: Places) -> int:
    """Kill every process of a lab at once, as if by the OOM killer; how many."""
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
    """Identifier and switch port of an interface, and the Port record it is in with all of its members."""
    rows = _rows(places, "external_ids", "interface", device)
    identifier = rows[0][0][1]
    for (_kind, port), members in _rows(places, "interfaces", "port"):
        # OVSDB writes a set of one as its only element.
        found = [item[1] for item in (members[1] if members[0] == "set" else [members])]
        if identifier in found:
            name = dict(rows[0][1][1])["groundup-port"]
            return {"id": identifier, "name": name, "port": port, "members": ",".join(found)}
    raise LookupError(f"{device} is in no port")


def _rows(places: Places, column: str, *what: str) -> Any:
    return json.loads(_vsctl(places, "--format=json", f"--columns=_uuid,{column}", "list", *what))["data"]


def _vsctl(places: Places, *arguments: str) -> str:
    return run(["ovs-vsctl", f"--db={places.database}", "--timeout=20", *arguments])
