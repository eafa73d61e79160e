# SPDX-License-Identifier: GPL-3.0-or-later
"""Saved racks: the memory and disks of all machines, and all of a lab's state, stored and brought back.

A saved rack is a directory: `manifest.json`, `memory/MACHINE` (libvirt's format) and `state/` (the lab's state
directory). It is keyed by all that the rack was made from, so that a stale one is not taken.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from ..homes import cache_home
from ..layers.network_basic import PROTOCOL
from .hypervisor import virsh
from .lifecycle import PARTS, Setting, halt, present
from .names import Places
from .shell import LabError, inside, namespaces, run

_SSH = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "StrictHostKeyChecking=yes")
_CLOCK_SECONDS = 60.0
# The time is sent after the login, which takes seconds on an emulated machine.
_SET_CLOCK = "echo ready && read -r now && date -s @$now >/dev/null"


@dataclass(frozen=True)
class Manifest:
    """What is saved.

    :ivar key: what the rack was made from: {part: digest or version}.
    :ivar running: names of the machines whose memory is saved.
    :ivar addresses: of the controller's interfaces: [[interface, address/length]].
    :ivar routes: of the controller that the cluster's network has set: [[destination, gateway]].
    """

    key: dict[str, str]
    running: list[str]
    addresses: list[list[str]] = field(default_factory=list)
    routes: list[list[str]] = field(default_factory=list)

    @classmethod
    def read(cls, directory: str) -> Manifest:
        """The manifest of a saved rack; LabError if there is none."""
        try:
            with open(f"{directory}/manifest.json", encoding="utf-8") as file:
                return cls(**json.load(file))
        except FileNotFoundError:
            raise LabError(f"{directory}: no rack is saved there; save one with `tools/lab save`") from None
        except (ValueError, TypeError) as error:
            raise LabError(f"{directory}/manifest.json: {error}; remove this directory and save again") from None


def place(where: Places) -> str:
    """The directory of a lab's saved rack."""
    return f"{cache_home()}/racks/{where.name}"


def differing(saved: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """The parts of the key that differ, by name."""
    return sorted(part for part in {*saved, *wanted} if saved.get(part) != wanted.get(part))


def save(setting: Setting, key: dict[str, str]) -> list[str]:
    """Store the rack, and bring it back; what was there before is replaced when the new one is whole.

    :raises LabError: if the rack does not run.
    """
    where = setting.rack.places
    if any(name not in namespaces() for name in where.namespaces):
        raise LabError(f"{where.name}: this rack does not run; create it with `make lab`")
    target = place(where)
    part = f"{target}.part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(f"{part}/memory", mode=0o700)
    running = virsh(where, "list", "--name").split()
    manifest = Manifest(key, running, _addresses(where), _routes(where))
    _each(running, lambda name: virsh(where, "save", name, f"{part}/memory/{name}", "--running"))
    halt(where)
    _copy(where.state, f"{part}/state")
    with open(f"{part}/manifest.json", "w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, indent=1)
    shutil.rmtree(target, ignore_errors=True)
    os.rename(part, target)
    _start(setting, manifest, target)
    return [f"saved {name}" for name in running]


def restore_state(where: Places, key: dict[str, str], stale: bool) -> Manifest:
    """Put the state of a saved rack where a lab has it. The machines are started by `start`.

    :param stale: consent to take a rack that was made from something else.
    :raises LabError: if there is no saved rack, it is stale, or a rack of that name exists.
    """
    source = place(where)
    manifest = Manifest.read(source)
    others = differing(manifest.key, key)
    if others and not stale:
        raise LabError(
            f"{source}: the saved rack was made from another {', '.join(others)}; create it anew with `make lab` and "
            "save it, or load it nevertheless with `-e lab_stale=true`"
        )
    if os.path.exists(where.state) and os.listdir(where.state):
        raise LabError(f"{where.name}: this rack exists; remove it first with `make lab-down`")
    _copy(f"{source}/state", where.state)
    return manifest


def start(setting: Setting, manifest: Manifest) -> list[str]:
    """Start a rack whose state was restored; returns when its machines answer and their clocks are set."""
    _start(setting, manifest, place(setting.rack.places))
    return [f"loaded {name}" for name in manifest.running]


def _start(setting: Setting, manifest: Manifest, source: str) -> None:
    where = setting.rack.places
    present(setting, list(PARTS))
    for interface, address in manifest.addresses:
        run(["ip", "-n", where.ctl, "address", "replace", address, "dev", interface])
    _each(manifest.running, lambda name: virsh(where, "restore", f"{source}/memory/{name}", "--running"))
    _services(where)
    for destination, gateway in manifest.routes:
        run(["ip", "-n", where.ctl, "route", "replace", destination, "via", gateway, "proto", str(PROTOCOL)])
    set_clocks(where, known_hosts(where), f"{where.lab}/keys/id_ed25519", setting.user)


def _each(names: Iterable[str], act: Callable[[str], object]) -> None:
    """Do it for all machines at a time; the first error is raised when all have ended."""
    wanted = list(names)
    with ThreadPoolExecutor(max(1, len(wanted))) as pool:
        for future in [pool.submit(act, name) for name in wanted]:
            future.result()


def _copy(source: str, target: str) -> None:
    """Copy a directory; holes of disks stay holes."""
    os.makedirs(target, mode=0o700, exist_ok=True)
    run(["cp", "-a", "--sparse=always", "--reflink=auto", f"{source}/.", target], seconds=600)


def _addresses(where: Places) -> list[list[str]]:
    shown: list[dict[str, Any]] = json.loads(run(["ip", "-n", where.ctl, "-json", "address", "show"]))
    return [
        [link["ifname"], f"{item['local']}/{item['prefixlen']}"]
        for link in shown
        for item in link.get("addr_info", ())
        if item["family"] == "inet" and link["ifname"] != "lo"
    ]


def _routes(where: Places) -> list[list[str]]:
    shown = json.loads(run(["ip", "-n", where.ctl, "-json", "route", "show", "proto", str(PROTOCOL)]) or "[]")
    return [[item["dst"], item["gateway"]] for item in shown]


def _services(where: Places) -> None:
    """Start the services that ran as supervised processes: each has its command line in a file."""
    for directory, _directories, files in os.walk(where.state):
        for name in sorted(files):
            if name.endswith(".supervise.json"):
                program = f"{directory}/supervise.py"
                run(inside(where.ctl, "python3", "-I", program, f"{directory}/{name}"))


def known_hosts(where: Places) -> list[str]:
    """Addresses of the machines that were deployed, as the deployment recorded them."""
    path = f"{where.state}/known_hosts"
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return sorted({name for line in file for name in line.split(" ", 1)[0].split(",") if name[:1].isdigit()})


def login(where: Places, user: str, address: str, key: str) -> list[str]:
    """The command that sets the clock of a machine, as the account of the model; another than root needs sudo."""
    hosts = f"UserKnownHostsFile={where.state}/known_hosts"
    script = _SET_CLOCK if user == "root" else f"sudo -n sh -c {shlex.quote(_SET_CLOCK)}"
    return inside(where.ctl, "ssh", *_SSH, "-o", hosts, "-i", key, f"{user}@{address}", script)


def set_clocks(where: Places, addresses: Iterable[str], key: str, user: str) -> None:
    """Set the clock of each machine that is reached at one of the addresses: a restored one is as old as its memory.

    :raises LabError: naming addresses at which no machine answers in time.
    """
    wanted, deadline = set(addresses), time.monotonic() + _CLOCK_SECONDS

    def one(address: str) -> bool:
        return set_clock(login(where, user, address, key))

    while wanted:
        with ThreadPoolExecutor(len(wanted)) as pool:
            answers = dict(zip(sorted(wanted), pool.map(one, sorted(wanted)), strict=True))
        wanted = {address for address, answered in answers.items() if not answered}
        if wanted and time.monotonic() > deadline:
            raise LabError(
                f"{', '.join(sorted(wanted))}: no machine answers there {_CLOCK_SECONDS:.0f} s after the rack was "
                f"loaded; see the consoles in {where.lab}/machines"
            )


def set_clock(command: Sequence[str]) -> bool:
    """Give the time of this host to a command that prints a line when it is ready for it; whether it succeeded."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        if process.stdout is not None and process.stdout.readline():
            process.communicate(f"{time.time():.3f}\n")
    return process.returncode == 0
