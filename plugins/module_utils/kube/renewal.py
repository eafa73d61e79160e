# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renew the certificates of a control plane before they end, and let its servers take them.

kubeadm makes them for a year. The kubelet renews its own client certificate (``rotateCertificates``), and authorities
last for ten years and are not renewed.
"""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

from ..host.system import System
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from . import certificates, control_plane, paths, phases
from .access import unready
from .errors import KubeError
from .processes import end, of_static_pod
from .settings import Settings


def renew(settings: Settings, system: System, names: t.Mapping[str, int]) -> None:
    """Renew all certificates and restart the servers, one control plane at a time: that is up to the caller.

    :raises KubeError: a certificate is no longer valid than before, or a server did not start again.
    """
    write(settings, system, names)
    restart(settings, system)
    system.path(paths.RENEWAL).unlink()


def write(settings: Settings, system: System, names: t.Mapping[str, int]) -> None:
    """Let kubeadm renew the files; a record of it stays until the servers have taken them."""
    system.write(paths.RENEWAL, json.dumps(dict(names)).encode(), mode=0o600)
    phases.renew(settings, system, timeout=300)
    left = certificates.expiring(Path(system.root), settings.renew_days, time.time())
    if left:
        name, days = min(left.items(), key=lambda item: item[1])
        raise KubeError(
            f"{settings.node.name}: kubeadm renewed the certificates, and {name} still has {days} days left only: does "
            "its authority end, or is its key missing (`kubeadm certs check-expiration`)?"
        )


def restart(settings: Settings, system: System) -> None:
    """End the servers, which the kubelet starts again, and wait until those that started since then serve."""
    began = time.clock_gettime(time.CLOCK_BOOTTIME)
    for name in paths.STATIC_PODS:
        end(system, name)

    def probe() -> Missing | None:
        old = [name for name in paths.STATIC_PODS if max(of_static_pod(system, name).values(), default=0) < began]
        return Missing.each(old, "it has not started again") if old else unready(settings, system)

    try:
        wait(probe, Deadline(control_plane.LIMIT[settings.timings]), what="its servers to take the new certificates")
    except TimedOut as error:
        raise KubeError(
            f"{settings.node.name}: certificates are renewed, but after {error.seconds:.0f} s: {error.missing}; "
            "see the logs of these servers below /var/log/pods, and run again"
        ) from error
