# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patches of kubeadm's static pods for slow machines.

kubeadm sets probes that check API server, etcd and scheduler every second, each time with a new TLS connection
(cmd/kubeadm/app/util/staticpod, 1.36). On an emulated CPU these probes alone use a whole core, their answers come too
late, and the kubelet restarts containers that are slow but healthy.
"""

from __future__ import annotations

import typing as t

from . import paths, yaml
from .settings import Settings

DIRECTORY = paths.PATCHES
LIVENESS = {"periodSeconds": 30, "timeoutSeconds": 60, "failureThreshold": 8}
READINESS = {"periodSeconds": 20, "timeoutSeconds": 30}
STARTUP = {"timeoutSeconds": 60}
# The controller manager has no readiness probe, and a patch alone would make an incomplete one.
READY = {"kube-apiserver": True, "kube-controller-manager": False, "kube-scheduler": True, "etcd": True}


def files(settings: Settings) -> dict[str, str]:
    """Texts by path, as kubeadm's ``patches.directory`` wants them; none but on slow machines."""
    if not settings.slow:
        return {}
    return {f"{DIRECTORY}/{name}0+strategic.yaml": yaml.dump(pod(name, ready)) for name, ready in READY.items()}


def pod(name: str, ready: bool) -> dict[str, t.Any]:
    """Strategic merge patch of one static pod."""
    probes = {"livenessProbe": LIVENESS, "startupProbe": STARTUP} | ({"readinessProbe": READINESS} if ready else {})
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": name, **probes}]}}
