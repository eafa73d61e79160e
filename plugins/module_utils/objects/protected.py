# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects hold something that is lost with them. They are removed only by a consent that names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import stages
from .wanted import Key

#: Annotation by which a definition says that removing it loses data ("true") or does not ("false").
HOLDS_DATA = "groundup.cloud/holds-data"
_LOST: Mapping[tuple[str, str], str] = {
    ("", "Namespace"): "everything in it is removed with it",
    stages.CRD: "all objects of its kind are removed with it",
    ("", "PersistentVolume"): "it holds data",
    ("", "PersistentVolumeClaim"): "its volume may be removed with it",
}
#: Custom resources that are configuration only. All other custom resources count as holding data: what becomes of a
#: cluster, a pool, a VM or a backup is decided by a controller that this collection need not know.
_SETTINGS: Mapping[str, frozenset[str]] = {
    "cdi.kubevirt.io": frozenset({"DataSource"}),
    "cert-manager.io": frozenset({"Certificate", "ClusterIssuer", "Issuer"}),
    "crd.projectcalico.org": frozenset({"BGPFilter", "BGPPeer", "GlobalNetworkPolicy", "NetworkPolicy"}),
    "gateway.networking.k8s.io": frozenset({"Gateway", "GatewayClass", "GRPCRoute", "HTTPRoute", "TLSRoute"}),
    "instancetype.kubevirt.io": frozenset({"VirtualMachineClusterInstancetype", "VirtualMachineClusterPreference"}),
    "k8s.cni.cncf.io": frozenset({"NetworkAttachmentDefinition"}),
    "metallb.io": frozenset({"BFDProfile", "BGPAdvertisement", "BGPPeer", "Community", "L2Advertisement"}),
    "monitoring.coreos.com": frozenset({"PodMonitor", "Probe", "PrometheusRule", "ServiceMonitor"}),
    "policy.networking.k8s.io": frozenset({"AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"}),
    "projectcalico.org": frozenset({"BGPFilter", "BGPPeer", "GlobalNetworkPolicy", "NetworkPolicy"}),
    "snapshot.storage.k8s.io": frozenset({"VolumeSnapshotClass"}),
}


@dataclass(frozen=True)
class Consent:
    """The consent to remove one object with what it holds."""

    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Consent:
        """Return the consent that an option means."""
        return cls(given["kind"], given["name"], given.get("namespace") or "")


def loss(key: Key, item: Mapping[str, Any]) -> str:
    """Return what is lost with an object; empty if nothing is."""
    marked = ((item.get("metadata") or {}).get("annotations") or {}).get(HOLDS_DATA)
    if marked == "true":
        return f"its annotation {HOLDS_DATA} says that it holds data"
    if found := _LOST.get((key.group, key.kind)):
        return found
    if marked == "false" or key.group in stages.BUILT_IN or key.kind in _SETTINGS.get(key.group, ()):
        return ""
    return "it is a custom resource, and its controller may remove data with it"


def consented(key: Key, consents: Iterable[Consent]) -> bool:
    """Return whether a consent names the object."""
    return Consent(key.kind, key.name, key.namespace) in set(consents)


def spelled(key: Key) -> str:
    """Return the consent that would remove an object, as it is written in a playbook."""
    place = f", namespace: {key.namespace}" if key.namespace else ""
    return f"{{kind: {key.kind}, name: {key.name}{place}}}"
