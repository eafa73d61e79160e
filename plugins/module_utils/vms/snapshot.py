# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module `vm_snapshot`.

Sources: kubevirt v1.9.0, api/snapshot/v1beta1/types.go and pkg/storage/snapshot/snapshot.go: volumes that no
VolumeSnapshotClass covers are left out of a snapshot without an error, so they are looked at before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..conditions.fields import Item, at
from . import jobs
from .cluster import Cluster
from .errors import VmError, refusal
from .info import volumes
from .kinds import CONTENT, SNAPSHOT, VM
from .power import absent

#: Types of volumes with data that a snapshot is expected to have.
DATA = ("persistentVolumeClaim", "dataVolume")


def perform(params: Mapping[str, Any], check: bool, cluster: Cluster | None = None) -> dict[str, Any]:
    """Make or remove a snapshot of a VM.

    :raises VmError: a volume with data can't be part of it, it failed, or was not ready at the deadline.
    """
    cluster = cluster or Cluster.of(params)
    space, name = params["namespace"], params["name"]
    if params["state"] == "absent":
        return jobs.removed(cluster, SNAPSHOT, space, name, check)
    if not params.get("vm"):
        raise VmError("state is present, but vm is missing; name the VM of which the snapshot is made")
    wanted = body(params)
    live = cluster.get(SNAPSHOT, space, name)
    jobs.adopt(SNAPSHOT, live, wanted, judge)
    if live is None:
        vm = cluster.get(VM, space, params["vm"])
        if vm is None:
            return absent(cluster, space, params["vm"], "snapshot", check)
        if texts := lost(vm, params["without_volumes"]):
            raise VmError(refusal(f"no snapshot of {space}/{params['vm']} was made", texts))
    return jobs.carried_out(cluster, SNAPSHOT, wanted, live, params, check, judge, facts, of_content)


def body(params: Mapping[str, Any]) -> dict[str, Any]:
    """The object that asks for a snapshot."""
    spec: dict[str, object] = {"source": {"apiGroup": VM.group, "kind": VM.kind, "name": params["vm"]}}
    if params.get("deletion_policy"):
        spec["deletionPolicy"] = params["deletion_policy"]
    if params.get("failure_deadline"):
        spec["failureDeadline"] = f"{params['failure_deadline'] // 60}m{params['failure_deadline'] % 60}s"
    return SNAPSHOT.body(params["namespace"], params["name"], spec)


def lost(vm: Item, without: Iterable[str]) -> list[str]:
    """Volumes with data that would not be in a snapshot, and names in `without` that no volume has."""
    names = {str(one["name"]) for one in at(vm, "spec", "template", "spec", "volumes") or ()}
    texts = [
        f"{text}; without_volumes: [{name}] leaves it out"
        for name, text in uncovered(vm).items()
        if name not in set(without)
    ]
    there = ", ".join(sorted(names)) or "none"
    return [
        *texts,
        *(f"without_volumes: it has no volume {name}; there are {there}" for name in sorted({*without} - names)),
    ]


def uncovered(vm: Item) -> dict[str, str]:
    """Volumes with data that no snapshot can have, by name, with KubeVirt's reason."""
    return {
        one[
            "name"
        ]: f"its volume {one['name']} can't be part of a snapshot ({one['no_snapshot'] or 'no reason is given'})"
        for one in volumes(vm, at(vm, "spec", "template", "spec") or {}, None)
        if one["type"] in DATA and one["snapshot"] is False
    }


def judge(item: Item) -> jobs.Verdict:
    """What the status of a snapshot says. Errors before its failure deadline are tried again by KubeVirt."""
    phase = str(at(item, "status", "phase") or "")
    reason = jobs.said(item, "Failure", "Progressing") or "KubeVirt has not taken it up"
    if phase == "Failed":
        return jobs.Verdict(failed=True, reason=reason)
    if phase == "Succeeded" and at(item, "status", "readyToUse"):
        return jobs.Verdict(done=True)
    return jobs.Verdict(reason=f"its phase is {phase}; {reason}" if phase else reason)


def of_content(cluster: Cluster, item: Item) -> list[str]:
    """Errors of the snapshots of single volumes."""
    name = str(at(item, "status", "virtualMachineSnapshotContentName") or "")
    found = cluster.get(CONTENT, str(at(item, "metadata", "namespace")), name) if name else None
    texts = [str(at(found, "status", "error", "message") or "")]
    for one in at(found, "status", "volumeSnapshotStatus") or ():
        message = at(one, "error", "message")
        if message or not one.get("readyToUse"):
            texts.append(f"VolumeSnapshot {one['volumeSnapshotName']}: {message or 'it is not ready'}")
    return list(filter(None, texts))


def facts(item: Item) -> dict[str, Any]:
    """Results that describe a snapshot."""
    indications = [one["indication"] for one in at(item, "status", "sourceIndications") or ()]
    listed = at(item, "status", "snapshotVolumes") or {}
    return {
        "ready": bool(at(item, "status", "readyToUse")),
        "created": str(at(item, "status", "creationTime") or ""),
        "indications": indications or list(at(item, "status", "indications") or ()),
        "included_volumes": list(listed.get("includedVolumes") or ()),
        "excluded_volumes": list(listed.get("excludedVolumes") or ()),
    }
