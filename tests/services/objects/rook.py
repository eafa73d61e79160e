# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs of the role rook_ceph, nodes and disks for tests on a real API server."""

from __future__ import annotations

import typing as t

from services.objects.conftest import directory, manifest

Params = dict[str, t.Any]
GIB = 1024**3
ADDONS = (
    "crds/crds.yaml",
    "manifests/rbac.yaml",
    "manifests/setup-controller.yaml",
    "manifests/csi-addons-config.yaml",
)
ROOK = ("crds/crds.yaml", "manifests/common.yaml", "manifests/csi-operator.yaml", "manifests/operator.yaml")
SNAPSHOTS = (
    *(f"crds/snapshot.storage.k8s.io_volumesnapshot{name}.yaml" for name in ("classes", "contents", "s")),
    "manifests/snapshot-controller/rbac-snapshot-controller.yaml",
    "manifests/snapshot-controller/setup-snapshot-controller.yaml",
)


def manifests(project: str, names: t.Iterable[str]) -> list[Params]:
    return [manifest(directory(project) / name) for name in names]


def upstream() -> Params:
    """The manifests of Rook and csi-addons."""
    return {"manifests": manifests("rook-v", ROOK), "addons_manifests": manifests("csi-addons-v", ADDONS)}


def machines(count: int, disks: int = 1, **keys: t.Any) -> list[Params]:
    """Machines n1, n2 … with disks n1-d1, n1-d2 …"""
    return [
        {"node": f"n{number}", "disks": [disk(f"n{number}-d{one}", **keys) for one in range(1, disks + 1)]}
        for number in range(1, count + 1)
    ]


def disk(serial: str, **keys: t.Any) -> Params:
    return {"id": {"serial": serial}, **keys}


def config(count: int = 3, **keys: t.Any) -> Params:
    """An input for block storage."""
    return {
        "cloud": "rack1",
        "nodes": machines(count),
        "public_networks": ["10.40.0.0/24"],
        "pools": [{"name": "block", "default": True, "map_options": ["rxbounce"]}],
        **keys,
    }


def found(given: Params, **of_disks: Params) -> dict[str, list[Params]]:
    """What disk_info returns for the disks of an input; ``of_disks``: by serial number with _, what differs."""
    return {
        str(node["node"]): [described(str(one["id"]["serial"]), of_disks) for one in node["disks"]]
        for node in given["nodes"]
    }


def described(serial: str, of_disks: dict[str, Params]) -> Params:
    name = serial.replace("-", "_")
    return {
        "path": f"/dev/{name}",
        "links": [f"/dev/disk/by-id/ata-{serial}", f"/dev/disk/by-id/wwn-0x{serial.encode().hex():0<16}"],
        "size": 960 * 10**9,
        "blank": True,
        "data": [],
        "problem": "",
        "read_only": False,
        "ceph": [],
        "mounts": [],
        "swap": [],
        **of_disks.get(name, {}),
    }


def node(name: str, memory: int = 64, kernel: str = "6.12.107+deb13-amd64", rack: str = "") -> Params:
    """A Node as its kubelet reports it."""
    labels = {"topology.kubernetes.io/zone": rack} if rack else {}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "status": {"capacity": {"memory": f"{memory * 1024 * 1024}Ki"}, "nodeInfo": node_info(kernel)},
    }


def node_info(kernel: str) -> dict[str, str]:
    names = (
        "machineID", "systemUUID", "bootID", "osImage", "containerRuntimeVersion", "kubeletVersion",
        "kubeProxyVersion", "operatingSystem", "architecture",
    )  # fmt: skip
    return {**dict.fromkeys(names, "x"), "kernelVersion": kernel}
