# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of an Arista EOS switch: eAPI by HTTPS, configuration sessions with a timer, and the commands that the
driver writes. It was made from documents and from what other programs read, never compared with a device.

It keeps a running configuration and interprets commands: one that it does not know is an error, as on a switch.
"""

from __future__ import annotations

import base64
import copy
import datetime
import hashlib
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from services.bmc.tls_server import TlsServer

from . import eos_double_bgp

PASSWORD = "right-one-9"
Section = dict[str, None]

#: Settings: what may follow the key, the value that is not shown, and the kinds of section: E, P and V are interfaces,
#: v is a VLAN and M the MLAG configuration.
_SETTINGS: dict[str, tuple[str, str, str]] = {
    "description": (r" .+", "", "EP"),
    "switchport": ("", "switchport", "EP"),
    "switchport mode": (r" (access|trunk)", "switchport mode access", "EP"),
    "switchport access vlan": (r" \d+", "switchport access vlan 1", "EP"),
    "switchport trunk native vlan": (r" (\d+|tag)", "switchport trunk native vlan 1", "EP"),
    "switchport trunk allowed vlan": (r" (none|[\d,-]+)", "", "EP"),
    "mtu": (r" \d{2,4}", "mtu 1500", "EP"),
    "spanning-tree portfast": (r"( edge| network)?", "", "EP"),
    "spanning-tree bpduguard": (r" (enable|disable)", "", "EP"),
    "channel-group": (r" \d+ mode (active|passive|on)", "", "E"),
    "lacp timer": (r" (fast|normal)", "lacp timer normal", "E"),
    "lacp port-priority": (r" \d+", "lacp port-priority 32768", "E"),
    "port-channel lacp fallback": (r" (static|individual)", "", "P"),
    "port-channel lacp fallback timeout": (r" \d+", "port-channel lacp fallback timeout 90", "P"),
    "mlag": (r" \d+", "", "P"),
    "switchport trunk group": (r" \S+", "", "P"),
    "autostate": ("", "autostate", "V"),
    "ip address": (r" [\d.]+/\d+", "", "EV"),
    "ipv6 address": (r" [0-9a-f:]+/\d+", "", "E"),
    "shutdown": ("", "no shutdown", "VM"),
    "trunk group": (r" \S+", "", "v"),
    "domain-id": (r" \S+", "", "M"),
    "local-interface": (r" Vlan\d+", "", "M"),
    "peer-address": (r" [\d.]+", "", "M"),
    "peer-address heartbeat": (r" [\d.]+( vrf \S+)?", "", "M"),
    "peer-link": (r" Port-Channel\d+", "", "M"),
}
_KEYS = sorted(_SETTINGS, key=len, reverse=True)


class RefusedError(Exception):
    """A command that fails; its text is the switch's message."""


class EosDouble:
    """One switch with the ports Ethernet1 to Ethernet8. Faults are attributes, set by tests.

    :ivar logins: how often credentials were refused.
    :ivar refuse_commit: the message with which commits are refused.
    :ivar drop_after: a command that is performed and not answered, nor is anything after it.
    :ivar dead: whether the switch cannot be reached: connections are closed before anything is performed.
    :ivar fire_before: whether the timer fires just before the next confirmation.
    :ivar refuse_save: whether the startup configuration cannot be written.
    :ivar ignore: commands that are accepted and not performed.
    :ivar slow: seconds before each answer.
    :ivar slow_commit: seconds that a commit takes until it is in force.
    :ivar refuse_abort: the message with which the abort of a session is refused.
    """

    def __init__(self, home: Path) -> None:
        self.running: dict[str, Section] = {
            "hostname leaf1": {},
            "vlan 99": {"name storage": None},
            "interface Ethernet6": {"description uplink": None, "switchport mode trunk": None, "mtu 9214": None},
            "interface Ethernet5": {"channel-group 3 mode active": None},
            "interface Port-Channel3": {"description firewall": None, "switchport access vlan 99": None},
            "interface Ethernet1": {"storm-control broadcast level 1": None},
            "interface Management1": {"ip address 10.0.0.2/24": None},
        }
        self.ports = [f"Ethernet{number}" for number in range(1, 9)]
        self.startup = copy.deepcopy(self.running)
        self.sessions: dict[str, dict[str, Any]] = {}
        self.candidates: dict[str, dict[str, Section]] = {}
        self.table: list[dict[str, Any]] = []
        self.partners: dict[str, Any] = {}
        self.neighbours: dict[str, Any] = {}
        self.sessions_of_bgp: dict[str, Any] = {}
        self.commands: list[str] = []
        self.logins, self.refuse_commit, self.drop_after, self.fire_before, self.slow = 0, "", "", False, 0.0
        self.ignore, self.dead, self.refuse_save = "", False, False
        self.slow_commit, self.refuse_abort = 0.0, ""
        self._checkpoint: dict[str, Section] = {}
        self._timers: list[threading.Timer] = []
        self._lock = threading.RLock()
        certificate, key, self.fingerprint = self_signed(home)
        self._server = TlsServer(_handler(self), str(certificate), str(key))
        self.port = self._server.port

    @property
    def connection(self) -> dict[str, Any]:
        """How the driver reaches it."""
        return {
            "address": "127.0.0.1",
            "port": self.port,
            "username": "cloud",
            "password": PASSWORD,
            "tls": {"fingerprint": self.fingerprint},
        }

    def close(self) -> None:
        """Stop listening and all timers."""
        for timer in self._timers:
            timer.cancel()
        self._server.close()

    def reboot(self) -> None:
        """Lose all that is not in the startup configuration: sessions and their timers too."""
        with self._lock:
            for timer in self._timers:
                timer.cancel()
            self.running = copy.deepcopy(self.startup)
            self.sessions, self.candidates = {}, {}

    def mlag_domain(self) -> None:
        """Configure an MLAG domain."""
        self.running["mlag configuration"] = {"domain-id pair": None, "peer-link Port-Channel3": None}

    def run_commands(self, commands: list[str]) -> list[dict[str, Any]]:
        """The results of one call of runCmds; a refused command is a JSON-RPC error."""
        time.sleep(self.slow)
        shell, done = _Shell(self), []
        with self._lock:
            for number, command in enumerate(commands, 1):
                self.commands.append(command)
                try:
                    done.append(shell.run(command))
                except RefusedError as error:
                    message = f"CLI command {number} of {len(commands)} '{command}' failed: could not run command"
                    raise RefusedError(json.dumps([message, [*done, {"errors": [str(error)]}]])) from error
        return done

    def roll_back(self, session: str) -> None:
        """What the timer does."""
        with self._lock:
            if self.sessions.get(session, {}).get("state") == "pendingCommitTimer":
                self.running = self._checkpoint
                del self.sessions[session]

    def finish(self, session: str, words: str) -> None:
        """``commit``, ``commit timer`` or ``abort`` of a session."""
        if words == "commit" and self.fire_before:
            self.roll_back(session)
        state = self.sessions.get(session, {}).get("state")
        if state not in ("pending", "pendingCommitTimer"):
            raise RefusedError(f"Session {session} does not exist")
        if words == "abort" and self.refuse_abort:
            raise RefusedError(self.refuse_abort)
        if words == "abort":
            self.roll_back(session)
            self.sessions.pop(session, None)
            self.candidates.pop(session, None)
            return
        waiting = [n for n, s in self.sessions.items() if s["state"] == "pendingCommitTimer" and n != session]
        if waiting or self.refuse_commit:
            raise RefusedError(self.refuse_commit or f"session {waiting[0]} is pending commit timer")
        if words == "commit":
            if state == "pending":
                self.running = self.candidates.pop(session)
            self.sessions[session] = {"state": "completed", "commitUser": "cloud", "instances": {}}
            return
        time.sleep(self.slow_commit)
        hours, minutes, seconds = map(int, words.removeprefix("commit timer ").split(":"))
        self._checkpoint, self.running = self.running, self.candidates.pop(session)
        self.sessions[session] = {"state": "pendingCommitTimer", "commitUser": "cloud", "instances": {}}
        timer = threading.Timer(hours * 3600 + minutes * 60 + seconds, self.roll_back, [session])
        timer.daemon = True
        timer.start()
        self._timers.append(timer)

    def begin(self, session: str) -> dict[str, Section]:
        """Enter a session; its candidate configuration. There is room for five that are not committed."""
        if session not in self.sessions and len(self.candidates) >= 5:
            raise RefusedError("Maximum number of pending sessions has been reached")
        state = self.sessions.setdefault(session, {"state": "pending", "commitUser": "", "instances": {}})["state"]
        if state != "pending":
            raise RefusedError(f"Cannot enter session {session} ({state})")
        return self.candidates.setdefault(session, copy.deepcopy(self.running))

    def show(self, what: str) -> dict[str, Any]:
        """The JSON of a show command."""
        answers: dict[str, Any] = {
            "running-config": {
                "header": ["! device: leaf1"],
                "cmds": {name: {"cmds": lines, "comments": []} if lines else None for name, lines in self._shown()},
            },
            "interfaces status": {"interfaceStatuses": {name: {} for name in self.ports}},
            "configuration sessions detail": {"sessions": self.sessions, "maxOpenSessions": 5},
            "mac address-table": {"unicastTable": {"tableEntries": self.table}},
            "lacp peer": {"portChannels": self.partners},
            "lldp neighbors detail": {"lldpNeighbors": self.neighbours},
            "interfaces": {"interfaces": {name: self._interface(name) for name in [*self.ports, *self._channels()]}},
            "interfaces transceiver": {"interfaces": {name: {} for name in self.ports}},
            "port-channel summary": {"portChannels": self._channels()},
            "vlan": {"vlans": {key.split()[1]: {"status": "active", **self._name(key)} for key in self._vlans()}},
            "spanning-tree": {"spanningTreeInstances": {}},
            "ip bgp summary": {"vrfs": {"default": {"peers": self.sessions_of_bgp}}},
        }
        if what not in answers:
            raise RefusedError("Invalid input")
        return dict(answers[what])

    def _interface(self, name: str) -> dict[str, Any]:
        """As a port with a link and without errors."""
        counters = dict.fromkeys(["totalInErrors", "totalOutErrors", "inDiscards", "outDiscards"], 0)
        lines = self.running.get(f"interface {name}", {})
        described = [line.removeprefix("description ") for line in lines if line.startswith("description ")]
        found = {"interfaceStatus": "connected", "lineProtocolStatus": "up", "bandwidth": 25_000_000_000, "mtu": 9214}
        return found | {"description": "".join(described), "interfaceCounters": counters}

    def _channels(self) -> dict[str, Any]:
        names = [key.removeprefix("interface ") for key in self.running if key.startswith("interface Port-Channel")]
        members = {
            name: [
                key.removeprefix("interface ")
                for key, lines in self.running.items()
                if any(line.startswith(f"channel-group {name.removeprefix('Port-Channel')} ") for line in lines)
            ]
            for name in names
        }
        return {name: {"ports": {port: {} for port in members[name]}, "activePorts": {}} for name in names}

    def _vlans(self) -> list[str]:
        return [key for key in self.running if key.startswith("vlan ")]

    def _name(self, key: str) -> dict[str, str]:
        names = [line.removeprefix("name ") for line in self.running[key] if line.startswith("name ")]
        return {"name": names[0] if names else f"VLAN{int(key.split()[1]):04}"}

    def _shown(self) -> list[tuple[str, dict[str, Any]]]:
        shown = {f"interface {name}": {} for name in self.ports} | eos_double_bgp.nested(self.running)
        return sorted(shown.items())


class _Shell:
    """The command line of one call: its mode, and the configuration that it edits."""

    def __init__(self, switch: EosDouble) -> None:
        self.switch = switch
        self.enabled = False
        self.config: dict[str, Section] | None = None
        self.section = ""

    def run(self, command: str) -> dict[str, Any]:
        if command == "enable":
            self.enabled = True
            return {}
        if not self.enabled:
            raise RefusedError("privileged mode required")
        if self.config is not None:
            self._configure(command)
            return {}
        if command.startswith("show "):
            return self.switch.show(command.removeprefix("show "))
        if command == "write memory" and self.switch.refuse_save:
            return {"output": "% Error copying system:/running-config: No space left on device\n"}
        if command == "write memory":
            self.switch.startup = copy.deepcopy(self.switch.running)
            return {"output": "Copy completed successfully.\n"}
        found = re.fullmatch(r"configure session (\S+)( commit timer \d\d:\d\d:\d\d| commit| abort)?", command)
        if not found:
            raise RefusedError("Invalid input")
        if found[2]:
            self.switch.finish(found[1], found[2].strip())
        else:
            self.config = self.switch.begin(found[1])
        return {}

    def _configure(self, command: str) -> None:
        config = self.config
        assert config is not None
        if command == "end":
            self.config = None
        elif self.switch.ignore and command.startswith(self.switch.ignore):
            return
        elif found := re.fullmatch(r"(no )?interface (Ethernet\d+|Port-Channel\d+|Vlan\d+)", command):
            self._interface(config, found[2], bool(found[1]))
        elif command == "mlag configuration" or re.fullmatch(r"no spanning-tree vlan-id \d+", command):
            self.section = command if command.startswith("mlag") else ""
            config.setdefault(command, {})
        elif (section := eos_double_bgp.configure(config, self.section, command)) is not None:
            self.section = section
        elif re.fullmatch(r"vlan \d+", command):
            self.section = command
            config.setdefault(command, {})
        elif self.section.startswith("vlan ") and (found := re.fullmatch(r"(name|state) (\S+)", command)):
            _set(config[self.section], found[1], "" if command == "state active" else command)
        elif self.section:
            self._setting(config, command)
        else:
            raise RefusedError(f"Invalid input (at token 0: {command.split()[0]!r})")

    def _interface(self, config: dict[str, Section], name: str, remove: bool) -> None:
        if name.startswith("Ethernet") and (remove or name not in self.switch.ports):
            raise RefusedError("Interface does not exist")
        self.section = f"interface {name}"
        config.setdefault(self.section, {})
        if remove:
            number = name.removeprefix("Port-Channel")
            if any(line.startswith(f"channel-group {number} ") for lines in config.values() for line in lines):
                raise RefusedError("it has members")
            del config[self.section]
            self.section = ""

    def _setting(self, config: dict[str, Section], command: str) -> None:
        negated, plain = command.startswith("no "), command.removeprefix("no ")
        kind = self.section.removeprefix("interface ").replace("mlag", "M")[0]
        for key in _KEYS:
            rest, default, kinds = _SETTINGS[key]
            whole = plain == key or bool(re.fullmatch(re.escape(key) + rest, plain))
            if not whole or kind not in kinds or (not negated and not re.fullmatch(re.escape(key) + rest, plain)):
                continue
            shown = "" if negated or command == default else command
            if key == "autostate" and negated:
                shown = command
            if key == "channel-group" and not negated:
                self._same_protocol(config, command)
            if " address" in key and not negated and kind == "E":
                self._routed(config, command)
            _set(config[self.section], key, "no switchport" if command == "no switchport" else shown)
            if key == "channel-group" and not negated:
                config.setdefault(f"interface Port-Channel{command.split()[1]}", {})
            return
        raise RefusedError(f"Invalid input: {command}")

    def _routed(self, config: dict[str, Section], command: str) -> None:
        """An address is that of one interface, and one of a switched port is not in force."""
        if "no switchport" not in config[self.section]:
            raise RefusedError("the interface is a switchport")
        if any(command in lines for name, lines in config.items() if name != self.section):
            raise RefusedError("the address overlaps that of another interface")

    def _same_protocol(self, config: dict[str, Section], command: str) -> None:
        """A channel has members with LACP or without, not both."""
        __, number, __, mode = command.split()
        others = [line.split()[-1] for name, lines in config.items() if name != self.section for line in lines
                  if line.startswith(f"channel-group {number} ")]  # fmt: skip
        if any((other == "on") != (mode == "on") for other in others):
            raise RefusedError("Cannot mix static and LACP members")


def _set(section: Section, key: str, line: str) -> None:
    """Replace the line of a setting; an empty one removes it."""
    for old in [*section]:
        owner = next((k for k in _KEYS if old in (k, f"no {k}") or old.startswith(f"{k} ")), old.split()[0])
        if owner == key:
            del section[old]
    if line:
        section[line] = None


def _handler(switch: EosDouble) -> type[BaseHTTPRequestHandler]:
    wanted = "Basic " + base64.b64encode(f"cloud:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Authorization") != wanted:
                switch.logins += 1
                self._answer(401, {})
                return
            if switch.dead:
                self._drop()
                return
            call = json.loads(body)
            assert self.path == "/command-api" and call["method"] == "runCmds" and call["params"]["version"] == 1
            commands = call["params"]["cmds"]
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
            try:
                answer["result"] = switch.run_commands(commands)
            except RefusedError as error:
                message, data = json.loads(str(error))
                answer["error"] = {"code": 1000, "message": message, "data": data}
            if switch.drop_after and any(switch.drop_after in command for command in commands):
                switch.dead = True
                self._drop()
                return
            self._answer(200, answer)

        def _drop(self) -> None:
            self.close_connection = True
            self.connection.close()

        def _answer(self, status: int, content: Any) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            """Print nothing."""

    return Handler


def self_signed(home: Path) -> tuple[Path, Path, str]:
    """Files of a self-signed certificate and its key, and the SHA-256 of the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "leaf1")])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
    certificate = built.not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files = home / "leaf1.crt", home / "leaf1.key"
    files[0].write_bytes(certificate.public_bytes(pem))
    files[1].write_bytes(private)
    return *files, hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
