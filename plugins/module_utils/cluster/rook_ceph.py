# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rook_ceph: block, file and object storage by Ceph, which Rook runs on the machines' own disks (rook.io).

Upstream's manifests bring the operators of Rook and of the CSI drivers, and the controller of csi-addons. What is
wanted of them is patched here; the cluster, pools and classes are made from the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.manifests import Definition, of_objects
from ..objects.patches import ABSENT, Patch, patched
from . import (
    rook_ceph_classes,
    rook_ceph_cluster,
    rook_ceph_external,
    rook_ceph_input,
    rook_ceph_prometheus,
    rook_ceph_tls,
    rook_ceph_toolbox,
    slow,
)
from .rook_ceph_classes import CEPHFS, RBD
from .rook_ceph_facts import Facts
from .rook_ceph_input import FILE_SYSTEMS, NAMESPACE, POOLS, ROLE, is_external, items
from .upstream import definitions

Params = Mapping[str, Any]
VERSION = "v1.20.6"
#: Names of its manifests in the bundle: of Rook with the operator of CSI drivers, and of csi-addons.
MANIFESTS = ("rook-crds", "rook-common", "rook-csi-operator", "rook-operator")
ADDONS = ("csi-addons-crds", "csi-addons-rbac", "csi-addons-controller", "csi-addons-config")
#: ceph-csi before 3.17.1 can't use keys of the type aes256k (ceph-csi#6493, rook#18261).
CSI_IMAGE = "quay.io/cephcsi/cephcsi:v3.17.1"
ADDONS_IMAGE = "quay.io/csiaddons/k8s-controller:v0.14.0"
IMAGES = (
    f"docker.io/rook/ceph:{VERSION}",
    rook_ceph_cluster.CEPH_IMAGE,
    "quay.io/cephcsi/ceph-csi-operator:v1.0.4",
    CSI_IMAGE,
    ADDONS_IMAGE,
    "quay.io/csiaddons/k8s-sidecar:v0.14.0",
    "registry.k8s.io/sig-storage/csi-attacher:v4.12.0",
    "registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.17.0",
    "registry.k8s.io/sig-storage/csi-provisioner:v6.2.0",
    "registry.k8s.io/sig-storage/csi-resizer:v2.1.0",
    "registry.k8s.io/sig-storage/csi-snapshotter:v8.5.0",
)
#: What nodes need: images are mapped and file systems mounted by the kernel.
KERNEL_MODULES = ("rbd", "ceph")
#: Packages of machines whose disks are encrypted or have their metadata elsewhere (Rook, prerequisites).
LVM_PACKAGES = ("lvm2", "cryptsetup-bin")

_SETTINGS = ("ConfigMap", "rook-ceph-operator-config")
_SIDECARS = ("ConfigMap", "rook-csi-operator-image-set-configmap")
_DRIVERS = ("OperatorConfig", "ceph-csi-operator-config")
_EVERYWHERE = [{"operator": "Exists"}]
_PRIVILEGED = {f"pod-security.kubernetes.io/{mode}": "privileged" for mode in ("enforce", "audit", "warn")}


def render(params: Params) -> list[Definition]:
    """The definitions that the role's input means.

    :param params: the input, and what the layer finds out: ``facts`` of the cluster, and of an external one its export.
    :raises ClusterLayerError: a value is wrong, or what there is does not suffice.
    """
    rook_ceph_input.check(params)
    facts: Facts = params.get("facts") or Facts()
    if is_external(params):
        own = rook_ceph_external.render(params[rook_ceph_external.IMPORTED], params.get(rook_ceph_external.MONITORS))
    else:
        own = [rook_ceph_cluster.render(params, facts), *rook_ceph_prometheus.render(params, facts.prometheus)]
    own += [*rook_ceph_toolbox.render(params), *rook_ceph_tls.render(params), *rook_ceph_classes.render(params)]
    return [*upstream(params), *of_objects(own, f"{ROLE}_config")]


def upstream(params: Params) -> list[Definition]:
    """The operators, as patched."""
    found = [
        one
        for key in ("manifests", "addons_manifests")
        for number, given in enumerate(params.get(key) or [])
        for one in definitions(ROLE, given or {}, f"{key}[{number}]")
    ]
    chosen = [one for one in found if one.kind != "Driver" or one.name in _wanted_drivers(params)]
    return patched(chosen, _patches(params))


def _wanted_drivers(params: Params) -> list[str]:
    """The CSI drivers for what the input stores."""
    return [name for name, kind in ((RBD, POOLS), (CEPHFS, FILE_SYSTEMS)) if items(params, kind)]


def _patches(params: Params) -> Iterator[Patch]:
    yield Patch("Namespace", NAMESPACE, ("metadata", "labels"), ABSENT, _PRIVILEGED, "daemons use devices of machines")
    yield Patch(
        *_SIDECARS,
        ("data", "plugin"),
        "quay.io/cephcsi/cephcsi:v3.17.0",
        CSI_IMAGE,
        "keys of the type aes256k need it (ceph-csi#6493)",
    )
    if params.get("timings") == slow.SLOW:
        reason = "commands of Ceph take longer on slow machines"
        yield Patch(*_SETTINGS, ("data", "ROOK_CEPH_COMMANDS_TIMEOUT_SECONDS"), "15", "120", reason)
    defaults = ("spec", "driverSpecDefaults")
    for name in _wanted_drivers(params):
        reason = "pods of nodes with a taint mount volumes as well"
        yield Patch("Driver", name, ("spec", "nodePlugin", "tolerations"), ABSENT, _EVERYWHERE, reason)
    facts: Facts = params.get("facts") or Facts()
    replicas = 2 if len(facts.nodes if is_external(params) else items(params, "nodes")) > 1 else 1
    reason = "volumes are made while one machine is down"
    yield Patch(*_DRIVERS, (*defaults, "controllerPlugin", "replicas"), ABSENT, replicas, reason)
    if params.get("addons_manifests"):
        reason = "space of deleted files is given back, and a dead node is fenced, by csi-addons"
        yield Patch(*_DRIVERS, (*defaults, "deployCsiAddons"), False, True, reason)
        yield Patch(*_DRIVERS, (*defaults, "enableFencing"), ABSENT, True, reason)
        path = ("spec", "template", "spec", "containers", {"name": "manager"}, "image")
        reason = "upstream's tag has latest in it"
        old = "quay.io/csiaddons/k8s-controller:latest"
        yield Patch("Deployment", "csi-addons-controller-manager", path, old, ADDONS_IMAGE, reason)
