# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observation of one machine and its cluster: its own files, and the API if it is a control plane. Changes nothing."""

from __future__ import annotations

import hashlib
import json
import typing as t
from pathlib import Path

from ..host.system import System
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from . import api_names, certificates, etcd, job, paths
from .api import Api, Kubeconfig, Refused, Unreachable, connect
from .settings import Settings

Observation = dict[str, t.Any]
MANAGED = "groundup.cloud/managed"


def observe(settings: Settings, patience: float = 0, root: Path = Path("/")) -> Observation:
    """This machine's observation.

    ``{name, address, control_plane, hosted, existing, joined, admin, etcd_data, attempt: {kind, done, alive?}|None,
    encryption: sha256|"", stale: [name], due: {certificate: days}, version: wanted,
    cluster: {ca, version, nodes: {name: …}, etcd: [member], own: its own API server answered}|None, error: text}``.
    When the machine belongs to a cluster whose API doesn't answer, the request is repeated for ``patience`` seconds: a
    control plane that was just switched on needs time to start.
    """
    node = settings.node
    seen: Observation = {
        "name": node.name,
        "address": node.address,
        "control_plane": node.control_plane,
        "hosted": settings.hosted,
        "existing": settings.existing,
        "joined": _at(root, paths.KUBELET_CONF).exists(),
        "admin": _at(root, paths.ADMIN_CONF).exists(),
        "etcd_data": _at(root, paths.ETCD_DATA).exists(),
        "attempt": attempt(root),
        "encryption": digest(_at(root, paths.ENCRYPTION)),
        "stale": stale(settings, root),
        "due": certificates.due(settings, root),
        "version": settings.version,
        "cluster": None,
        "error": "",
    }
    if seen["admin"]:
        # An interrupted init is continued anyway; its API may never have started.
        seen |= _read_cluster(settings, 0 if unfinished(seen["attempt"], "init") else patience, root)
    return seen


def attempt(root: Path = Path("/")) -> dict[str, t.Any] | None:
    """The record of the last init or join on this machine: {kind, done}."""
    try:
        return t.cast("dict[str, t.Any]", json.loads(_at(root, paths.ATTEMPT).read_text()))
    except FileNotFoundError:
        return None


def manifests(root: Path) -> dict[str, str]:
    """sha256 of the static pods' manifests, of the configuration they were made from, and of what their servers read
    only when they start."""
    found = {name: digest(_at(root, f"{paths.MANIFESTS}/{name}.yaml")) for name in paths.STATIC_PODS}
    patched = b"".join(path.read_bytes() for path in sorted(_at(root, paths.PATCHES).glob("*.yaml")))
    return found | {
        "cluster": digest(_at(root, paths.CLUSTER)),
        "patches": hashlib.sha256(patched).hexdigest(),
        "audit policy": digest(_at(root, paths.AUDIT_POLICY)),
    }


def stale_manifests(root: Path) -> list[str]:
    """Manifests that were changed by hand since kubeadm wrote them, and ``cluster`` when the model changed since."""
    record = _at(root, paths.MANIFEST_RECORD)
    if not record.exists():
        return []
    have = manifests(root)
    return sorted(name for name, value in json.loads(record.read_text()).items() if have[name] != value)


def stale(settings: Settings, root: Path) -> list[str]:
    """All that differs on a control plane: manifests, and the names in the certificate of its API server."""
    return [*stale_manifests(root), *api_names.stale(settings, root)]


def unfinished(record: t.Mapping[str, t.Any] | None, kind: str) -> bool:
    """Whether an attempt of this kind was started and did not end."""
    return record is not None and record["kind"] == kind and not record["done"]


def digest(path: Path) -> str:
    """sha256 of a file, empty when there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _at(root: Path, name: str) -> Path:
    return root / name.lstrip("/")


def _read_cluster(settings: Settings, seconds: float, root: Path) -> Observation:
    """Read the cluster through the machine's own API server, or through the endpoint where that one does not answer."""
    kubeconfig = Kubeconfig.read(_at(root, paths.ADMIN_CONF))
    servers = list(dict.fromkeys([f"https://{settings.node.address}:{settings.api_port}", kubeconfig.server]))

    def probe() -> Observation | Missing:
        errors = []
        for server in servers:
            try:
                found = cluster(connect(kubeconfig, server), kubeconfig.ca)
                return {"cluster": found | {"etcd": _etcd(root), "own": server == servers[0]}, "error": ""}
            except (Unreachable, Refused) as error:
                errors.append(Row(str(error)))
        return Missing(tuple(errors))

    try:
        return wait(probe, Deadline(seconds), what="an answer of the API")
    except TimedOut as error:
        return {"cluster": None, "error": str(error.missing)}


def _etcd(root: Path) -> list[etcd.Member]:
    """Members as this machine's etcd lists them; none where it has no etcd that answers."""
    try:
        return etcd.members(etcd.connect(root))
    except (FileNotFoundError, Unreachable, Refused):
        return []


def cluster(api: Api, ca: str) -> dict[str, t.Any]:
    """Nodes by one read of the API, and the digest of the CA, which identifies the cluster."""
    items = api.get("/api/v1/nodes")["items"]
    return {
        "ca": hashlib.sha256(ca.strip().encode()).hexdigest(),
        "server": api.server,
        "version": api.get("/version")["gitVersion"],
        "nodes": {item["metadata"]["name"]: node(item) for item in items},
    }


def node(item: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The compared part of a Node, and its ``revision``, which tells whether others have changed it."""
    meta, spec, status = item["metadata"], item.get("spec", {}), item.get("status", {})
    ready = [c["status"] == "True" for c in status.get("conditions", ()) if c["type"] == "Ready"]
    labels = meta.get("labels", {})
    ranges = list(spec.get("podCIDRs") or ())
    own = [a["address"] for a in status.get("addresses", ()) if a["type"] == "InternalIP"]
    return {
        "ready": any(ready),
        "control_plane": "node-role.kubernetes.io/control-plane" in labels,
        "pod_cidr": spec.get("podCIDR", ""),
        "address": own[0] if own else "",
        # of the second IP version, where pods have addresses of both
        **({"second_pod_cidr": ranges[1]} if len(ranges) > 1 else {}),
        **({"second_address": own[1]} if len(own) > 1 else {}),
        "version": status.get("nodeInfo", {}).get("kubeletVersion", ""),
        "labels": labels,
        "taints": [dict(taint) for taint in spec.get("taints") or ()],
        "managed": meta.get("annotations", {}).get(MANAGED, ""),
        "revision": meta.get("resourceVersion", ""),
    }


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_membership. An attempt that isn't done is ``alive`` while kubeadm runs, and when it
    ended and no controller has recorded that."""
    seen = observe(settings, params["wait"], Path(settings.root))
    if seen["attempt"] and not seen["attempt"]["done"] and not settings.hosted:
        seen["attempt"]["alive"] = job.active(System())
    return {"changed": False, "observation": seen, "settings": params["config"]}
