# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of a switch with NX-OS: NX-API over HTTPS, an interpreter of its commands, checkpoints and the scheduler."""

from __future__ import annotations

import base64
import copy
import datetime
import json
import re
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from services.bmc.tls_server import TlsServer

from .nxos_double_config import Configuration, Interface, Invalid


class NxosDouble:
    """The double. A scheduler's minute lasts `minute` seconds.

    :ivar refuse: commands that contain this text are refused, with this reason.
    :ivar drop: after a request whose commands contain this text is performed, the connection is closed unanswered.
    :ivar slow: seconds that a request takes whose commands contain the text, by that text.
    :ivar ignore: commands that contain this text are accepted and not performed.
    :ivar stops: whether show commands after a refused one of the same request are not answered.
    :ivar dead: whether connections are closed before anything is performed.
    :ivar requests: type and commands of each request; `logins` counts those with a wrong password.
    """

    def __init__(self, home: Path, password: str = "right") -> None:
        self.config = Configuration()
        self.startup, self.saved = "", copy.deepcopy(self.config)
        self.checkpoints: dict[str, Configuration] = {}
        self.executed: set[str] = set()
        self.timers: dict[str, threading.Timer] = {}
        self.tables: dict[str, str] = {
            "show users": "NAME     LINE    TIME\nalice    pts/0   Nov 30 07:00 (10.0.0.7)\n"
        }
        self.minute = 30.0
        self.password, self.logins = password, 0
        self.refuse: tuple[str, str] | None = None
        self.drop, self.ignore, self.stops, self.dead = "", "", False, False
        self.slow: dict[str, float] = {}
        self.sessions: dict[str, str] = {}
        self.requests: list[tuple[str, list[str]]] = []
        self.lock = threading.RLock()
        self.fingerprint = _certificate(home)
        self.server = TlsServer(_handler(self), str(home / "cert.pem"), str(home / "key.pem"))

    @property
    def connection(self) -> dict[str, Any]:
        """The connection of the role's variables."""
        login = {"username": "admin", "password": "right", "port": self.server.port}
        return {"address": "127.0.0.1", **login, "tls": {"fingerprint": self.fingerprint}}

    @property
    def text(self) -> str:
        """The running configuration without the scheduler."""
        with self.lock:
            return self.config.text(scheduler=False)

    def close(self) -> None:
        """Stop the server and the scheduler."""
        for timer in self.timers.values():
            timer.cancel()
        self.server.close()

    def reboot(self) -> None:
        """Lose all that is not in the startup configuration: checkpoints and jobs of the scheduler too."""
        with self.lock:
            self.config, self.checkpoints, self.executed = copy.deepcopy(self.saved), {}, set()
            self._schedule()

    def answer(self, call: dict[str, Any]) -> dict[str, Any] | None:
        """Perform a request; None if the connection is to be closed instead of answered."""
        commands = [command.strip() for command in call["input"].split(" ;")]
        text = "\n".join(commands)
        self.requests.append((call["type"], commands))
        time.sleep(max((seconds for word, seconds in self.slow.items() if word in text), default=0))
        with self.lock:
            kind = call["type"]
            outputs = self._configure(commands) if kind == "cli_conf" else self._each(kind, commands)
        if self.drop and self.drop in text:
            return None
        found = outputs[0] if len(outputs) == 1 else outputs
        return {"ins_api": {"type": call["type"], "version": "1.0", "sid": "eoc", "outputs": {"output": found}}}

    def _configure(self, commands: list[str]) -> list[dict[str, Any]]:
        outputs = []
        context: tuple[str, str] = ("", "")
        for command in commands:
            try:
                self._fail(command)
                if not (self.ignore and self.ignore in command):
                    context = self.config.perform(command, context)
            except Invalid as error:
                outputs.append({"code": "400", "msg": "Input CLI command error", "clierror": str(error), "body": {}})
                break
            outputs.append({"code": "200", "msg": "Success", "body": {}})
        self._schedule()
        return outputs

    def _each(self, kind: str, commands: list[str]) -> list[dict[str, Any]]:
        outputs = [self._one(kind, command) for command in commands]
        refused = [number for number, output in enumerate(outputs) if output["code"] != "200"]
        return outputs[: refused[0] + 1] if refused and self.stops else outputs

    def _one(self, kind: str, command: str) -> dict[str, Any]:
        try:
            self._fail(command)
            body = self._structured(command) if kind == "cli_show" else self._exec(command)
            return {"code": "200", "msg": "Success", "input": command, "body": body}
        except Invalid as error:
            return {"code": "400", "msg": "Input CLI command error", "clierror": str(error), "input": command}

    def _fail(self, command: str) -> None:
        if self.refuse and self.refuse[0] in command:
            raise Invalid(self.refuse[1])

    def _structured(self, command: str) -> dict[str, Any]:
        """The JSON of a show command (``cli_show``); one row is a dictionary and not a list."""
        interfaces = self.config.interfaces.values()
        ports = [item for item in interfaces if item.name.startswith("Ethernet")]
        if command == "show interface":
            row = {"state": "up", "admin_state": "up", "eth_mtu": "9216", "eth_bw": 25000000, "eth_inerr": "0"}
            return _table(
                "interface",
                [row | {"interface": port.name, "desc": port.settings.get("description", "")} for port in ports],
            )
        if command == "show interface transceiver details":
            return _table("interface", [{"interface": port.name, "sfp": "not present"} for port in ports])
        if command == "show port-channel summary":
            groups = sorted({port.group[0] for port in ports if port.group})
            return _table("channel", [self._channel(number, ports) for number in groups])
        if command == "show vlan brief":
            rows = [{"vlanshowbr-vlanid": str(n), "vlanshowbr-vlanname": name} for n, name in self.config.vlans.items()]
            return _table("vlanbriefxbrief", rows)
        if command == "show ip bgp summary" and "feature bgp" in self.config.bgp.features:
            rows = [{"neighborid": address, "state": state} for address, state in self.sessions.items()]
            family = _table("saf", [_table("neighbor", rows)])
            return _table("vrf", [{"vrf-name-out": "default", **_table("af", [family])}])
        if command == "show spanning-tree":
            port = {"if_index": ports[0].name, "state": "forwarding", "role": "designated"}
            return _table("tree", [{"tree_id": "1", **_table("port", [port])}])
        raise Invalid("% Invalid command")

    def _channel(self, number: int, ports: list[Interface]) -> dict[str, Any]:
        members = [{"port": port.name, "port-status": "P"} for port in ports if port.group and port.group[0] == number]
        return {"group": str(number), "port-channel": f"port-channel{number}", "status": "U"} | _table(
            "member", members
        )

    def _exec(self, command: str) -> str:
        words = command.split()
        if command in self.tables:
            return self.tables[command]
        if command == "show running-config":
            return "\n!Command: show running-config\n" + self.config.text()
        if command == "show running-config all | include 'system default switchport'":
            return (
                f"{'' if self.config.switchports else 'no '}system default switchport\nsystem default switchport shut\n"
            )
        if command == "show scheduler schedule":
            return self._schedules()
        if command == "show scheduler job":
            jobs = self.config.jobs.items()
            return "".join(f"Job Name: {name}\n{'-' * 9}\n {'; '.join(lines)}\n\n{'=' * 9}\n" for name, lines in jobs)
        if command == "show checkpoint summary":
            return "".join(f"{n}) {name}:\nCreated by admin\n" for n, name in enumerate(self.checkpoints, 1))
        if words[0] == "checkpoint":
            if len(self.checkpoints) >= 10:
                return "ERROR: maximum number of checkpoints reached"
            self.checkpoints[words[1]] = copy.deepcopy(self.config)
            return "....Done\n"
        if words[:2] == ["no", "checkpoint"] and words[2] in self.checkpoints:
            del self.checkpoints[words[2]]
            return ""
        if words[:3] == ["rollback", "running-config", "checkpoint"] and words[4:] in ([], ["atomic"]):
            return self._rollback(words[3])
        if command == "copy running-config startup-config":
            self.startup, self.saved = self.config.text(), copy.deepcopy(self.config)
            return "[########################################] 100%\nCopy complete.\n"
        raise Invalid("% Invalid command")

    def _rollback(self, name: str) -> str:
        if name not in self.checkpoints:
            return f"ERROR: checkpoint {name} does not exist"
        self.config = copy.deepcopy(self.checkpoints[name])
        self._schedule()
        warning = "ADVISORY: Rollback operation started...\nA change by another user may lead to Rollback failure.\n"
        return f"{warning}Generating Rollback Patch\nExecuting Rollback Patch\n\nRollback completed successfully.\n"

    def _schedules(self) -> str:
        if "feature scheduler" not in self.config.lines:
            raise Invalid("% Invalid command at '^' marker.")
        lines = []
        for name, schedule in self.config.schedules.items():
            when = "Mon Nov 30 07:00:00 2026" if name in self.executed else "Yet to be executed"
            lines += [f"Schedule Name       : {name}", "-" * 40, "User Name           : admin"]
            lines += ["Schedule Type       : Run once on Mon Nov 30 07:05:00 2026", f"Last Execution Time : {when}"]
            lines += ["-" * 40, "     Job Name            Last Execution Status", "-" * 40, f"{schedule['job']}   -NA-"]
        return "\n".join(lines) + "\n"

    def _schedule(self) -> None:
        """Start the timers of new schedules, and stop those of removed ones."""
        for name in set(self.timers) - set(self.config.schedules):
            self.timers.pop(name).cancel()
        for name, schedule in self.config.schedules.items():
            match = re.fullmatch(r"start \+(\d\d):(\d\d)", schedule.get("time", ""))
            if match and name not in self.timers:
                minutes = int(match[1]) * 60 + int(match[2])
                self.timers[name] = threading.Timer(minutes * self.minute, self._run, (name,))
                self.timers[name].daemon = True
                self.timers[name].start()

    def _run(self, name: str) -> None:
        with self.lock:
            if name in self.config.schedules and name not in self.executed:
                self.executed.add(name)
                for command in self.config.jobs[self.config.schedules[name]["job"]]:
                    self._exec(command)


def _table(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {f"TABLE_{name}": {f"ROW_{name}": rows[0] if len(rows) == 1 else rows}} if rows else {}


def _handler(double: NxosDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer is one segment, else each waits for a delayed acknowledgement

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            good = base64.b64encode(f"admin:{double.password}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {good}":
                double.logins += 1
                return self._send(401, b"Unauthorized")
            if double.dead:
                self.close_connection = True
                return None
            if self.path != "/ins":
                return self._send(404, b"not found")
            answer = double.answer(json.loads(body)["ins_api"])
            if answer is None:
                self.close_connection = True
                return None
            return self._send(200, json.dumps(answer).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Nothing is logged."""

    return Handler


def _certificate(home: Path) -> str:
    """Write a self-signed certificate and its key; the SHA-256 of the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf1")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
    made = builder.not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    pem, none = serialization.Encoding.PEM, serialization.NoEncryption()
    (home / "cert.pem").write_bytes(made.public_bytes(pem))
    (home / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, none))
    return sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()
