# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initialize a cluster on this machine with kubeadm, or finish an interrupted initialization."""

from __future__ import annotations

import json
import secrets
import string
import typing as t
from pathlib import Path

from ..host.system import System
from . import config, external, job, kubelet_files, observe, paths, policy, yaml
from .access import admin
from .api import Api
from .errors import KubeError
from .settings import Settings

# Preflight errors that an interrupted init causes; kubeadm continues with the files that it left.
RESUMED = [
    *(f"FileAvailable--etc-kubernetes-manifests-{name}.yaml" for name in paths.STATIC_PODS),
    *(f"Port-{port}" for port in (6443, 10250, 10257, 10259, 2379, 2380)),
    "DirAvailable--var-lib-etcd",
]
LIMIT = {"default": 600.0, "slow": 1800.0}


def new_token() -> str:
    """A bootstrap token: 6 and 16 characters."""
    letters = string.ascii_lowercase + string.digits
    text = "".join(secrets.choice(letters) for __ in range(22))
    return f"{text[:6]}.{text[6:]}"


def init(settings: Settings, system: System) -> dict[str, t.Any]:
    """Run ``kubeadm init`` to its end. An init that still runs is waited for, an interrupted one is continued.

    :raises KubeError: with the end of kubeadm's output.
    """
    resumed = observe.unfinished(observe.attempt(Path(system.root)), "init")
    if not (resumed and job.active(system)):
        ensure_encryption(settings, system)
        job.note(system, "init", done=False)
        _begin(settings, system, RESUMED if resumed else [])
    try:
        job.wait(system, LIMIT[settings.timings])
    except KubeError as error:
        more = external.explain(settings, system.path(paths.CA))
        if resumed:
            more += "\nThis init was begun by an earlier run; `kubeadm reset -f` here starts it afresh"
        raise KubeError(f"{error}{more}") from None
    finally:
        if not job.active(system):
            system.path(f"{paths.SCRATCH}/init.yaml").unlink(missing_ok=True)
    delete_tokens(admin(settings, system))
    record_manifests(system)
    kubelet_files.record(system)
    job.note(system, "init", done=True)
    return {"changed": True, "resumed": resumed}


def _begin(settings: Settings, system: System, ignore: list[str]) -> None:
    """Write the configuration where only root reads it, and start."""
    head = config.init(settings, new_token(), ignore)
    text = yaml.documents([head, *config.cluster(settings)])
    system.write(f"{paths.SCRATCH}/init.yaml", text.encode(), mode=0o600)
    argv = [paths.KUBEADM, "init", "--config", f"{paths.SCRATCH}/init.yaml", "--skip-token-print"]
    job.start(system, argv)


def ensure_encryption(settings: Settings, system: System) -> None:
    """Create the key that encrypts Secrets at rest, once, on the machine that initializes the cluster."""
    if settings.encryption and not system.path(paths.ENCRYPTION).exists():
        text = yaml.dump(policy.encryption(policy.new_key()))
        system.write(paths.ENCRYPTION, text.encode(), mode=0o600)


def delete_tokens(api: Api) -> None:
    """Delete every bootstrap token: tokens of the role are for one run, and kubeadm's own is not used."""
    path = "/api/v1/namespaces/kube-system/secrets"
    found = api.get(f"{path}?fieldSelector=type%3Dbootstrap.kubernetes.io/token")["items"]
    for item in found:
        api.delete(f"{path}/{item['metadata']['name']}")


def record_manifests(system: System) -> None:
    """Record the manifests that kubeadm wrote, so that changes by hand are noticed. The text of etcd's manifest is
    stored too, since kubeadm can't write it again for one member of several."""
    found = observe.manifests(Path(system.root))
    system.write(paths.ETCD_COPY, system.path(paths.ETCD_MANIFEST).read_bytes(), mode=0o600)
    system.write(paths.MANIFEST_RECORD, json.dumps(found).encode(), mode=0o600)


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_init."""
    result = {"changed": True, "resumed": False} if check else init(settings, System())
    return {**result, "steps": ["initialize the cluster"]}
