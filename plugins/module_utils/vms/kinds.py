# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of KubeVirt and of Kubernetes that are used here, and the paths of their objects.

The versions are the ones that KubeVirt 1.8 and 1.9 store (its CRDs).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Kind:
    """A kind in one version.

    :ivar base: the path of its group and version.
    """

    base: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        """Its `apiVersion`."""
        return self.base.removeprefix("/apis/").removeprefix("/api/")

    @property
    def group(self) -> str:
        """Its API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of an object or of a collection; without a namespace that of all namespaces."""
        parts = ["namespaces", namespace] if namespace else []
        parts += [self.plural, name] if name else [self.plural]
        return "/".join([self.base, *(quote(part, safe="") for part in parts)])

    def body(self, namespace: str, name: str, spec: dict[str, object]) -> dict[str, object]:
        """An object of this kind."""
        meta = {"namespace": namespace, "name": name}
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": meta, "spec": spec}


NODE = Kind("/api/v1", "nodes", "Node")
POD = Kind("/api/v1", "pods", "Pod")
CLUSTERS = Kind("/apis/ceph.rook.io/v1", "cephclusters", "CephCluster")
KUBEVIRT = Kind("/apis/kubevirt.io/v1", "kubevirts", "KubeVirt")
VM = Kind("/apis/kubevirt.io/v1", "virtualmachines", "VirtualMachine")
VMI = Kind("/apis/kubevirt.io/v1", "virtualmachineinstances", "VirtualMachineInstance")
MIGRATION = Kind("/apis/kubevirt.io/v1", "virtualmachineinstancemigrations", "VirtualMachineInstanceMigration")
SNAPSHOT = Kind("/apis/snapshot.kubevirt.io/v1beta1", "virtualmachinesnapshots", "VirtualMachineSnapshot")
CONTENT = Kind("/apis/snapshot.kubevirt.io/v1beta1", "virtualmachinesnapshotcontents", "VirtualMachineSnapshotContent")
RESTORE = Kind("/apis/snapshot.kubevirt.io/v1beta1", "virtualmachinerestores", "VirtualMachineRestore")
CLONE = Kind("/apis/clone.kubevirt.io/v1beta1", "virtualmachineclones", "VirtualMachineClone")
ATTACHMENT = Kind("/apis/k8s.cni.cncf.io/v1", "network-attachment-definitions", "NetworkAttachmentDefinition")
DATA_VOLUME = Kind("/apis/cdi.kubevirt.io/v1beta1", "datavolumes", "DataVolume")
CDI_CONFIG = Kind("/apis/cdi.kubevirt.io/v1beta1", "cdiconfigs", "CDIConfig")
UPLOAD_TOKEN = Kind("/apis/upload.cdi.kubevirt.io/v1beta1", "uploadtokenrequests", "UploadTokenRequest")
#: Actions on virtual machines, which KubeVirt's own API server answers.
SUBRESOURCES = "/apis/subresources.kubevirt.io/v1"
