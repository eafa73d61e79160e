# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent of the deploy ramdisk: network, plan, disk, image, seed, report. The ramdisk powers off after it."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from ...disks.devices import Device
from ...disks.erase import discard, erase
from ...disks.errors import DiskError
from ...disks.users import partitions
from . import api, disks, mirror, probe, root, seed, system, write
from .disks import Disk
from .refusal import Refusal

_HEARTBEAT = 5
_NETWORK_PATIENCE = 240
_MOUNT = "/run/groundup/root"


class Reporter:
    """Posts events in order, each until it is acknowledged, and heartbeats in between."""

    def __init__(self, base: str, machine: str, patience: float = 300) -> None:
        self.host, self.port, _path = api.split(base)
        self.machine, self.patience = machine, patience
        self.session = ""
        self.stage: dict[str, Any] = {}
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()
        self._sequence = 0
        self._lock = threading.Lock()
        self._connection = api.Connection(self.host, self.port, timeout=20)
        self._stop = threading.Event()

    def start(self, token: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Sends the token; returns the session, the plan and the time, and starts the heartbeat."""
        answer: dict[str, Any] = self._post("start", token, {"nonce": os.urandom(16).hex(), **facts})
        self.session = answer["session"]
        threading.Thread(target=self._beat, daemon=True).start()
        return answer

    def event(self, name: str, data: Mapping[str, Any]) -> None:
        """Posts an event; returns when the provisioner has stored it."""
        with self._lock:
            if name == "progress" and self._stop.is_set():
                return
            self._sequence += 1
            self._post("events", self.session, {"seq": self._sequence, "event": name, "data": data})

    def enter(self, stage: str, total: int = 0, unit: str = "") -> None:
        """Begins a stage: ends the stage before, logs the name on the console and posts a progress event."""
        self.leave()
        system.log(stage)
        self.stage = {"stage": stage, "done": 0, "total": total, "unit": unit}
        if self.session:
            self.event("progress", self.stage)

    def leave(self) -> None:
        """Ends the current stage and records its seconds."""
        now = time.monotonic()
        if self.stage:
            name = self.stage["stage"]
            self.seconds[name] = round(self.seconds.get(name, 0) + now - self._since, 1)
        self._since = now

    def progress(self, done: int, total: int) -> None:
        """Sets the progress that the next heartbeat sends."""
        self.stage = {**self.stage, "done": done, "total": total}

    def close(self) -> None:
        """Stops the heartbeat, so that none follows the last event."""
        self._stop.set()

    def _beat(self) -> None:
        while not self._stop.wait(_HEARTBEAT):
            try:
                self.event("progress", self.stage)
            except OSError as error:
                system.log(f"heartbeat: {error}")

    def _post(self, what: str, token: str, value: Any) -> Any:
        """Posts, and repeats on a broken connection and on 5xx; a 4xx is final."""
        end = time.monotonic() + self.patience
        while True:
            try:
                return api.post(self._connection, f"/deploy/v1/{self.machine}/{what}", token, value)
            except OSError as error:
                self._connection.close()
                status = getattr(error, "status", 0)
                if 400 <= status < 500 or time.monotonic() > end:
                    raise
                time.sleep(1)


def run() -> None:
    """Entry point in the ramdisk. Returns when the machine may be powered off."""
    arguments = system.arguments(system.read("/proc/cmdline"))
    reporter = Reporter(arguments["groundup.url"], arguments["groundup.machine"])
    stage = "network"
    try:
        reporter.enter(stage)
        network(arguments.get("BOOTIF", ""))
        system.run(["udevadm", "settle", "--timeout=30"])
        answer = reporter.start(
            arguments["groundup.token"], {"mac": _mac(arguments.get("BOOTIF", "")), **probe.identity()}
        )
        system.set_clock(float(answer["time"]))
        deploy(answer["plan"], reporter)
    except (Refusal, DiskError) as refusal:
        _fail(reporter, {"code": refusal.code, "message": refusal.message, "remedy": refusal.remedy})
    except Exception as error:  # every failure must be reported before the machine powers off
        system.log(traceback.format_exc())
        _fail(
            reporter,
            {
                "code": "internal",
                "message": f"{type(error).__name__}: {error}",
                "remedy": "see the machine's console, and report the error to the project",
            },
        )


def _fail(reporter: Reporter, what: dict[str, Any]) -> None:
    system.log(f"FAILED: {what['message']}; {what['remedy']}")
    reporter.close()
    if reporter.session:
        try:
            reporter.event("failed", {"stage": reporter.stage.get("stage"), **what})
        except OSError as error:
            system.log(f"the failure could not be reported: {error}")


def _mac(bootif: str) -> str:
    return bootif.removeprefix("01-").replace("-", ":").lower()


def network(bootif: str) -> None:
    """Gets an address by DHCP on the NIC that PXE used; tries for minutes, until the switch's LACP fallback works."""
    mac, end = _mac(bootif), time.monotonic() + _NETWORK_PATIENCE
    while not (found := [nic["name"] for nic in probe.nics() if nic["mac"] == mac]):
        if time.monotonic() > end:
            raise RuntimeError(f"no NIC has the MAC address {mac}, from which PXE booted")
        time.sleep(0.3)
    system.run(["ip", "link", "set", "lo", "up"])
    system.run(["ip", "link", "set", found[0], "up"])
    system.run(
        [
            "busybox",
            "udhcpc",
            "-i",
            found[0],
            "-q",
            "-f",
            "-n",
            "-t",
            "60",
            "-T",
            "3",
            "-A",
            "3",
            "-s",
            "/etc/udhcpc/groundup",
        ],
        timeout=_NETWORK_PATIENCE,
    )
    system.log(f"address {system.read('/run/groundup/address')} on {found[0]}")


def deploy(plan: dict[str, Any], reporter: Reporter) -> None:
    """Deploys a plan, up to the acknowledged last event. Raises Refusal before anything is written."""
    reporter.enter("inventory")
    found = inventory(plan, reporter)
    check_identity(plan.get("identity") or {}, probe.identity())
    image = write.Image(plan["image"], reporter.progress)
    targets = disks.choose_all(found, plan, image.size)
    if len(targets) > 1:
        mirror.require("/", "the ramdisk")
    devices = [target.device for target in targets]
    for device in devices:
        system.log(f"disk {device.name} ({device.size // 10**9} GB, serial {disks.first(device.serials)})")
    reporter.enter("wipe")
    for disk in (*disks.to_wipe(found, plan), *targets):
        parts = [f"/dev/{name}" for name in partitions(disk.device.name)]
        _log(erase(disk.device.path, disk.device.size, parts))
    for device in devices:
        _log(discard(device.path, device.size))
    reporter.enter("write", image.size, "bytes")
    began = time.monotonic()
    image.write(*(device.path for device in devices))
    reporter.event(
        "written",
        {
            "chunks": len(image.digests),
            "bytes": image.size,
            "refetched": image.refetched,
            "seconds": round(time.monotonic() - began, 1),
        },
    )
    finish(plan, reporter, image, devices)


def _log(note: str) -> None:
    if note:
        system.log(note)


def inventory(plan: Mapping[str, Any], reporter: Reporter) -> list[Disk]:
    """Reads and reports the machine's hardware; returns its disks."""
    first = plan["root_disk"]
    roots = [first, *([first["mirror"]] if first.get("mirror") else [])]
    found = probe.wait_for_disks([*roots, *(plan.get("storage_disks") or ())])
    reporter.event(
        "inventory",
        {
            "disks": [disk.public() for disk in found],
            "nics": probe.nics(),
            "memory_mib": probe.memory_mib(),
            "cpus": os.cpu_count(),
        },
    )
    return found


def check_identity(wanted: Mapping[str, Any], actual: Mapping[str, str]) -> None:
    """Raises Refusal(identity) if the firmware's serial number or UUID differs from the model's."""
    for key in ("serial", "uuid"):
        value = str(wanted.get(key) or "")
        if value and value.lower() != actual[key].lower():
            raise Refusal(
                "identity",
                f"this machine's {key} is {actual[key] or 'empty'}, the model gives {value}",
                "correct identity in the model, or the cabling of the boot NIC",
            )


def finish(plan: dict[str, Any], reporter: Reporter, image: write.Image, targets: Sequence[Device]) -> None:
    """Grows and seeds the root file system, writes the partition tables last, and reports the end."""
    tables = write.tables(image.head, [target.size for target in targets], plan["deploy_id"])
    machine_id = str(plan["seed"].get("machine_id") or os.urandom(16).hex())
    wanted = seed.files(plan, machine_id)
    reporter.enter("grow")
    with contextlib.ExitStack() as held:
        for target in targets:
            held.enter_context(write.reserved(target.path))
        paths = [target.path for target in targets]
        public = root.install(_MOUNT, paths, tables, plan["seed"], wanted, lambda: reporter.enter("seed"))
    reporter.enter("finish")
    for target, table in zip(targets, tables, strict=True):
        write.finish(target.path, image.head, table)
    reporter.leave()
    reporter.close()
    reporter.event(
        "done",
        {
            "host_key": public,
            "machine_id": machine_id,
            "image": plan["image"]["name"],
            "image_sha256": plan["image"]["sha256"],
            "disk": targets[0].name,
            "disk_serial": disks.first(targets[0].serials),
            **({"mirror_serial": disks.first(targets[1].serials)} if len(targets) > 1 else {}),
            "seconds": {**reporter.seconds, "since_kernel": float(system.read("/proc/uptime").split(" ")[0])},
        },
    )
    system.log("done, acknowledged")
