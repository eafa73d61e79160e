# SPDX-License-Identifier: GPL-3.0-or-later
"""The provisioner as a whole: settings from the role's input, a plan of what differs, and the steps that correct it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..errors import search_path
from ..host.state import Directory, HostError
from . import build, ca, dhcp_probe, files, ramdisk, releases
from .fetch import FetchError
from .managers import Manager, Processes, ServiceError, manager
from .recipe import RecipeError, recipe
from .services import Service, services
from .settings import ProvisionerError, Settings, ramdisk_spec, settings_from
from .steps import Plan

_DIRECTORIES = (
    ("", 0o755),
    ("images", 0o755),
    ("boot", 0o755),
    ("tftp", 0o755),
    ("ca", 0o755),
    ("services", 0o755),
    ("run", 0o711),
    ("log", 0o750),
    ("deploy", 0o700),
)
_TFTP = ("ipxe.efi", "snponly.efi", "undionly.kpxe")
_IPXE = "/usr/lib/ipxe"
#: Program → Debian package.
PROGRAMS = {
    "dnsmasq": "dnsmasq-base",
    "nginx": "nginx-light",
    "chronyd": "chrony",
    "docker-registry": "docker-registry",
    "openssl": "openssl",
    "ip": "iproute2",
}
_FREE_MIB = 300


def plan(params: Mapping[str, Any], settings: Settings, hand: Manager, cache: str) -> Plan:
    """What has to be done so that the provisioner serves what `params` say. Changes nothing; searches for other DHCP
    servers if dnsmasq would be (re)started. Raises ProvisionerError, BuildError, RecipeError."""
    found = Plan()
    _packages(found, settings)
    files.require(found, directories=directories(settings))
    if not os.path.isdir(settings.state_dir):
        build.require_space(_existing(settings.state_dir), _FREE_MIB, "run the provisioner")
    _images(found, params, settings, cache)
    if settings.machines:
        _boot_files(found, settings)
    addresses = sorted({settings.address, *map(str, (params.get("addresses") or {}).values())})
    fresh = ca.missing(settings.path("ca"), addresses)
    if fresh:
        found.add(f"certificates: {', '.join(fresh)}", lambda: ca.make(settings.path("ca"), settings.cloud, addresses))
    if isinstance(hand, Processes):
        files.require(found, [hand.program])
    releases.require(found, settings)
    _services(found, settings, hand, renewed=bool(fresh))
    releases.tidy(found, settings)
    return found


def _packages(found: Plan, settings: Settings) -> None:
    missing = sorted({package for program, package in PROGRAMS.items() if not which(program)})
    if settings.machines and not os.path.exists(os.path.join(_IPXE, "undionly.kpxe")):
        missing.append("ipxe")
    if missing:
        found.add(f"packages: {' '.join(missing)}", lambda: install(missing))


def which(program: str) -> str | None:
    """Path of a program, also from the directories of daemons."""
    return shutil.which(program, path=search_path())


def install(packages: Sequence[str]) -> None:
    """Installs Debian packages without letting their own units serve on every interface."""
    quiet = [name for name in ("nginx", "docker-registry") if any(name in package for package in packages)]
    for unit in quiet:
        if which("systemctl"):
            subprocess.run(["systemctl", "mask", "--quiet", unit], check=True, capture_output=True)
    done = subprocess.run(
        ["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "-q", "--no-install-recommends", *packages],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    if done.returncode:
        raise ProvisionerError(f"apt-get install {' '.join(packages)} failed: {done.stderr.strip()[-500:]}")


def directories(settings: Settings) -> list[Directory]:
    """The state directory and those in it."""
    return [Directory(settings.path(name) if name else settings.state_dir, mode) for name, mode in _DIRECTORIES]


def _existing(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path) or "/"
    return path


def _images(found: Plan, params: Mapping[str, Any], settings: Settings, cache: str) -> None:
    images = settings.path("images")
    for name, spec in sorted((params.get("images") or {}).items()):
        spec = spec or {}
        wanted = {"sha256": spec["sha256"]} if spec.get("url") else {"recipe": recipe(name, spec).key()}
        if not published(images, name, wanted):
            build.require_space(_existing(images), _FREE_MIB, f"publish the image {name}")
            found.add(
                f"image {name} ({', '.join(f'{k} {v}' for k, v in wanted.items())})",
                partial(_image, name, spec, cache, images),
            )
    if not settings.machines:
        return
    wanted_boot = boot_mark(ramdisk_spec(params))
    if _json(settings.path("boot", "ramdisk.json")) != wanted_boot:
        found.add(
            f"ramdisk {wanted_boot['recipe']}, agent {wanted_boot['agent']}",
            lambda: _ramdisk(ramdisk_spec(params), cache, settings.path("boot"), wanted_boot),
        )


def _image(name: str, spec: Mapping[str, Any], cache: str, images: str) -> None:
    build.publish(name, build.obtain(name, spec, cache), images)


def published(images: str, name: str, wanted: Mapping[str, str]) -> bool:
    """Whether NAME.raw is there in full and its manifest says what is wanted."""
    manifest = _json(os.path.join(images, f"{name}.json")) or {}
    raw = os.path.join(images, f"{name}.raw")
    return (
        all(manifest.get(key) == value for key, value in wanted.items())
        and os.path.exists(raw)
        and os.path.getsize(raw) == manifest["size"]
    )


def boot_mark(spec: Mapping[str, Any]) -> dict[str, str]:
    """Names the kernel and ramdisk that machines are started with."""
    return {
        "recipe": recipe("debian-13", spec).key(),
        "agent": hashlib.sha256(ramdisk.agent_archive()).hexdigest()[:16],
    }


def _ramdisk(spec: Mapping[str, Any], cache: str, directory: str, mark: Mapping[str, str]) -> None:
    build.publish_ramdisk(build.build(recipe("debian-13", spec), cache), directory)
    build.manifest.write_json(os.path.join(directory, "ramdisk.json"), mark)


def _json(path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


def _boot_files(found: Plan, settings: Settings) -> None:
    wanted = [(name, settings.path("tftp", name)) for name in _TFTP] + [("ipxe.efi", settings.path("boot", "ipxe.efi"))]
    for name, target in wanted:
        source = os.path.join(_IPXE, name)
        if not os.path.exists(target) or (os.path.exists(source) and _content(source) != _content(target)):
            found.add(f"file {target}", partial(_copy, source, target))


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, f"{target}.tmp")
    os.replace(f"{target}.tmp", target)


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _services(found: Plan, settings: Settings, hand: Manager, renewed: bool) -> None:
    wanted = services(settings)
    running = hand.current([service.name for service in wanted])
    for service in wanted:
        # All of them, not just the first difference: the plan shows every file.
        changed = files.require(found, service.files)
        stale = running.get(service.name) != service.digest() or changed or (renewed and service.name == "registry")
        if stale and service.name == "dnsmasq" and settings.machines:
            _refuse_other_dhcp_servers(settings)
        if stale:
            found.add(
                f"{'restart' if service.name in running else 'start'} {service.name}", partial(hand.start, service)
            )


def _refuse_other_dhcp_servers(settings: Settings) -> None:
    if not os.path.isdir(f"/sys/class/net/{settings.interface}"):
        raise ProvisionerError(f"provisioner.network.interface: this host has no interface {settings.interface}")
    try:
        others = dhcp_probe.servers(settings.interface, own=settings.address)
    except OSError as error:
        raise ProvisionerError(
            f"the search for other DHCP servers on {settings.interface} failed: {error}; nothing was started. Bring "
            "the interface up, and run as root"
        ) from error
    if others:
        raise ProvisionerError(
            f"another DHCP server answers on {settings.interface}: {', '.join(others)}; nothing was "
            "started. Switch it off, or give the provision network a VLAN of its own"
        )


def stop_plan(settings: Settings, hand: Manager) -> Plan:
    """Everything stopped; images, CA and records stay."""
    found = Plan()
    wanted: tuple[Service, ...] = services(settings)
    running = hand.current([service.name for service in wanted])
    for service in reversed(wanted):
        if service.name in running or os.path.exists(settings.path("run", f"{service.name}.json")):
            found.add(f"stop {service.name}", partial(hand.stop, service))
    return found


EXPECTED = (ProvisionerError, HostError, build.BuildError, FetchError, RecipeError, ServiceError)


def run(params: Mapping[str, Any], state: str, check: bool, cache: str | None = None) -> dict[str, Any]:
    """The module's function. `{changed, steps, diff, base_url, registry, ca_file}`; raises one of EXPECTED."""
    settings = settings_from(params)
    hand = manager(str(params.get("service_manager") or "systemd"), settings)
    found = (
        stop_plan(settings, hand) if state == "absent" else plan(params, settings, hand, cache or build.default_cache())
    )
    if not check:
        found.apply()
    return {
        **found.result(),
        "base_url": settings.base_url,
        "registry": f"{settings.address}:{settings.registry_port}",
        "ca_file": settings.path("ca", "ca.crt"),
    }
