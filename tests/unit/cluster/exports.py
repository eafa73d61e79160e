# SPDX-License-Identifier: GPL-3.0-or-later
"""What Rook's script create-external-cluster-resources.py prints, with made-up keys."""

from __future__ import annotations

import base64
import json
import typing as t

FSID = "797f411a-aafe-11ec-a254-fa163e1539f5"
MONITORS = "node1=10.0.210.83:3300"


def key(kind: int = 1) -> str:
    """A made-up key of Ceph: its type, the time when it was made, its length, and the secret."""
    secret = bytes(16 if kind == 1 else 32)
    return base64.b64encode(kind.to_bytes(2, "little") + bytes(8) + len(secret).to_bytes(2, "little") + secret).decode()


def lines(kind: int = 1, **differs: str | None) -> str:
    """The output with --format bash. ``differs``: variables by name; None leaves one out."""
    found: dict[str, str | None] = {
        "ARGS": '"[Configurations]\\nformat = bash"',
        "ROOK_EXTERNAL_FSID": FSID,
        "ROOK_EXTERNAL_USERNAME": "client.healthchecker",
        "ROOK_EXTERNAL_CEPH_MON_DATA": MONITORS,
        "ROOK_EXTERNAL_USER_SECRET": key(),
        "ROOK_EXTERNAL_DASHBOARD_LINK": "https://10.0.210.83:8443/",
        "CSI_RBD_NODE_SECRET": key(kind),
        "CSI_RBD_NODE_SECRET_NAME": "csi-rbd-node",
        "CSI_RBD_PROVISIONER_SECRET": key(kind),
        "CSI_RBD_PROVISIONER_SECRET_NAME": "csi-rbd-provisioner",
        "CSI_CEPHFS_NODE_SECRET": key(kind),
        "CSI_CEPHFS_NODE_SECRET_NAME": "csi-cephfs-node",
        "CSI_CEPHFS_PROVISIONER_SECRET": key(kind),
        "CSI_CEPHFS_PROVISIONER_SECRET_NAME": "csi-cephfs-provisioner",
        "RBD_POOL_NAME": "replicated_2g",
        "CEPHFS_FS_NAME": "cephfs",
        "CEPHFS_POOL_NAME": "cephfs.data",
        **differs,
    }
    return "".join(f"export {name}={value}\n" for name, value in found.items() if value is not None)


def objects(suffix: str = "", **differs: t.Any) -> str:
    """The output with --format json. ``suffix``: of users who may use one pool only, in names of their Secrets."""
    users = ("rbd-node", "rbd-provisioner", "cephfs-node", "cephfs-provisioner")
    found: list[dict[str, t.Any]] = [
        {"name": "external-cluster-user-command", "kind": "ConfigMap", "data": {"args": "[Configurations]"}},
        {"name": "rook-ceph-mon-endpoints", "kind": "ConfigMap",
         "data": {"data": MONITORS, "maxMonId": "0", "mapping": "{}"}},
        {"name": "rook-ceph-mon", "kind": "Secret",
         "data": {"admin-secret": "admin-secret", "fsid": FSID, "mon-secret": "mon-secret"}},
        {"name": "rook-ceph-operator-creds", "kind": "Secret",
         "data": {"userID": "client.healthchecker", "userKey": key()}},
        *({"name": f"rook-csi-{one}{suffix}", "kind": "Secret",
           "data": {"userID": f"csi-{one}{suffix}", "userKey": key()}} for one in users),
        {"name": "ceph-rbd", "kind": "StorageClass", "data": {"pool": "replicated_2g"}},
        {"name": "cephfs", "kind": "StorageClass", "data": {"fsName": "cephfs", "pool": "cephfs.data"}},
        *([differs["more"]] if differs else []),
    ]  # fmt: skip
    return json.dumps(found)
