# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module `vm_restore`.

Sources: kubevirt v1.9.0, api/snapshot/v1beta1/types.go (policies) and pkg/storage/snapshot/restore.go (messages).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..conditions.fields import Item, at, is_true
from . import jobs, snapshot
from .cluster import Cluster
from .errors import VmError, refusal
from .kinds import RESTORE, SNAPSHOT, VM, VMI
from .vmi import is_final

#: With these, KubeVirt does not restore a VM that runs, at once or after five minutes.
NEEDS_STOPPED = ("FailImmediate", "WaitGracePeriod")


def perform(params: Mapping[str, Any], check: bool, cluster: Cluster | None = None) -> dict[str, Any]:
    """Restore a VM from a snapshot.

    :raises VmError: it is not allowed, with all reasons; it failed, or was not complete at the deadline.
    """
    cluster = cluster or Cluster.of(params)
    space, name = params["namespace"], params["name"]
    if params["state"] == "absent":
        return jobs.removed(cluster, RESTORE, space, name, check)
    if missing := [key for key in ("vm", "snapshot") if not params.get(key)]:
        raise VmError(f"state is present, but {' and '.join(missing)} is missing")
    wanted = body(params)
    live = cluster.get(RESTORE, space, name)
    jobs.adopt(RESTORE, live, wanted, judge)
    if live is None:
        taken = cluster.get(SNAPSHOT, space, params["snapshot"])
        if taken is None and check:
            return {
                "changed": True,
                "steps": [f"restore {space}/{params['vm']} from a snapshot that does not exist yet"],
            }
        vm, vmi = cluster.get(VM, space, params["vm"]), cluster.get(VMI, space, params["vm"])
        if texts := refusals(params, taken, vm, vmi):
            raise VmError(refusal(f"{space}/{params['vm']} was not restored", texts))
    return jobs.carried_out(cluster, RESTORE, wanted, live, params, check, judge, facts)


def body(params: Mapping[str, Any]) -> dict[str, Any]:
    """The object that asks for a restore."""
    spec: dict[str, object] = {
        "target": {"apiGroup": VM.group, "kind": VM.kind, "name": params["vm"]},
        "virtualMachineSnapshotName": params["snapshot"],
        "targetReadinessPolicy": params["target_readiness_policy"],
    }
    names = {
        "volume_restore_policy": "volumeRestorePolicy",
        "volume_ownership_policy": "volumeOwnershipPolicy",
        "patches": "patches",
    }
    spec |= {key: params[option] for option, key in names.items() if params.get(option)}
    return RESTORE.body(params["namespace"], params["name"], spec)


def refusals(params: Mapping[str, Any], taken: Item | None, vm: Item | None, vmi: Item | None) -> list[str]:
    """Why a restore is not begun."""
    texts = []
    if taken is None:
        texts.append(f"there is no snapshot {params['snapshot']} in the namespace {params['namespace']}")
    elif not snapshot.judge(taken).done:
        texts.append(f"the snapshot {params['snapshot']} is not ready: {snapshot.judge(taken).reason}")
    if vm is not None and not params["overwrite"]:
        texts.append(
            f"the VM {params['vm']} exists, and what it has written since the snapshot would be lost; overwrite: true "
            "allows that, another name in vm makes a new VM"
        )
    if vmi is not None and not is_final(vmi) and params["target_readiness_policy"] in NEEDS_STOPPED:
        texts.append("it runs; stop it by vm_power first, or write target_readiness_policy: StopTarget")
    busy = at(vm, "status", "restoreInProgress")
    if busy and busy != params["name"]:
        texts.append(f"its restore {busy} is not complete")
    return texts


def judge(item: Item) -> jobs.Verdict:
    """What the status of a restore says."""
    reason = jobs.said(item, "Failure", "Progressing", "Ready") or "KubeVirt has not taken it up"
    if is_true(item, "Failure"):
        return jobs.Verdict(failed=True, reason=reason)
    return jobs.Verdict(done=True) if at(item, "status", "complete") else jobs.Verdict(reason=reason)


def facts(item: Item) -> dict[str, Any]:
    """Results that describe a restore."""
    return {
        "complete": bool(at(item, "status", "complete")),
        "restored_at": str(at(item, "status", "restoreTime") or ""),
        "volumes": [
            {"name": one.get("volumeName"), "claim": one.get("persistentVolumeClaim")}
            for one in at(item, "status", "restores") or ()
        ],
        "deleted_data_volumes": list(at(item, "status", "deletedDataVolumes") or ()),
    }
