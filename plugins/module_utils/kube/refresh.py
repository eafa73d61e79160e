# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a control plane that runs to the configuration it should have: static pods and what the cluster keeps of it."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from ..host.system import System
from . import config, control_plane, observe, paths, yaml
from .access import admin
from .api import Refused, Unreachable
from .errors import KubeError
from .settings import Settings

PHASES = (("control-plane", "all"), ("upload-config", "all"))
# kubeadm writes etcd's manifest as that of an only member, and a changed one restarts it: not where there are others.
ALONE = (("etcd", "local"), *PHASES)


def check_encryption(settings: Settings, system: System) -> None:
    """Encryption at rest can't be switched by new manifests alone.

    :raises KubeError: Secrets would become unreadable, or every control plane would make a key of its own.
    """
    name, has = settings.node.name, system.path(paths.ENCRYPTION).exists()
    if has and not settings.encryption:
        raise KubeError(
            f"{name}: Secrets of this cluster are encrypted with {paths.ENCRYPTION}, and without it nobody can "
            "read them; set kubernetes.encryption: true again"
        )
    if settings.encryption and not has and not settings.single:
        raise KubeError(
            f"{name}: {paths.ENCRYPTION} is missing, and all control planes need the same one; copy it from another "
            "control plane (mode 0600), or set kubernetes.encryption: false if none has it"
        )


def restore_etcd(system: System) -> None:
    """Put etcd's manifest back as kubeadm wrote it when this member joined."""
    copy = system.path(paths.ETCD_COPY)
    if not copy.exists():
        raise KubeError(
            f"{paths.ETCD_MANIFEST} was changed by hand and {paths.ETCD_COPY} is gone; "
            "let this control plane join anew (kubernetes_reset=true after `kubeadm reset -f`)"
        )
    system.write(paths.ETCD_MANIFEST, copy.read_bytes(), mode=0o600)


def refresh(settings: Settings, system: System, stale: t.Collection[str]) -> None:
    """Write the manifests anew by kubeadm, keep the configuration in the cluster, wait until the API serves again."""
    check_encryption(settings, system)
    control_plane.ensure_encryption(settings, system)
    if "etcd" in stale and not settings.single:
        restore_etcd(system)
    path = f"{paths.SCRATCH}/refresh.yaml"
    head = config.init(settings, control_plane.new_token())
    system.write(path, yaml.documents([head, *config.cluster(settings)]).encode(), mode=0o600)
    try:
        for phase in ALONE if settings.single else PHASES:
            system.run(["/usr/local/bin/kubeadm", "init", "phase", *phase, "--config", path], timeout=900)
            wait(settings, system, control_plane.LIMIT[settings.timings])
    finally:
        system.path(path).unlink(missing_ok=True)
    control_plane.record_manifests(system)


def wait(settings: Settings, system: System, limit: float) -> None:
    """Wait for this machine's own API server: three answers in a row, since the old one may still give the first."""
    until, answers, trouble = time.monotonic() + limit, 0, ""
    while answers < 3:
        try:
            admin(settings, system, own_only=True).get("/version")
            answers += 1
        except (Unreachable, Refused) as error:
            answers, trouble = 0, str(error)
        if time.monotonic() > until:
            raise KubeError(
                f"{settings.node.name}: no API server after {limit:.0f} s with its new manifest ({trouble})"
            )
        time.sleep(2)


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_control_plane."""
    system = System()
    stale = observe.stale_manifests(Path(system.root))
    if stale and not check:
        refresh(settings, system, stale)
    return {"changed": bool(stale), "stale": stale, "steps": [f"bring to its configuration {name}" for name in stale]}
