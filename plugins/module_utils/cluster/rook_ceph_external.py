# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Ceph cluster that others run: what Rook needs to use it, and what is wrong with an export of it.

Rook runs no daemon of Ceph then. It brings the CSI drivers to the monitors, and asks for the health by a user who may
read that (Rook's documentation 1.20, CRDs/Cluster/external-cluster). The objects are those of its script
import-external-cluster.sh.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.conflicts import TakeOver
from ..objects.transport import Json
from .rook_ceph_export import CEPHFS_SECRETS, RBD_SECRETS, Export
from .rook_ceph_facts import Facts
from .rook_ceph_input import FILE_SYSTEMS, NAMESPACE, POOLS, ROLE, is_external, items
from .upstream import ClusterLayerError, refuse

Params = Mapping[str, Any]
#: The option with secrets, beside the input, and its key with the output of Rook's script.
SECRETS, EXPORT = "secrets", "export"
PLACE = f"{ROLE}_{SECRETS}.{EXPORT}"
#: The annotation of the ConfigMap of monitors with those of the export, of which Rook then follows the changes.
ANNOTATION = "groundup.cloud/monitors"
#: Keys beside the input with the export that was read, and with the ConfigMap of monitors that the cluster has.
IMPORTED, MONITORS = "imported", "monitors_of_cluster"
ENDPOINTS, CREDENTIALS = "rook-ceph-mon-endpoints", "rook-ceph-mon"
_TYPE = "kubernetes.io/rook"


def check_export(params: Params, export: Export, facts: Facts) -> None:
    """Refuse an export that is not that of the wanted cluster, or does not suffice.

    :raises ClusterLayerError: with everything that is wrong.
    """
    refuse(_insufficient(params, export, facts))


def _insufficient(params: Params, export: Export, facts: Facts) -> Iterator[str]:
    fsid = str(params["external"]["fsid"]).lower()
    if export.fsid != fsid:
        yield f"{PLACE}: is of the Ceph cluster {export.fsid}, not of {fsid}; export that, or correct external.fsid"
    for kind, secrets in ((POOLS, RBD_SECRETS), (FILE_SYSTEMS, CEPHFS_SECRETS)):
        missing = [name for name in secrets if name not in export.clients]
        if items(params, kind) and missing:
            option = "--rbd-data-pool-name" if kind == POOLS else "--cephfs-filesystem-name"
            yield f"{PLACE}: has no user for {ROLE}_config.{kind} ({', '.join(missing)}); run the script with {option}"
    if export.restricted:
        yield from _not_allowed(params, export)
    old = [one for one in facts.nodes.values() if (one.release() or (0, 0)) < (7, 0)]
    if old and any(one.key_type == "aes256k" for one in export.clients.values()):
        names = ", ".join(f"{one.name} ({one.kernel or 'unknown'})" for one in old)
        yield (
            f"{PLACE}: its keys are of the type aes256k, with which kernels before 7.0 mount none: {names}; run the "
            "script with --cephx-key-type aes, or give these nodes a newer kernel"
        )


def _not_allowed(params: Params, export: Export) -> Iterator[str]:
    for kind, key, allowed in ((POOLS, "pool", export.pools), (FILE_SYSTEMS, "filesystem", export.filesystems)):
        for item in items(params, kind):
            name = str(item.get(key) or item["name"])
            if name not in allowed:
                yield (
                    f"{PLACE}: its users may not use the {key} {name}, but {', '.join(allowed) or 'none'}; export it "
                    "as well, or without --restricted-auth-permission"
                )


def refuse_other(params: Params, live: Json, known: str) -> None:
    """Refuse to turn a cluster of one's own into an external one, or back, or to another one.

    :param known: the fsid that the cluster has.
    :raises ClusterLayerError: with the remedy.
    """
    external = lives(live)
    if external != is_external(params):
        has, wanted = ("external", "one of its own") if external else ("one of its own", "external")
        raise ClusterLayerError(
            f"{ROLE}_config.external: the Ceph cluster is {has}, and can't become {wanted}; move the data, and remove "
            f"the former with {ROLE}_state: absent"
        )
    fsid = str((params.get("external") or {}).get("fsid") or "").lower()
    if external and known and known != fsid:
        raise ClusterLayerError(
            f"{ROLE}_config.external.fsid: {fsid} is not {known}, whose volumes this cluster has; move the data, and "
            f"remove it with {ROLE}_state: absent"
        )


def lives(live: Json | None) -> bool:
    """Whether a CephCluster is external."""
    return bool((((live or {}).get("spec") or {}).get("external") or {}).get("enable"))


def render(export: Export, live: Json | None) -> list[Json]:
    """The CephCluster, and what Rook has to know before it.

    :param live: the ConfigMap of monitors, of which Rook keeps the addresses as the cluster has them.
    """
    return [*_secrets(export), _monitors(export, live), _cluster(export)]


def _secrets(export: Export) -> Iterator[Json]:
    yield _secret(
        CREDENTIALS,
        {
            "cluster-name": NAMESPACE,
            "fsid": export.fsid,
            # Rook takes these two words for keys that it was not given.
            "admin-secret": "admin-secret",
            "mon-secret": "mon-secret",
            "ceph-username": export.health.user,
            "ceph-secret": export.health.key,
        },
    )
    for name, one in export.clients.items():
        yield _secret(name, {"userID": one.user, "userKey": one.key})


def _secret(name: str, values: Mapping[str, str]) -> Json:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": _TYPE, "stringData": dict(values)}


def _monitors(export: Export, live: Json | None) -> Json:
    """The ConfigMap: monitors as Rook has found them since, unless the export names others than it did then."""
    found = (live or {}).get("data") or {}
    known = ((live or {}).get("metadata") or {}).get("annotations") or {}
    same = known.get(ANNOTATION) == export.monitors
    metadata = {"name": ENDPOINTS, "namespace": NAMESPACE, "annotations": {ANNOTATION: export.monitors}}
    data = {"data": export.monitors, "mapping": "{}", "maxMonId": "2"}
    if same:
        data |= {key: str(found[key]) for key in data if found.get(key)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def taken(params: Params) -> list[TakeOver]:
    """The consents to name monitors of a new export where Rook has named those of a former one."""
    metadata = ((params.get(MONITORS) or {}).get("metadata")) or {}
    managers = {str(one["manager"]) for one in metadata.get("managedFields") or () if one.get("operation") == "Update"}
    return [TakeOver("ConfigMap", ENDPOINTS, one, (".data",), NAMESPACE) for one in sorted(managers)]


def _cluster(export: Export) -> Json:
    mode = {"csi": {"cephfs": {"kernelMountOptions": "ms_mode=prefer-crc"}}} if export.msgr2 else {}
    spec = {
        "external": {"enable": True},
        "dataDirHostPath": "/var/lib/rook",
        "crashCollector": {"disable": True},
        "healthCheck": {"daemonHealth": {"mon": {"disabled": False, "interval": "45s"}}},
        "monitoring": {"enabled": False},
        **mode,
    }
    return {
        "apiVersion": "ceph.rook.io/v1",
        "kind": "CephCluster",
        "metadata": {"name": NAMESPACE, "namespace": NAMESPACE},
        "spec": spec,
    }
