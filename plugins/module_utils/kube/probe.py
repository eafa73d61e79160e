# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For host_probe: why a machine is not a ready node of its cluster, by its files and one request to the API.

Every machine reads its own node with the credentials of its kubelet, so no machine depends on another one.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from ..host.plan import Step
from ..host.system import System
from . import api_names, certificates, identity, immutable, node_patch, observe, paths, version
from .api import Api, Https, Kubeconfig, Refused, Unreachable, tls
from .errors import KubeError, KubeRefusedError
from .settings import Settings


def membership(settings: Settings, system: System) -> tuple[Step, ...]:
    """Steps that make this machine a ready node with the model's labels and taints."""
    name, root = settings.node.name, Path(system.root)
    record = observe.attempt(root)
    if not system.path(paths.KUBELET_CONF).exists():
        return (Step("join", name, after="a node of the cluster\n"),)
    if record and not record["done"]:
        return (Step("finish", f"{record['kind']} of {name}", before="begun\n", after="done\n"),)
    stale = observe.stale(settings, root)
    if stale:
        names = api_names.pending(settings, root)
        before = f"differs: {', '.join(stale)}\n" + (f"certificate of the API: {names}\n" if names else "")
        return (Step("refresh", f"control plane of {name}", before=before, after="as wanted\n"),)
    due = certificates.due(settings, root)
    if due:
        before = "".join(f"{file} ends in {days} days\n" for file, days in due.items())
        return (Step("renew", f"certificates of {name}", before=before, after="valid for a year\n"),)
    try:
        api = as_kubelet(system)
        item = api.get(f"/api/v1/nodes/{name}")
        if item is not None and not settings.node.control_plane:
            immutable.refuse_other_cluster(settings, api)
    except (Unreachable, Refused, OSError) as error:
        return (Step("reach", f"the API from {name}", before=f"{error}\n", after="an answer\n"),)
    if item is None:
        return (Step("join", name, before="unknown to the cluster\n", after="a node of the cluster\n"),)
    have = observe.node(item)
    if have["version"] != f"v{settings.version}":
        version.refuse_change(settings, system, served_version(settings, system))
    return tuple(compare(settings, have))


def served_version(settings: Settings, system: System) -> dict[str, str]:
    """The version of the API server, which is that of the cluster; nothing where the machine is no node. Where others
    run the cluster, the version of this machine's kubelet.

    Where no API answers, a control plane is judged by its own files; a worker has none that name a version.

    :raises KubeRefusedError: on a worker, no API answered.
    """
    if not system.path(paths.KUBELET_CONF).exists():
        return {}
    try:
        if settings.existing:  # its API server may be newer; the version of the node is that of its kubelet
            item = as_kubelet(system).get(f"/api/v1/nodes/{settings.node.name}")
            return {"kubelet": observe.node(item)["version"]} if item else {}
        return {"kube-apiserver": as_kubelet(system).get("/version")["gitVersion"]}
    except (Unreachable, Refused, OSError) as error:
        if settings.node.control_plane:
            return {}
        raise KubeRefusedError(
            f"{settings.node.name}: its programs are not replaced, since the API does not tell which version this node "
            f"has ({error}); run again when the API answers, or give that cluster up by `kubeadm reset -f` here"
        ) from error


def compare(settings: Settings, have: dict[str, t.Any]) -> t.Iterator[Step]:
    """Differences between a live node and the model."""
    name = settings.node.name
    if not have["ready"]:
        yield Step("ready", name, before="not ready\n", after="ready\n")
    patch = node_patch.patch({"labels": settings.node.labels, "taints": settings.node.taints}, have)
    if patch:
        before, after = node_patch.sides(have, patch)
        yield Step("label", name, before=before, after=after)


def as_kubelet(system: System, timeout: float = 10) -> Api:
    """The API as this machine's kubelet, which may read its own node."""
    found = Kubeconfig.fields(system.path(paths.KUBELET_CONF))
    if not {"server", "ca"} <= set(found):
        raise KubeError(f"{paths.KUBELET_CONF}: names no server or no CA; let the machine join again")
    pair = system.path(identity.CERTIFICATE).read_text()
    return Api(Https(found["server"], tls(found["ca"], pair, ""), timeout))
