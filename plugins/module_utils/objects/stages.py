# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which objects are applied, derived from their kinds. Objects are removed in the reverse order."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from .manifests import Definition, ManifestError

#: Annotation by which an object names its stage instead.
OVERRIDE = "groundup.cloud/stage"


class Stage(IntEnum):
    """Stages in order. A stage begins when all objects of the one before were applied and its condition holds."""

    NAMESPACES = 1
    DEFINITIONS = 2  # CRDs; then wait until they are Established and served
    CONFIGURATION = 3  # accounts, rights, settings, classes, claims, services
    WORKLOADS = 4
    ADMISSION = 5  # webhooks and API services; then wait for the endpoints of their services
    CUSTOM = 6  # custom resources


CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")
#: API groups that every API server serves itself. Objects of other groups are custom resources.
BUILT_IN = frozenset(
    {
        "", "apps", "batch", "autoscaling", "policy", "admissionregistration.k8s.io", "apiextensions.k8s.io",
        "apiregistration.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io",
        "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io",
        "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
    }
)  # fmt: skip
_KINDS: Mapping[tuple[str, str], Stage] = {
    ("", "Namespace"): Stage.NAMESPACES,
    CRD: Stage.DEFINITIONS,
    ("", "Pod"): Stage.WORKLOADS,
    ("", "ReplicationController"): Stage.WORKLOADS,
    ("autoscaling", "HorizontalPodAutoscaler"): Stage.WORKLOADS,
    ("policy", "PodDisruptionBudget"): Stage.WORKLOADS,
    ("apiregistration.k8s.io", "APIService"): Stage.ADMISSION,
}
_GROUPS: Mapping[str, Stage] = {
    "apps": Stage.WORKLOADS,
    "batch": Stage.WORKLOADS,
    "admissionregistration.k8s.io": Stage.ADMISSION,
}
#: Kinds of which the controller needs an object until others of its stage are gone, which refer to it.
_REFERRED: Mapping[tuple[str, str], int] = {
    ("kubeovn.io", "Vlan"): 1,  # of its Subnets (Kube-OVN 1.16: pkg/controller/subnet.go, reconcileVlan)
    ("kubeovn.io", "Vpc"): 1,
    ("kubeovn.io", "ProviderNetwork"): 2,  # of its Vlans
}


def removal_order(group: str, kind: str) -> int:
    """Return when an object is removed among those of its stage; the lowest number is removed first."""
    return _REFERRED.get((group, kind), 0)


def of_kind(group: str, kind: str) -> Stage:
    """Return the stage of a kind."""
    if group not in BUILT_IN:
        return Stage.CUSTOM
    return _KINDS.get((group, kind)) or _GROUPS.get(group, Stage.CONFIGURATION)


def of(definition: Definition) -> Stage:
    """Return the stage that the object's annotation names, else that of its kind."""
    named = definition.annotations.get(OVERRIDE)
    if named is None:
        return of_kind(definition.api_version.rpartition("/")[0], definition.kind)
    try:
        return Stage[str(named).upper()]
    except KeyError as error:
        stages = ", ".join(stage.name.lower() for stage in Stage)
        raise ManifestError(
            f"{definition.where}: {definition.kind} {definition.name}: {OVERRIDE}: there is no stage {named}; "
            f"name one of {stages}"
        ) from error
