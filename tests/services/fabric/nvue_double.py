# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of Cumulus Linux's NVUE REST API on the loopback, over TLS with a certificate of its own.

It holds configurations as trees, merges patches as NVUE does, refuses paths and values that its schema does not have,
checks a revision when it is applied, and returns to the one before by a timer of its own. It is no switch: the schema
is the part that these tests write or must leave alone, taken from the user guide's "NVUE API" and command reference.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from services.bmc.tls_server import TlsServer
from services.fabric.nvue_schema import BadPathError, Tree, check, invalid, merge, schema, sets_and_unsets

USER, PASSWORD = "cumulus", "right"


class NvueDouble:
    """The switch. Attributes that begin with `fault_` make it fail.

    :ivar fault_refused: the state in which each apply ends, such as ``apply_fail``; empty for none.
    :ivar fault_fuse: seconds after which the timer fires, whatever the client asked for; 0 for as asked.
    :ivar fault_deaf: seconds for which connections are closed without an answer after a change came into force.
    :ivar fault_slow: seconds before each answer.
    :ivar fault_dead: connections are closed without an answer.
    :ivar fault_reload: seconds that a change takes until it is in force.
    :ivar fault_keeps: a change that waits is not rejected.
    :ivar fault_mtu: the MTU of a change is accepted and not performed.
    :ivar fault_no_timer: ``state-controls`` are ignored.
    :ivar applied_is_live: whether ``rev=applied`` names a revision that waits for its confirmation.
    """

    def __init__(self, home: Path, config: Tree, operational: Tree) -> None:
        self.revisions: dict[str, Tree] = {"1": {"state": "applied_and_saved", "config": copy.deepcopy(config)}}
        self.current, self.startup, self.auto_save = "1", copy.deepcopy(config), True
        self.operational = operational
        self.release: Tree = {"build": "Cumulus Linux 5.9.1"}
        self.schema = schema("on", "off", "enable")
        self.mac_table: Tree = {}
        self.sessions: dict[str, str] = {}
        self.prefix = ""  # of identifiers of revisions
        self.fault_refused, self.fault_fuse, self.fault_deaf, self.fault_slow = "", 0.0, 0.0, 0.0
        self.fault_no_timer, self.applied_is_live = False, False
        self.fault_dead, self.fault_reload, self.fault_keeps, self.fault_mtu = False, 0.0, False, False
        self.log: list[str] = []
        self.wrong_passwords = 0
        self._before, self._deaf_until = "1", 0.0
        self._lock, self._timers = threading.RLock(), list[threading.Timer]()
        names = ["-subj", "/CN=double", "-addext", "subjectAltName=IP:127.0.0.1"]
        words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        certificate, key = home / "nvue.crt", home / "nvue.key"
        command = ["openssl", *words, *names, "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(command, check=True, capture_output=True)
        self.fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()
        self.server = TlsServer(handler(self), str(certificate), str(key))

    def upgrade(self) -> None:
        """Become a release whose words for on and off are others."""
        self.release = {"version": {"product-release": "5.15.0"}}
        self.schema = schema("enabled", "disabled", "state")

    @property
    def running(self) -> Tree:
        """The configuration in force."""
        return self.revisions[self.current]["config"]

    @property
    def writes(self) -> list[str]:
        """The requests that were not GET."""
        return [line for line in self.log if not line.startswith("GET")]

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self.server.close()

    def reboot(self) -> None:
        """Lose all that is not in the startup configuration: the revisions and their timers too."""
        with self._lock:
            for timer in self._timers:
                timer.cancel()
            self.current = self._before = str(len(self.revisions) + 1)
            self.revisions = {self.current: {"state": "applied_and_saved", "config": copy.deepcopy(self.startup)}}

    def connection(self) -> Tree:
        return {
            "address": "127.0.0.1",
            "port": self.server.port,
            "username": USER,
            "password": PASSWORD,
            "tls": {"fingerprint": self.fingerprint},
        }

    def deaf(self) -> bool:
        return self.fault_dead or time.monotonic() < self._deaf_until

    def answer(self, verb: str, path: str, query: Tree, body: Any) -> tuple[int, Any]:
        """One request: status and JSON."""
        time.sleep(self.fault_slow)
        with self._lock:
            self.log.append(f"{verb} {path}")
            parts = [unquote(part) for part in path.removeprefix("/nvue_v1/").split("/") if part]
            if parts[:1] == ["revision"]:
                return self._revision(verb, parts[1:], body)
            if verb == "PATCH" and not parts:
                return self._patch(query["rev"][0], body)
            if verb == "GET":
                return self._get(parts, query)
        return 405, {"title": "Method Not Allowed"}

    def _get(self, parts: list[str], query: Tree) -> tuple[int, Any]:
        if not parts and query.get("filled") == ["false"]:
            revision = query["rev"][0]
            applied = self.current if self.applied_is_live or self._state(self.current) != "confirm" else self._before
            found = self.revisions.get(applied if revision == "applied" else revision)
            return (200, found["config"]) if found else (404, {"title": "Not Found"})
        if parts == ["system"]:
            return 200, self.release
        if parts == ["interface"] and query.get("include") == ["/*/type"]:
            return 200, {name: {"type": item["type"]} for name, item in self.operational.items()}
        if parts == ["interface"] and query.get("include") == ["/*/lldp/neighbor"]:
            return 200, {name: {"lldp": item["lldp"]} for name, item in self.operational.items() if "lldp" in item}
        if parts == ["interface"] and query.get("include", [""])[0] in ("/*/link", "/*/bond", "/*/transceiver"):
            part = query["include"][0].removeprefix("/*/")
            return 200, {name: {part: item[part]} for name, item in self.operational.items() if part in item}
        if parts == ["vrf", "default", "router", "bgp", "neighbor"]:
            return 200, {address: {"state": state} for address, state in self.sessions.items()}
        if parts == ["bridge", "domain"]:
            return 200, {"br_default": {"stp": {"state": {"up": {}}}}}
        if parts[:2] == ["bridge", "domain"] and parts[3:] == ["vlan"]:
            return 200, {"10": {}, "20-21": {}}
        if parts[:2] == ["bridge", "domain"] and parts[3:] == ["mac-table"] and self.mac_table:
            return 200, self.mac_table
        return 404, {"title": "Not Found"}

    def _patch(self, revision: str, body: Tree) -> tuple[int, Any]:
        if self._state(revision) != "pending":
            return 400, {"title": f"revision {revision} is not pending"}
        if all(sets_and_unsets(body)):
            return 400, {"title": "a patch sets and unsets"}
        try:
            check(body, self.schema)
        except BadPathError as error:
            return 400, {"title": "Bad Request", "detail": str(error)}
        merge(self.revisions[revision]["config"], body)
        return 200, body

    def _state(self, revision: str) -> str:
        return str(self.revisions.get(revision, {}).get("state", ""))

    def _revision(self, verb: str, parts: list[str], body: Any) -> tuple[int, Any]:
        if not parts and verb == "POST":
            name = f"{self.prefix}{len(self.revisions) + 1}"
            self.revisions[name] = {"state": "pending", "config": copy.deepcopy(self.running)}
            return 201, {name: self._shown(name)}
        if not parts:
            return 200, {name: self._shown(name) for name in self.revisions}
        name = self.current if parts[0] == "applied" else parts[0]
        if name not in self.revisions:
            return 404, {"title": "Not Found"}
        if verb == "PATCH":
            act: dict[str, Callable[[], bool]] = {
                "apply": lambda: self._apply(name, body),
                "confirm_yes": lambda: self._confirmed(name),
                "confirm_no": lambda: not self.fault_keeps and self._roll_back(name),
                "save": lambda: self._save(name),
            }
            if body.get("state") not in act or not act[body["state"]]():
                return 400, {"title": f"{body.get('state')}: not possible in the state {self._state(name)}"}
        return 200, self._shown(name)

    def _shown(self, name: str) -> Tree:
        found = {key: value for key, value in self.revisions[name].items() if key != "config"}
        return {"transition": {"issue": {}, "progress": ""}} | found

    def _apply(self, name: str, body: Tree) -> bool:
        blocked = any(item["state"] in ("ays", "confirm", "reloading") for item in self.revisions.values())
        if self._state(name) != "pending" or blocked or body["auto-prompt"]["ays"] != "ays_yes":
            return False
        found = self.revisions[name]
        why = invalid(found["config"])
        if why or self.fault_refused:
            issue = {"0": {"code": "config_invalid", "message": why or "switchd did not reload", "severity": "error"}}
            found |= {"state": "invalid" if why else self.fault_refused, "transition": {"issue": issue}}
            return True
        found |= {"state": "ays", "last-apply": {"user": USER, "message": body.get("message", "")}}
        seconds = body.get("state-controls", {}).get("confirm", 0)
        if self.fault_deaf:
            self._deaf_until = time.monotonic() + self.fault_deaf
        self._later(0.02, lambda: self._reload(name))
        self._later(0.06 + self.fault_reload, lambda: self._in_force(name, 0 if self.fault_no_timer else seconds))
        return True

    def _reload(self, name: str) -> bool:
        if self._state(name) == "ays":
            self.revisions[name]["state"] = "reloading"
        return True

    def _in_force(self, name: str, seconds: float) -> bool:
        self._before, self.current = self.current, name
        for interface in self.running["interface"].values() if self.fault_mtu else ():
            interface.get("link", {}).pop("mtu", None)
        if not seconds:
            return self._finish(name)
        self.revisions[name]["state"] = "confirm"
        self._later(self.fault_fuse or seconds, lambda: self._roll_back(name))
        return True

    def _confirmed(self, name: str) -> bool:
        return self._state(name) == "confirm" and self._finish(name)

    def _finish(self, name: str) -> bool:
        self.revisions[self._before]["state"] = "previous"
        self.revisions[name]["state"] = "applied"
        return self._save(name) if self.auto_save else True

    def _roll_back(self, name: str) -> bool:
        if self._state(name) != "confirm":
            return False
        self.revisions[name]["state"] = "confirm_fail"
        self.current = self._before
        return True

    def _save(self, name: str) -> bool:
        self.startup = copy.deepcopy(self.revisions[name]["config"])
        self.revisions[name]["state"] = "applied_and_saved"
        return True

    def _later(self, seconds: float, act: Callable[[], bool]) -> None:
        def locked() -> None:
            with self._lock:
                act()

        timer = threading.Timer(seconds, locked)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()


def handler(double: NvueDouble) -> type[BaseHTTPRequestHandler]:
    """The HTTP side of a double."""
    right = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # header and content in one packet, else the acknowledgement is delayed

        def do_GET(self) -> None:
            if double.deaf():
                self.close_connection = True
                return
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            if self.headers.get("Authorization") != right:
                double.wrong_passwords += 1
                status, answer = 401, {"title": "Unauthorized"}
            else:
                url = urlsplit(self.path)
                status, answer = double.answer(self.command, url.path, parse_qs(url.query), body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def do_PATCH(self) -> None:
            self.do_GET()

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
