# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of a control plane as services of this host, with the command lines of kubeadm's static pods."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from ..host.state import File
from ..kube import certificates, egress, paths, policy
from ..kube.errors import KubeError
from ..provision.services import Service
from . import konnectivity
from .settings import SERVERS, Hosted

#: The port that a server opens when it is ready for its clients, unless its command line names another.
PORTS = {"etcd": 2379, "kube-apiserver": 6443, "kube-controller-manager": 10257, "kube-scheduler": 10259}


def pod(root: Path, name: str) -> dict[str, t.Any]:
    """The container of a static pod: its image and its command line.

    :raises KubeError: if the manifest is not one that kubeadm writes.
    """
    path = root / f"{paths.MANIFESTS}/{name}.yaml".lstrip("/")
    try:
        container = yaml.safe_load(path.read_text())["spec"]["containers"][0]
        return {"image": str(container["image"]), "command": [str(word) for word in container["command"]]}
    except (KeyError, IndexError, TypeError, yaml.YAMLError) as error:
        raise KubeError(f"{path}: is not the manifest of a static pod ({error!r}); remove it and run again") from error


def services(hosted: Hosted, images: t.Mapping[str, str]) -> tuple[Service, ...]:
    """The servers, in the order of their start.

    :param images: the digest of each image; another one means that the server has to be restarted.
    """
    root = Path(hosted.root)
    kubernetes = root / paths.KUBERNETES.lstrip("/")
    credentials = [File(name, pem) for name, pem in certificates.renewable(kubernetes)]
    read = (*policy.files(hosted.kubernetes), *egress.files(hosted.kubernetes))
    found = []
    for name in SERVERS:
        container = pod(root, name)
        # What a server reads when it starts: its program, its credentials, and the files of the API server.
        program = File(container["image"], images.get(container["image"], ""))
        found.append(
            Service(
                name,
                ("chroot", hosted.root, *container["command"]),
                (program, *credentials, *(read if name == "kube-apiserver" else ())),
                f"tcp:{_port(name, container['command'])}",
            )
        )
    if hosted.konnectivity is not None:
        found.append(konnectivity.service(hosted, hosted.konnectivity, images))
    return tuple(found)


def stopped(name: str) -> Service:
    """What has to be known of a server in order to stop it."""
    return Service(name, (), (), "")


def _port(name: str, command: t.Sequence[str]) -> int:
    flag = "--secure-port="
    return next((int(word.removeprefix(flag)) for word in command if word.startswith(flag)), PORTS[name])
