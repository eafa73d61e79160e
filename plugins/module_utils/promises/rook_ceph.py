# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the storage provider `rook_ceph` promises: Ceph by Rook, with the drivers of ceph-csi.

Which of it a cloud has depends on what its model stores; the proofs say of the rest that it is not promised.
"""

from __future__ import annotations

from .promise import Kept, StoragePromise, Table

_SINCE = "Rook 1.20"
_DOCS = "Rook's documentation 1.20"
_BLOCK = f"{_DOCS}, Storage-Configuration/Block-Storage-RBD/block-storage"
_CSI = f"{_DOCS}, Storage-Configuration/Ceph-CSI"
PROMISES: Table = {
    StoragePromise.BLOCK: Kept(_SINCE, _BLOCK),
    StoragePromise.BLOCK_SHARED: Kept("ceph-csi 3.17", "ceph-csi, README: RWX for volumes of raw blocks"),
    StoragePromise.FILE: Kept(_SINCE, f"{_DOCS}, Storage-Configuration/Shared-Filesystem-CephFS/filesystem-storage"),
    StoragePromise.OBJECT: Kept(_SINCE, f"{_DOCS}, Storage-Configuration/Object-Storage-RGW/ceph-object-bucket-claim"),
    StoragePromise.SNAPSHOTS: Kept(_SINCE, f"{_CSI}/ceph-csi-snapshot"),
    StoragePromise.CLONES: Kept(_SINCE, f"{_CSI}/ceph-csi-volume-clone"),
    StoragePromise.EXPANSION: Kept(_SINCE, f"{_CSI}/ceph-csi-drivers: allowVolumeExpansion of the storage class"),
    StoragePromise.QUOTA: Kept("Kubernetes 1.36", "Kubernetes' documentation, concepts/policy/resource-quotas"),
    StoragePromise.ENCRYPTED_DISKS: Kept(_SINCE, f"{_DOCS}, CRDs/Cluster/ceph-cluster-crd: encryptedDevice"),
    StoragePromise.ENCRYPTED_TRAFFIC: Kept(
        _SINCE, f"{_DOCS}, CRDs/Cluster/network-providers: connections.encryption, by msgr2"
    ),
}
