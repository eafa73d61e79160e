# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CephCluster that the input of the role rook_ceph means, and what it needs of its machines' memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import rook_ceph_facts, rook_ceph_keys, rook_ceph_prometheus, slow
from .placement import tolerations
from .quantities import canonical
from .rook_ceph_facts import Facts, Node
from .rook_ceph_input import FILE_SYSTEMS, NAMESPACE, ROLE, STORES, copies, data_disks, items
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
Json = dict[str, Any]
NAME = "rook-ceph"
CEPH_IMAGE = "quay.io/ceph/ceph:v20.2.4"
#: The key beside the input with the image that Ceph keeps while Rook is upgraded.
IMAGE = "ceph_image"
#: The first kernel that can use keys of the type aes256k (Rook's documentation, CephX Keys and Rotation).
AES256K = (7, 0)
_GIB = 1024**3
#: Memory of daemons in MiB. What Rook asks for at least is in its packages mon, mgr and mds.
MONITOR, MANAGER, METADATA, GATEWAY = 2048, 1024, 4096, 2048
#: An OSD below the first gets slower than its disk, and above the second hardly faster. The last is for labs only.
LEAST_OSD, MOST_OSD, LEAST_OSD_OF_LAB = 2048, 8192, 1024
#: The part of a machine's memory that OSDs take unless it is said otherwise; the rest is for virtual machines.
SHARE = 0.25


def render(params: Params, facts: Facts) -> Json:
    """The CephCluster.

    :raises ClusterLayerError: machines, their memory or their failure domains do not suffice.
    """
    machines = _machines(params, facts)
    _suffices(params, facts)
    metadata: Json = {"name": NAME, "namespace": NAMESPACE}
    metadata["annotations"] = {rook_ceph_facts.ANNOTATION: rook_ceph_facts.annotation(params, facts.names)}
    keys = key_type(facts)
    nodes = [_node(params, node, facts.names[str(node["node"])], machines) for node in items(params, "nodes")]
    spec = {
        "cephVersion": {"image": image(params), "allowUnsupported": False},
        "dataDirHostPath": "/var/lib/rook",
        "security": rook_ceph_keys.of_cluster(params, keys),
        "skipUpgradeChecks": False,
        "continueUpgradeAfterChecksEvenIfNotHealthy": False,
        "upgradeOSDRequiresHealthyPGs": True,
        "removeOSDsIfOutAndSafeToRemove": False,
        "mon": {"count": int(params.get("monitors") or 3), "allowMultiplePerNode": False},
        "mgr": {
            "count": int(params.get("managers") or 2),
            "allowMultiplePerNode": False,
            "modules": [{"name": "rook", "enabled": False}],
        },
        "dashboard": {
            "enabled": bool(params.get("dashboard", True)),
            "ssl": True,
            **rook_ceph_prometheus.of_dashboard(params),
        },
        **rook_ceph_prometheus.of_cluster(params, facts.prometheus),
        "network": _network(params),
        "crashCollector": {"disable": False},
        "logCollector": {"enabled": True, "periodicity": "daily", "maxLogSize": "500M"},
        "disruptionManagement": {"managePodBudgets": True, "osdMaintenanceTimeout": 30},
        "priorityClassNames": {
            "mon": "system-node-critical",
            "osd": "system-node-critical",
            "mgr": "system-cluster-critical",
        },
        "placement": _placement(params),
        # Rook lets clients of images use msgr2 by itself; clients of file systems are told here.
        "csi": {
            "cephfs": {"kernelMountOptions": f"ms_mode={'secure' if params.get('encrypt_traffic') else 'prefer-crc'}"}
        },
        "healthCheck": {**rook_ceph_keys.silenced(keys), **_patient(params)},
        "resources": {"mon": memory(MONITOR), "mgr": memory(MANAGER)},
        "storage": {"useAllNodes": False, "useAllDevices": False, "nodes": nodes},
    }
    return {"apiVersion": "ceph.rook.io/v1", "kind": "CephCluster", "metadata": metadata, "spec": spec}


def image(params: Params) -> str:
    """The image of Ceph: that of this release, unless the input keeps another one for a while."""
    return str(params.get(IMAGE) or CEPH_IMAGE)


def memory(mebibytes: int) -> Json:
    """Resources of a daemon that gets so much memory and no more; its cache is made to fit by Rook."""
    memory = canonical(f"{mebibytes}Mi")
    return {"requests": {"memory": memory}, "limits": {"memory": memory}}


def key_type(facts: Facts) -> str:
    """The type of keys with which nodes mount volumes: the one that they have, or the best that all kernels can use.

    :raises ClusterLayerError: a node can't use the keys that the cluster has.
    """
    old = [node for node in facts.nodes.values() if (node.release() or (0, 0)) < AES256K]
    if facts.key_type == "aes256k" and old:
        names = ", ".join(f"{node.name} ({node.kernel or 'unknown'})" for node in old)
        raise ClusterLayerError(
            f"{ROLE}: the cluster's keys are of the type aes256k, with which kernels before 7.0 mount none: {names}; "
            "give these nodes a newer kernel, or let them leave the cluster"
        )
    return facts.key_type or ("aes" if old or not facts.nodes else "aes256k")


def osd_memory(params: Params, node: Params, machine: Node) -> int:
    """Memory of each OSD of a machine in MiB.

    :raises ClusterLayerError: it has too little.
    """
    least = LEAST_OSD_OF_LAB if params.get("few_machines") else LEAST_OSD
    count = len(data_disks(node))
    own = int(params.get("osd_memory") or 0)
    found = own or min(MOST_OSD, int(machine.memory * SHARE / max(count, 1)) // (1024 * 1024) // 64 * 64)
    place = f"{ROLE}_config.osd_memory"
    if own and own < least:
        raise ClusterLayerError(f"{place}: {own} MiB are too little for an OSD; give at least {least}")
    if found < least:
        raise ClusterLayerError(
            f"{place}: a quarter of the {machine.memory / _GIB:.1f} GiB of {machine.name} is {found} MiB for each of "
            f"its {count} disks, and an OSD needs {least}; add memory, name fewer disks, or give osd_memory"
        )
    if machine.memory and found * count * 1024 * 1024 > machine.memory / 2:
        raise ClusterLayerError(
            f"{place}: {found} MiB for each of {count} disks is more than half of the {machine.memory / _GIB:.1f} GiB "
            f"of {machine.name}, whose other half is for everything else; give less"
        )
    return found


def _machines(params: Params, facts: Facts) -> dict[str, Node]:
    missing = [str(node["node"]) for node in items(params, "nodes") if str(node["node"]) not in facts.nodes]
    if missing:
        raise ClusterLayerError(
            f"{ROLE}_config.nodes: {', '.join(missing)}: no node of the cluster; let it join before"
        )
    return {str(node["node"]): facts.nodes[str(node["node"])] for node in items(params, "nodes")}


def _suffices(params: Params, facts: Facts) -> None:
    """Refuse pools that need more failure domains than there are. Those that the input tells are checked with it."""
    domain = str(params.get("failure_domain") or "host")
    if domain in ("host", "osd"):
        return
    found = rook_ceph_facts.domains(params, facts)
    for item in (*items(params, "pools"), *items(params, FILE_SYSTEMS), *items(params, STORES)):
        if copies(item) > len(found):
            raise ClusterLayerError(
                f"{ROLE}_config: {item['name']} needs {copies(item)} failure domains, and its machines are in "
                f"{len(found)} by the label {rook_ceph_facts.LABELS[domain]}: {', '.join(sorted(found))}; write "
                "failure_domain: host, or add machines in others"
            )


def _network(params: Params) -> Json:
    ranges = {"public": list(map(str, params["public_networks"]))}
    if params.get("replication_networks"):
        ranges["cluster"] = list(map(str, params["replication_networks"]))
    encrypted = bool(params.get("encrypt_traffic"))
    return {
        "provider": "host",
        "addressRanges": ranges,
        "connections": {
            "requireMsgr2": True,
            "encryption": {"enabled": encrypted},
            "compression": {"enabled": False},
        },
    }


def _patient(params: Params) -> Json:
    """Probes of daemons on machines that are slow, as :mod:`.slow` has them for other workloads."""
    if params.get("timings") != slow.SLOW:
        return {}
    daemons = ("mon", "mgr", "osd")
    start = {"probe": {"periodSeconds": 10, "failureThreshold": 90, "timeoutSeconds": 30}}
    live = {"probe": {"failureThreshold": 10, "timeoutSeconds": 30}}
    return {"startupProbe": dict.fromkeys(daemons, start), "livenessProbe": dict.fromkeys(daemons, live)}


def _placement(params: Params) -> Json:
    names = [str(node["node"]) for node in items(params, "nodes")]
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": names}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    everywhere: Json = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    if params.get("tolerations"):
        everywhere["tolerations"] = tolerations(params)
    domain = str(params.get("failure_domain") or "host")
    if domain not in ("zone", "rack"):
        return {"all": everywhere}
    spread = {
        "maxSkew": 1,
        "topologyKey": rook_ceph_facts.LABELS[domain],
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": "rook-ceph-mon"}},
    }
    return {"all": everywhere, "mon": {"topologySpreadConstraints": [spread]}}


def _node(params: Params, node: Params, names: Any, machines: Mapping[str, Node]) -> Json:
    name = str(node["node"])
    return {
        "name": name,
        "devices": list(_devices(params, node, names)),
        "resources": memory(osd_memory(params, node, machines[name])),
    }


def _devices(params: Params, node: Params, names: Any) -> Iterator[Json]:
    """The disks for data; those for metadata are shared among them in turn."""
    pairs = list(zip(items(node, "disks"), names, strict=True))
    shared = [name for disk, name in pairs if disk.get("metadata")]
    for number, (disk, name) in enumerate(pair for pair in pairs if not pair[0].get("metadata")):
        config = {
            **({"deviceClass": str(disk["device_class"])} if disk.get("device_class") else {}),
            **({"encryptedDevice": "true"} if params.get("encrypt_disks") else {}),
            **({"metadataDevice": shared[number % len(shared)]} if shared else {}),
        }
        yield {"name": name, **({"config": config} if config else {})}
