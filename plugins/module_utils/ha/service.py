# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service on the provisioner: its files, what keeps it running, and a plan of what differs.

A service with a loop, and no timer: it also runs where there is no systemd, a look costs no start of Python, and its
manager is that of the provisioner's other services.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import CloudError
from ..host.state import Directory, File
from ..host.system import System
from ..provision import files
from ..provision.managers import Manager, Processes, ServiceError, manager
from ..provision.provisioner import install, which
from ..provision.services import Service
from ..provision.steps import Plan
from ..web import library
from .archive import archive
from .login import Login, text_of

NAME = "vm-ha"
#: Seconds without Ready and without a renewed Lease until a machine is fenced, and seconds between two looks.
PROFILES = {"default": (90, 10), "tight": (30, 5)}
#: The same where kube-controller-manager waits two minutes for an emulated kubelet.
SLOW = (300, 15)
BMC_SECONDS = 20.0
"""Seconds for a call of a management controller, so that one that is dead does not hold up the others for long."""
_DIRECTORIES = (("", 0o700), ("services", 0o700), ("run", 0o700), ("log", 0o700))
#: Where Debian's packages put the modules of Python.
DEBIAN = "/usr/bin/python3"


class HaError(CloudError):
    """The service can't be installed or run; the text says why, and the remedy."""


def home(state_dir: str) -> str:
    """The directory of the service below that of its cloud."""
    return os.path.join(state_dir.rstrip("/"), "vm_ha")


@dataclass(frozen=True)
class Settings:
    """The input of the role; ``kubeconfig``: the text of the administrator's, empty where there is none."""

    cloud: str
    state_dir: str
    service_manager: str
    profile: str
    timings: str
    minimum_healthy: int
    machines: tuple[Mapping[str, Any], ...]
    kubeconfig: str

    @classmethod
    def of(cls, config: Mapping[str, Any], kubeconfig: str) -> Settings:
        """Check the input.

        :raises HaError: a value can't be used.
        """
        if not 1 <= config["minimum_healthy"] <= 100:
            text = f"{config['minimum_healthy']} is no percentage of nodes"
            raise HaError(f"vm_ha_config.minimum_healthy: {text}; give 1 to 100")
        names = [one["name"] for one in config["machines"]]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise HaError(f"vm_ha_config.machines: {', '.join(twice)} is there twice; name each node once")
        if not names:
            raise HaError("vm_ha_config.machines: is empty, so nothing could be fenced; give one at least")
        keys = ("cloud", "state_dir", "service_manager", "profile", "timings", "minimum_healthy")
        return cls(**{key: config[key] for key in keys}, machines=tuple(config["machines"]), kubeconfig=kubeconfig)

    def path(self, *parts: str) -> str:
        """A path below the state directory."""
        return os.path.join(self.state_dir, *parts)

    @property
    def login(self) -> str:
        """The path of the program's own kubeconfig."""
        return self.path("services", "kubeconfig")

    def config(self) -> dict[str, Any]:
        """What the program reads."""
        stale_after, interval = SLOW if self.timings == "slow" else PROFILES[self.profile]
        machines = {one["name"]: {**one["bmc"], **_identity(one), "timeout": BMC_SECONDS} for one in self.machines}
        return {
            "by": f"vm_ha on {socket.gethostname()}",
            "kubeconfig": self.login,
            "run": self.path("run"),
            "stale_after": stale_after,
            "interval": interval,
            "minimum_healthy": self.minimum_healthy,
            "machines": machines,
        }


def _identity(machine: Mapping[str, Any]) -> dict[str, Any]:
    return {"identity": machine["identity"]} if machine.get("identity") else {}


def service(settings: Settings, program: bytes) -> Service:
    """The service, with the kubeconfig that it has now. Its configuration and its kubeconfig have credentials, so root
    alone reads them."""
    config = json.dumps(settings.config(), indent=1, sort_keys=True) + "\n"
    code = settings.path("services", f"{NAME}.pyz")
    own = File(settings.path("services", "config.json"), config, mode=0o600, secret=True)
    access = File(settings.login, text_of(settings.login), mode=0o600, secret=True)
    digest = File(code, hashlib.sha256(program).hexdigest())
    return Service(
        NAME, (sys.executable, "-I", code, own.path), (own, access, digest), "", unit=_sandbox(settings.path("run"))
    )


def _sandbox(writable: str) -> tuple[str, ...]:
    """What the process may do (systemd.exec(5)): speak to the network, read its files, and write its record."""
    return (
        "UMask=0077",
        "CapabilityBoundingSet=",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        f"ReadWritePaths={writable}",
        "ProtectHome=read-only",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        "ProtectClock=yes",
        "ProtectControlGroups=yes",
        "ProtectHostname=yes",
        "ProtectKernelLogs=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "LockPersonality=yes",
        "MemoryDenyWriteExecute=yes",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
    )


def plan(settings: Settings, hand: Manager) -> Plan:
    """What has to be done so that the service runs. Reads only."""
    found, program = Plan(), archive()
    _packages(found, settings)
    directories = [Directory(settings.path(name) if name else settings.state_dir, mode) for name, mode in _DIRECTORIES]
    files.require(found, directories=directories)
    wanted = service(settings, program)
    own, __, code = wanted.files
    target = Path(code.path)
    changed = not target.is_file() or hashlib.sha256(target.read_bytes()).hexdigest() != code.content
    if changed:
        found.add(f"program {NAME}", partial(System().write, code.path, program, mode=0o644))
    changed |= files.require(found, [own])
    if settings.kubeconfig:
        changed |= _login(settings).require(found)
    if isinstance(hand, Processes):
        files.require(found, [hand.program])
    running = hand.current([NAME])
    if changed or running.get(NAME) != wanted.digest():
        found.add(f"{'restart' if NAME in running else 'start'} {NAME}", partial(_start, settings, hand, program))
    return found


def _login(settings: Settings) -> Login:
    names = [one["name"] for one in settings.machines]
    return Login(settings.kubeconfig, settings.login, names)


def _packages(found: Plan, settings: Settings) -> None:
    """Packages for the protocols of the management controllers.

    :raises HaError: this interpreter has none of Debian's packages.
    """
    protocols = {one["bmc"]["protocol"] for one in settings.machines}
    missing = ["ipmitool"] if "ipmi" in protocols and not which("ipmitool") else []
    if "redfish" in protocols and library.IMPORT_ERROR:
        if os.path.realpath(sys.executable) != os.path.realpath(DEBIAN):
            raise HaError(
                f"the Python package requests is missing for {sys.executable}, with which the service would run; "
                f"install it there, or set ansible_python_interpreter of this host to {DEBIAN}"
            )
        missing.append("python3-requests")
    if missing:
        found.add(f"packages: {' '.join(missing)}", partial(install, missing))


def _start(settings: Settings, hand: Manager, program: bytes) -> None:
    if not settings.kubeconfig:
        raise HaError(
            "there is no kubeconfig of the cluster on the controller, so nodes can't be judged; run site without tags, "
            "which makes it, or give the role vm_ha_kubeconfig"
        )
    wanted = service(settings, program)
    tried = subprocess.run([*wanted.argv, "--check"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise ServiceError(f"{NAME} does not start: {(tried.stderr or tried.stdout).strip()[-500:]}")
    hand.start(wanted)


def stop_plan(settings: Settings, hand: Manager) -> Plan:
    """The service stopped, its credentials and its program removed, and its account in the cluster; the record of the
    last look stays."""
    found = Plan()
    if NAME in hand.current([NAME]):
        found.add(f"stop {NAME}", partial(hand.stop, Service(NAME, (), (), "")))
    for name in ("config.json", "kubeconfig", f"{NAME}.pyz"):
        path = settings.path("services", name)
        if os.path.exists(path):
            found.add(f"remove {path}", partial(os.unlink, path))
    if settings.kubeconfig:
        _login(settings).remove(found)
    return found


def perform(config: Mapping[str, Any], kubeconfig: str, state: str, check: bool) -> dict[str, Any]:
    """The action of the module fencing_service: {changed, steps, diff}."""
    settings = Settings.of(config, kubeconfig)
    settings = replace(settings, state_dir=home(settings.state_dir))
    hand = manager(settings.service_manager, settings)
    found = stop_plan(settings, hand) if state == "absent" else plan(settings, hand)
    if not check:
        found.apply()
    return found.result()
