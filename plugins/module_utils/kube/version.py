# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that judges versions: of the model, of the cluster, and of each node.

There is no upgrade yet. Until there is one, the version of a cluster is that with which it was made, and all its nodes
have the same.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ..host.system import System
from . import observe, paths
from .errors import KubeRefusedError
from .settings import Settings

NUMBERS = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
#: a static pod's image and the version in its tag, in the manifest that kubeadm wrote
IMAGE = re.compile(r"^\s*(?:- )?image: \S+/(kube-[a-z-]+):v(\d+\.\d+\.\d+)\S*\s*$", re.MULTILINE)
CONFIGURED = re.compile(r"^kubernetesVersion: \"?v(\d+\.\d+\.\d+)", re.MULTILINE)
SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")


def numbers(version: str) -> tuple[int, int, int]:
    """A version as numbers; what follows them (``-rc.1``, ``+build``) does not count."""
    found = NUMBERS.match(version)
    if not found:
        raise KubeRefusedError(f"{version!r} is no version like 1.36.3; see what reports it")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def difference(running: str, wanted: str) -> str:
    """Why a cluster of the version ``running`` does not get the version ``wanted``; empty where they are the same."""
    have, want = numbers(running), numbers(wanted)
    if have == want:
        return ""
    if want < have:
        return "Kubernetes supports no downgrade of a cluster"
    if want[0] == have[0] and want[1] - have[1] > 1:
        return "an upgrade may not skip a minor version, and this release has no upgrade yet"
    return "this release has no upgrade yet"


def refusal(where: str, running: t.Mapping[str, str], wanted: str) -> str:
    """Why the version of a node or a cluster is not changed, with the remedy; empty where all is of that version.

    ``where``: what runs them, as text. ``running``: versions by the name of the program.
    """
    reasons = {name: difference(version, wanted) for name, version in running.items()}
    other = {name: reason for name, reason in reasons.items() if reason}
    if not other:
        return ""
    have = ", ".join(f"{name} {'.'.join(map(str, numbers(running[name])))}" for name in sorted(other))
    versions = sorted({".".join(map(str, numbers(running[name]))) for name in other}, key=numbers)
    return (
        f"{where} runs {have}, and the model wants Kubernetes {wanted}: {min(other.values())}; "
        f"set kubernetes.version to {' or '.join(versions)}, and make the bundle of that version"
    )


#: Minor versions by which a kubelet may be older than the API server.
OLDER = 3


def skew(server: str, kubelet: str) -> str:
    """Why a kubelet can't serve with an API server that others run, with the remedy; empty where it can.

    Minor versions count, and not the numbers behind them (Kubernetes' version skew policy, kubelet: not newer than
    kube-apiserver, and up to three minor versions older).
    """
    have, want = numbers(server), numbers(kubelet)
    if have[0] == want[0] and have[1] - OLDER <= want[1] <= have[1]:
        return ""
    newer = want[:2] > have[:2]
    rule = "newer than the API server" if newer else f"more than {OLDER} minor versions older than the API server"
    return (
        f"kubernetes.version: {kubelet} is {rule}, which is {'.'.join(map(str, have))}, and a kubelet may not be; set "
        f"it to one of {have[0]}.{max(have[1] - OLDER, 0)} to {have[0]}.{have[1]}, and make the bundle of that version"
    )


def of_control_plane(system: System) -> dict[str, str]:
    """Versions by what is of them, in the files of this control plane that are as kubeadm wrote or read them.

    A file that was changed since says nothing of what the cluster is.
    """
    root = Path(system.root)
    stale = observe.stale_manifests(root)
    found: dict[str, str] = {}
    for name in SERVERS:
        path = system.path(f"{paths.MANIFESTS}/{name}.yaml")
        if name not in stale and path.is_file():
            found |= {image: version for image, version in IMAGE.findall(path.read_text()) if image == name}
    path = system.path(paths.CLUSTER)
    if "cluster" not in stale and path.is_file() and (written := CONFIGURED.search(path.read_text())):
        found["the configuration of kubeadm"] = written.group(1)
    return found


def refuse_change(settings: Settings, system: System, running: t.Mapping[str, str]) -> None:
    """Refuse to change the version of what runs on this machine. An init or join that has not ended is continued.

    ``running``: what is known besides the control plane's files, such as the node's kubelet as the API shows it.

    :raises KubeRefusedError: naming both versions and the remedy.
    """
    attempt = observe.attempt(Path(system.root))
    if attempt is not None and not attempt["done"]:
        return
    text = refusal(settings.node.name, {**of_control_plane(system), **running}, settings.version)
    if text:
        raise KubeRefusedError(text)
