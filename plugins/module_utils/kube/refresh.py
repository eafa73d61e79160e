# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Update the configuration of a running control plane: its static pods, and the configuration stored in the cluster."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from ..host.system import System
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut
from ..waiting.wait import wait as wait_until
from . import (
    api_certificate,
    api_names,
    certificates,
    control_plane,
    immutable,
    members,
    observe,
    paths,
    phases,
    processes,
    renewal,
    version,
)
from .access import unready
from .errors import KubeError
from .processes import started
from .settings import Settings

# The configuration in the cluster comes first, while the API serves: new manifests restart it.
PHASES = (("upload-config", "all"), ("control-plane", "all"))
# kubeadm writes etcd's manifest for a single member, so this phase runs only where there is one.
ALONE = (*PHASES, ("etcd", "local"))
SERVES = ("kube-apiserver", "etcd")
# Seconds within which the kubelet notices a new manifest; one with the same content restarts nothing.
NOTICE = {"default": 60.0, "slow": 240.0}


def restore_etcd(system: System) -> None:
    """Put etcd's manifest back as kubeadm wrote it when this member joined."""
    copy = system.path(paths.ETCD_COPY)
    if not copy.exists():
        raise KubeError(
            f"{paths.ETCD_MANIFEST} was changed by hand and {paths.ETCD_COPY} is gone; "
            "let this control plane join again (kubernetes_reset=true after `kubeadm reset -f`)"
        )
    system.write(paths.ETCD_MANIFEST, copy.read_bytes(), mode=0o600)


def refresh(settings: Settings, system: System, stale: t.Collection[str]) -> None:
    """Store the configuration in the cluster, let kubeadm write the manifests, wait until the API serves again."""
    before, began = observe.manifests(Path(system.root)), time.clock_gettime(time.CLOCK_BOOTTIME)
    immutable.refuse_encryption(settings, system)
    control_plane.ensure_encryption(settings, system)
    if "etcd" in stale and not settings.single:
        restore_etcd(system)
    if api_names.PART in stale:
        api_certificate.remake(settings, system)
    phases.run(settings, system, ALONE if settings.single else PHASES, timeout=900)
    after = observe.manifests(Path(system.root))
    # the server reads these when it starts, and its manifest only names the files
    ended = "audit policy" in stale or api_names.PART in stale
    if ended:
        processes.end(system, "kube-apiserver")
    restarting = [name for name in SERVES if after[name] != before[name]]
    restarting += ["kube-apiserver"] if ended and "kube-apiserver" not in restarting else []
    wait(settings, system, restarting, began)
    api_certificate.taken(system)
    control_plane.record_manifests(system)


def wait(settings: Settings, system: System, restarting: t.Collection[str], since: float) -> None:
    """Wait until this machine's own API server is ready, and all of ``restarting`` started ``since``, in seconds after
    boot: the old ones answer until the kubelet has noticed their new manifests, and after that while they end."""
    deadline = Deadline(control_plane.LIMIT[settings.timings])

    def probe() -> Missing | None:
        if missing := unready(settings, system):
            return missing
        old = [name for name in restarting if started(system, name) < since]
        noticed = deadline.spent() > NOTICE[settings.timings]
        return Missing.each(old, "the old process still runs") if old and not noticed else None

    try:
        wait_until(probe, deadline, what="its API server to be ready")
    except TimedOut as error:
        raise KubeError(
            f"{settings.node.name}: no API server after {error.seconds:.0f} s with its new manifest: {error.missing}"
        ) from error


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_control_plane: new manifests where they differ, new certificates where those end soon.

    All other control planes have to be healthy before, and this one is after.
    """
    system = System()
    stale, due = observe.stale(settings, Path(system.root)), certificates.due(settings, Path(system.root))
    if (stale or due) and not check:
        members.require_others(settings, system, "its servers are not restarted", params["replaced"])
        version.refuse_change(settings, system, {})
        if stale:
            refresh(settings, system, stale)
        if due:
            renewal.renew(settings, system, due)
    steps = [f"update the configuration of {name}" for name in stale if name != api_names.PART]
    steps += ["make the certificate of the API anew, with other names"] if api_names.PART in stale else []
    steps += [f"renew {name}, which ends in {days} days" for name, days in due.items()]
    return {"changed": bool(steps), "stale": stale, "renewed": sorted(due), "steps": steps}
