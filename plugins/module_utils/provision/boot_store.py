# SPDX-License-Identifier: GPL-3.0-or-later
"""The files below <state_dir>/deploy, which arm a machine for one deployment and record its events and its end.

Standard library only and no relative import: the provisioner runs a copy of this file beside boot_service.py.
"""

from __future__ import annotations

import errno
import hmac
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

NAME = re.compile(r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
EVENTS = ("inventory", "progress", "written", "done", "failed")
#: Keys of the event `done` that the controller requires.
_NEEDED = ("host_key", "machine_id", "image")
_ALARM_AGAIN = 60.0


class Rejected(Exception):
    """A request is rejected. `status` is the HTTP status of the response."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Store:
    """The state of all deployments, stored in files, so that it survives a restart. It is thread-safe."""

    def __init__(self, state_dir: str, base_url: str, clock: Callable[[], float] = time.time) -> None:
        self.base_url, self.clock = base_url, clock
        self.images = os.path.join(state_dir, "images")
        self.deploy = os.path.join(state_dir, "deploy")
        self._lock = threading.RLock()
        self._sequences: dict[str, int] = {}
        self._alarmed: dict[tuple[str, str], float] = {}
        for part in ("", "armed", "active", "events", "done"):
            os.makedirs(os.path.join(self.deploy, part), mode=0o700, exist_ok=True)

    def armed_for(self, mac: str) -> dict[str, Any] | None:
        """The arming that covers a MAC (lower case, colons); an expired one is removed and recorded."""
        with self._lock:
            for name in sorted(os.listdir(os.path.join(self.deploy, "armed"))):
                arming = self._read("armed", name.removesuffix(".json")) if name.endswith(".json") else None
                if arming and mac in [str(known).lower() for known in arming["macs"]] and not self._expired(arming):
                    return arming
        return None

    def script_served(self, arming: Mapping[str, Any], mac: str, address: str) -> None:
        """Records that a machine got the ramdisk's script. The arming is not consumed: the download may fail."""
        self._append(arming, "script", 0, address, {"answer": "ramdisk", "mac": mac})

    def start(self, machine: str, token: str, body: Mapping[str, Any], address: str) -> dict[str, Any]:
        """The first request of a ramdisk: consumes the arming, returns `{session, plan, time}`.

        The same boot may repeat it with its nonce; another nonce with the token causes Rejected(409) and an alarm.
        """
        if not body.get("nonce"):
            raise Rejected(400, "a nonce is required: it identifies the boot")
        with self._lock:
            arming = self._read("armed", machine)
            if arming and _same(arming["token"], token) and not self._expired(arming):
                return self._begin(arming, body, address)
            active = self._read("active", machine)
            if active and _same(active["token"], token):
                if _same(active["nonce"], str(body["nonce"])):
                    return self._resume(active, body, address)
                self._alarm(active, "the token was used a second time", address, body)
                raise Rejected(409, "this token has been used; arm the machine again")
            if known := arming or active:
                self._alarm(known, "a wrong or expired token", address, body)
            raise Rejected(403, "unknown token")

    def _begin(self, arming: dict[str, Any], body: Mapping[str, Any], address: str) -> dict[str, Any]:
        machine = str(arming["machine"])
        try:
            plan = self._expand(arming)
        except Rejected as rejected:
            self._alarm(arming, str(rejected), address, body)  # the ramdisk has no session and can't report it
            raise
        ids = {"session": secrets.token_hex(32), "nonce": str(body["nonce"])}
        active = {**arming, **ids, "state": "running", "plan": plan}
        # The session is staged first, so that a full disk is noticed while the machine is still armed. Unlinking the
        # arming decides between this start and a disarming controller. A crash in between loses this boot only.
        staged = self._stage("active", machine, active)
        try:
            os.unlink(self._path("armed", machine))
        except FileNotFoundError as error:
            os.unlink(staged)
            raise Rejected(403, "the machine was disarmed") from error
        os.replace(staged, self._path("active", machine))
        self._sequences[machine] = 0
        return self._resume(active, body, address)

    def _resume(self, active: Mapping[str, Any], body: Mapping[str, Any], address: str) -> dict[str, Any]:
        """Returns the answer; records the start unless it is recorded: the disk may have been full at the first try."""
        recorded = [(item["deploy_id"], item["event"]) for item in self.history(str(active["machine"]))]
        if (active["deploy_id"], "started") not in recorded:
            self._append(active, "started", 0, address, _facts(body))
        return self._answer(active)

    def _alarm(self, known: Mapping[str, Any], reason: str, address: str, body: Mapping[str, Any]) -> None:
        """Records a suspicious request, an equal one once a minute: any host in the network can cause it, and must not
        fill the disk."""
        key, now = (str(known["machine"]), reason), self.clock()
        if now - self._alarmed.get(key, now - _ALARM_AGAIN) >= _ALARM_AGAIN:
            self._alarmed[key] = now
            self._append(known, "alarm", 0, address, {"reason": reason, **_facts(body)})

    def _answer(self, active: Mapping[str, Any]) -> dict[str, Any]:
        return {"session": active["session"], "plan": active["plan"], "time": self.clock()}

    def _expand(self, arming: Mapping[str, Any]) -> dict[str, Any]:
        """The plan with the image's manifest and the ids of this machine's deployments that never ended."""
        plan = dict(arming["plan"])
        wanted = plan["image"]
        name = str(wanted["name"])
        try:
            with open(os.path.join(self.images, f"{os.path.basename(name)}.json"), encoding="utf-8") as file:
                manifest = json.load(file)
        except FileNotFoundError as error:
            raise Rejected(503, f"no image {name} on the provisioner; run the role provisioner") from error
        if wanted.get("sha256") and wanted["sha256"] != manifest["sha256"]:
            raise Rejected(
                503, f"image {name} has SHA-256 {manifest['sha256']}, the machine is armed for {wanted['sha256']}"
            )
        plan["image"] = {
            "name": name,
            "url": f"{self.base_url}/images/{name}.raw",
            **{key: manifest[key] for key in ("sha256", "size", "chunk_size", "chunks")},
        }
        return {
            **plan,
            "machine": arming["machine"],
            "cloud": arming["cloud"],
            "deploy_id": arming["deploy_id"],
            "unfinished": self._unfinished(str(arming["machine"])),
        }

    def event(self, machine: str, session: str, body: Mapping[str, Any], address: str) -> dict[str, Any]:
        """Stores an event, then returns `{ack: seq}`. A repeated `seq` is only acknowledged again."""
        with self._lock:
            active = self._read("active", machine)
            if not active or not _same(active["session"], session):
                if active:
                    self._alarm(active, "an event with a foreign session", address, {})
                raise Rejected(403, "unknown session")
            name, number = str(body.get("event")), int(body.get("seq") or 0)
            if name not in EVENTS or not isinstance(body.get("data"), dict):
                raise Rejected(400, f"no such event: {name}")
            if number > self._last(machine, active):
                if active["state"] != "running":
                    raise Rejected(409, "this deployment has ended")
                if name == "done" and not all(isinstance(body["data"].get(key), str) for key in _NEEDED):
                    raise Rejected(400, f"done needs {', '.join(_NEEDED)}")
                if name == "done":
                    self._finish(active, body["data"])
                self._append(active, name, number, address, body["data"])
                self._sequences[machine] = number
                if name in ("done", "failed"):
                    self._write("active", machine, {**active, "state": name})
            return {"ack": number}

    def _finish(self, active: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        keys = ("host_key", "machine_id", "image", "image_sha256", "disk_serial")
        self._write(
            "done",
            str(active["machine"]),
            {
                **{key: active[key] for key in ("machine", "cloud", "deploy_id")},
                **{key: data.get(key) for key in keys},
                "time": self.clock(),
            },
        )

    def _expired(self, arming: Mapping[str, Any]) -> bool:
        if self.clock() <= float(arming["expires"]):
            return False
        path = self._path("armed", str(arming["machine"]))
        if os.path.exists(path):
            os.unlink(path)
            self._append(arming, "alarm", 0, "", {"reason": "the arming expired before the machine booted"})
        return True

    def _last(self, machine: str, active: Mapping[str, Any]) -> int:
        if machine not in self._sequences:
            numbers = [item["seq"] for item in self.history(machine) if item["deploy_id"] == active["deploy_id"]]
            self._sequences[machine] = max(numbers, default=0)
        return self._sequences[machine]

    def _unfinished(self, machine: str) -> list[str]:
        seen = {(item["deploy_id"], item["event"]) for item in self.history(machine)}
        return sorted({ident for ident, event in seen if event == "started" and (ident, "done") not in seen})

    def history(self, machine: str) -> list[dict[str, Any]]:
        """All events of a machine, without lines that a crash or a full disk truncated."""
        try:
            with open(self._path("events", machine), encoding="utf-8") as file:
                return [item for line in file if (item := _parse_line(line))]
        except FileNotFoundError:
            return []

    def _append(
        self, arming: Mapping[str, Any], event: str, number: int, address: str, data: Mapping[str, Any]
    ) -> None:
        line = json.dumps(
            {
                "time": self.clock(),
                "machine": arming["machine"],
                "deploy_id": arming["deploy_id"],
                "event": event,
                "seq": number,
                "address": address,
                "data": data,
            },
            sort_keys=True,
        )
        with self._lock:
            path = self._path("events", str(arming["machine"]))
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(handle).st_size
                truncated = size and os.pread(handle, 1, size - 1) != b"\n"
                data_line = (b"\n" if truncated else b"") + line.encode() + b"\n"
                if os.write(handle, data_line) != len(data_line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
                os.fsync(handle)
            finally:
                os.close(handle)

    def _path(self, kind: str, machine: str) -> str:
        if not NAME.match(machine):
            raise Rejected(404, "no such machine")
        return os.path.join(self.deploy, kind, machine + (".jsonl" if kind == "events" else ".json"))

    def _read(self, kind: str, machine: str) -> dict[str, Any] | None:
        try:
            with open(self._path(kind, machine), encoding="utf-8") as file:
                found: dict[str, Any] = json.load(file)
                return found
        except FileNotFoundError:
            return None

    def _write(self, kind: str, machine: str, value: Any) -> None:
        os.replace(self._stage(kind, machine, value), self._path(kind, machine))

    def _stage(self, kind: str, machine: str, value: Any) -> str:
        """Writes and syncs a temporary file, to be renamed; returns its path."""
        path = self._path(kind, machine) + ".tmp"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(value, out, sort_keys=True)
            out.flush()
            os.fsync(out.fileno())
        return path


def _parse_line(line: str) -> dict[str, Any] | None:
    try:
        item = json.loads(line) if line.endswith("\n") else None
    except ValueError:
        return None
    return item if isinstance(item, dict) else None


def _same(one: Any, other: Any) -> bool:
    return bool(one) and hmac.compare_digest(str(one).encode(), str(other).encode())


def _facts(body: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(body.get(key) or "")[:200] for key in ("mac", "uuid", "serial")}
