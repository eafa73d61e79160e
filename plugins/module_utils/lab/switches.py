# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual switches: Open vSwitch with its datapath in user space, separate from the host's Open vSwitch.

Bridges are created with their ports only. A new port carries no VLAN (it is a trunk of VLAN 4095, which is reserved,
and drops untagged frames); the role `switch` configures the VLANs.
"""

from __future__ import annotations

import json
import os
import socket

from .names import Places
from .plan import Port, Rack
from .shell import command_lines, daemon, inside, run, wait_for

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
_UNCABLED = ("vlan_mode=trunk", "trunks=4095")


def missing_switches(rack: Rack) -> list[str]:
    """Daemons that don't run; if all run, missing bridges and ports."""
    lacking = _missing_daemons(rack.places)
    if lacking:
        return lacking
    bridges, interfaces = _read(rack.places)
    lacking = [name for name in rack.bridges if name not in bridges]
    return lacking + [f"{port.bridge}/{port.name}" for port in rack.ports if port.interface not in interfaces]


def raise_switches(rack: Rack) -> None:
    """Start the daemons that don't run, and add missing bridges and ports."""
    places = rack.places
    _start(places)
    bridges, interfaces = _read(places)
    for name in rack.bridges:
        if name not in bridges:
            run(_vsctl(places, "add-br", name, "--", "set", "bridge", name, "datapath_type=netdev"))
    fresh = [port for port in rack.ports if port.interface not in interfaces]
    arguments: list[str] = []
    for port in fresh:
        arguments += _add(port)
    if arguments:
        run(_vsctl(places, *arguments))


def _add(port: Port) -> list[str]:
    kind = ["type=patch", f"options:peer={port.patch}"] if port.patch else []
    add = ["--", "add-port", port.bridge, port.interface, *_UNCABLED]
    return [*add, "--", "set", "interface", port.interface, *kind, f"external_ids:groundup-port={port.name}"]


def _read(places: Places) -> tuple[set[str], set[str]]:
    bridges = set(run(_vsctl(places, "list-br")).split())
    answer = json.loads(run(_vsctl(places, "--format=json", "--columns=name", "list", "Interface")))
    return bridges, {row[0] for row in answer["data"]}


def _vsctl(places: Places, *arguments: str) -> list[str]:
    return ["ovs-vsctl", f"--db={places.database}", "--timeout=60", *arguments]


def _missing_daemons(places: Places) -> list[str]:
    running = {os.path.basename(words[0]) for words in command_lines(places.rack).values()}
    return [name for name in ("ovsdb-server", "ovs-vswitchd") if name not in running]


def _start(places: Places) -> None:
    lacking = _missing_daemons(places)
    state = f"{places.lab}/ovs"
    for path in (f"{places.run}/ovs", state):
        os.makedirs(path, mode=0o700, exist_ok=True)
    if not os.path.exists(f"{state}/conf.db"):
        run(["ovsdb-tool", "create", f"{state}/conf.db", SCHEMA])
    if "ovsdb-server" in lacking:
        _daemon(places, "ovsdb-server", "ovsdb", f"{state}/conf.db", f"--remote=p{places.database}")
        run(_vsctl(places, "--no-wait", "init"))
    if "ovs-vswitchd" in lacking:
        _daemon(places, "ovs-vswitchd", "vswitchd", places.database)


def _daemon(places: Places, program: str, short: str, *arguments: str) -> None:
    """Start a daemon; its control socket is `SHORT.ctl`. The environment replaces the host's paths by the lab's."""
    directory, log = f"{places.run}/ovs", f"{places.lab}/log/{program}.log"
    control = f"{directory}/{short}.ctl"
    command = [program, *arguments, f"--unixctl={control}", f"--pidfile={directory}/{program}.pid"]
    environment = {f"OVS_{kind}DIR": directory for kind in ("RUN", "LOG", "DB", "SYSCONF")}
    daemon(inside(places.rack, *command), log, environment)
    wait_for(program, lambda: _answers(control), 60, log)


def _answers(control: str) -> bool:
    """Whether a daemon answers on its control socket; a killed daemon leaves its socket file."""
    with socket.socket(socket.AF_UNIX) as end:
        return end.connect_ex(control) == 0
