# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of a switch with SONiC: an ssh server whose commands change a CONFIG_DB in a file. No device is involved.

A command runs in a real shell, with the programs of sonic_double_programs.py instead of the switch's. The timers of
``systemd-run`` are processes that really roll back.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import asyncssh

PROGRAMS = Path(__file__).with_name("sonic_double_programs.py")
NAMES = (
    "config",
    "sonic-cfggen",
    "systemctl",
    "systemd-run",
    "show",
    "ps",
    "who",
    "teamdctl",
    "sonic-db-dump",
    "portstat",
)

#: What the switch has before a test, including much that no model knows.
CONFIG: dict[str, Any] = {
    "DEVICE_METADATA": {"localhost": {"hostname": "leaf1", "mac": "0c:00:00:00:00:01"}},
    "PORT": {
        f"Ethernet{4 * n}": {
            "admin_status": "up", "alias": f"etp{n + 1}", "lanes": str(n), "speed": "25000", "mtu": "9100", "fec": "rs",
        }
        for n in range(8)
    },
    "VLAN": {
        "Vlan77": {"vlanid": "77", "description": "by hand", "dhcp_servers": ["10.0.0.1"]},
        "Vlan20": {"vlanid": "20", "admin_status": "up"},
    },
    "VLAN_MEMBER": {
        "Vlan77|Ethernet16": {"tagging_mode": "tagged"},
        "Vlan77|PortChannel1": {"tagging_mode": "untagged"},
        "Vlan77|Ethernet0": {"tagging_mode": "untagged"},
    },
    "PORTCHANNEL": {"PortChannel1": {"admin_status": "up", "mtu": "9100", "description": "uplink", "min_links": "1"}},
    "PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet20": {}},
    "INTERFACE": {"Ethernet24": {}, "Ethernet24|10.0.0.0/31": {}},
    "ACL_TABLE": {"EVERFLOW": {"type": "MIRROR", "ports": ["Ethernet16", "PortChannel1"]}},
    "BGP_NEIGHBOR": {"10.0.0.1": {"asn": "65001", "local_addr": "10.0.0.0"}},
}  # fmt: skip


class Server(asyncssh.SSHServer):
    """One login at a time; counts the passwords that it was sent."""

    def __init__(self, switch: Double) -> None:
        self.switch = switch

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self.switch.passwords.append(password)
        return (username, password) == ("admin", "secret")


class Double:
    """One switch on a loopback port; ``faults`` are read by the programs before each command.

    :ivar dead: whether each connection breaks before a command is performed.
    :ivar die_after: text of the command after which that is so.
    :ivar dies: text of the command after which the connection breaks, once.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.passwords, self.commands = home, list[str](), list[str]()
        self.die_after: str | None = None
        self.dead, self.dies = False, ""
        self._connections: list[Any] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self.bin = home / "bin"
        self.bin.mkdir()
        python = f"exec {sys.executable} -IS {PROGRAMS}"
        programs = {name: f'{python} {name} "$@"' for name in NAMES} | {
            "sudo": 'exec "$@"',
            "flock": 'shift 2; exec /usr/bin/flock -o "$DOUBLE/lock" "$@"',
        }
        for name, script in programs.items():
            program = self.bin / name
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        (home / "checkpoints").mkdir()
        self.write("config", copy.deepcopy(CONFIG))
        self.write("saved", copy.deepcopy(CONFIG))
        self.write("faults", {})
        self.write("state", {"mac": [], "lldp": [], "partners": {}, "ps": [], "who": [], "neighbours": {}})
        self.write("teamd", {"PortChannel1": {"fallback": "false", "fast_rate": "false"}})

    def start(self) -> None:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.get_port()

    def stop(self) -> None:
        self._kill_timers()
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _kill_timers(self) -> None:
        for path in self.home.glob("*.pid"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(path.read_text()), signal.SIGKILL)

    def reboot(self) -> None:
        """End all connections and jobs, and begin with the saved configuration; files of checkpoints stay."""
        self._kill_timers()
        for path in self.home.glob("*.pid"):
            path.unlink()
        self.write("config", self.read("saved"))
        for connection in self._connections:
            self._loop.call_soon_threadsafe(connection.abort)

    @property
    def connection(self) -> dict[str, Any]:
        host_key = self._key.export_public_key().decode().strip()
        login = {"address": "127.0.0.1", "port": self.port, "username": "admin", "password": "secret"}
        return login | {"ssh": {"host_key": host_key}}

    def read(self, name: str) -> Any:
        return json.loads((self.home / f"{name}.json").read_text())

    def write(self, name: str, value: Any) -> None:
        (self.home / f"{name}.json").write_text(json.dumps(value))

    def change(self, table: str, key: str, **fields: Any) -> None:
        """A change by hand."""
        config = self.read("config")
        config.setdefault(table, {}).setdefault(key, {}).update(fields)
        self.write("config", config)

    def fault(self, **faults: Any) -> None:
        self.write("faults", faults)

    @property
    def armed(self) -> list[str]:
        return sorted(path.stem for path in self.home.glob("*.pid"))

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=lambda: Server(self), server_host_keys=[self._key],
            process_factory=self._run, encoding=None,
        )  # fmt: skip

    async def _run(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        command = process.command or ""
        self._connections.append(process.channel.get_connection())
        if self.dead:
            self._connections[-1].abort()
            return
        self.commands.append(command)
        given = await process.stdin.read()
        done = await asyncio.to_thread(self._execute, command, given)
        if self.die_after and self.die_after in command:
            self.dead = True
            process.channel.get_connection().abort()
            return
        if self.dies and self.dies in command:
            self.dies = ""
            process.channel.get_connection().abort()
            return
        process.stdout.write(done.stdout)
        process.stderr.write(done.stderr)
        process.exit(done.returncode)

    def _execute(self, command: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
        environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "DOUBLE": str(self.home)}
        words = ["sh", "-c", command]
        return subprocess.run(words, input=given, capture_output=True, env=environment, check=False, timeout=60)
