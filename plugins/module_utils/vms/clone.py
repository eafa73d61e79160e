# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module `vm_clone`.

Sources: kubevirt v1.9.0, api/clone/v1beta1/types.go and pkg/virt-controller/watch/clone (phases, events). A clone is a
snapshot and a restore, so what no snapshot can have is missing in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..conditions.fields import Item, at
from . import jobs, snapshot
from .cluster import Cluster
from .errors import VmError, refusal
from .kinds import CLONE, RESTORE, SNAPSHOT, VM, Kind
from .power import absent
from .restore import judge as judge_restore


def perform(params: Mapping[str, Any], check: bool, cluster: Cluster | None = None) -> dict[str, Any]:
    """Clone a VM, or make one of a snapshot.

    :raises VmError: it is not possible, with all reasons; it failed, or had not ended at the deadline.
    """
    cluster = cluster or Cluster.of(params)
    space, name = params["namespace"], params["name"]
    wanted = body(params)
    live = cluster.get(CLONE, space, name)
    jobs.adopt(CLONE, live, wanted, judge)
    if live is None:
        kind, source = source_of(params)
        found = cluster.get(kind, space, source)
        if found is None and (check or kind is VM):
            return absent(cluster, space, source, "clone", check)
        if texts := refusals(params, found, cluster.get(VM, space, name)):
            raise VmError(refusal(f"{space}/{source} was not cloned", texts))
    return jobs.carried_out(cluster, CLONE, wanted, live, params, check, judge, facts, of_parts)


def facts(item: Item) -> dict[str, Any]:
    """Results that describe a clone; the VM that it makes has its name."""
    return {"phase": str(at(item, "status", "phase") or ""), "vm": str(at(item, "metadata", "name"))}


def source_of(params: Mapping[str, Any]) -> tuple[Kind, str]:
    """Kind and name of what is cloned."""
    return (SNAPSHOT, params["snapshot"]) if params.get("snapshot") else (VM, params["vm"])


def body(params: Mapping[str, Any]) -> dict[str, Any]:
    """The object that asks for a clone; it has the name of the VM that it makes."""
    kind, source = source_of(params)
    spec: dict[str, object] = {
        "source": {"apiGroup": kind.group, "kind": kind.kind, "name": source},
        "target": {"apiGroup": VM.group, "kind": VM.kind, "name": params["name"]},
    }
    names = {
        "label_filters": "labelFilters",
        "annotation_filters": "annotationFilters",
        "new_mac_addresses": "newMacAddresses",
        "new_smbios_serial": "newSMBiosSerial",
        "patches": "patches",
        "volume_name_policy": "volumeNamePolicy",
    }
    spec |= {key: params[option] for option, key in names.items() if params.get(option)}
    return CLONE.body(params["namespace"], params["name"], spec)


def refusals(params: Mapping[str, Any], source: Item | None, target: Item | None) -> list[str]:
    """Why a clone is not begun."""
    texts = []
    if target is not None:
        texts.append(
            f"the VM {params['name']} exists and is no clone of this source by this module; choose another name"
        )
    if source is None:
        texts.append(f"there is no snapshot {params['snapshot']} in the namespace {params['namespace']}")
    elif params.get("snapshot"):
        verdict = snapshot.judge(source)
        texts += [] if verdict.done else [f"the snapshot {params['snapshot']} is not ready: {verdict.reason}"]
    else:
        texts += [f"{text}; give its storage a VolumeSnapshotClass" for text in snapshot.uncovered(source).values()]
    return texts


def judge(item: Item) -> jobs.Verdict:
    """What the status of a clone says."""
    phase = str(at(item, "status", "phase") or "")
    reason = jobs.said(item, "Ready", "Progressing") or "KubeVirt has not taken it up"
    if phase == "Failed":
        return jobs.Verdict(failed=True, reason=reason)
    if phase == "Succeeded":
        return jobs.Verdict(done=True)
    return jobs.Verdict(reason=f"its phase is {phase}; {reason}" if phase else reason)


def of_parts(cluster: Cluster, item: Item) -> list[str]:
    """What the snapshot and the restore of a clone say."""
    space, texts = str(at(item, "metadata", "namespace")), []
    for kind, key, judged in (
        (SNAPSHOT, "snapshotName", snapshot.judge),
        (RESTORE, "restoreName", judge_restore),
    ):
        name = str(at(item, "status", key) or "")
        found = cluster.get(kind, space, name) if name else None
        if found is not None and not judged(found).done:
            texts.append(f"{kind.kind} {name}: {judged(found).reason}")
            texts += snapshot.of_content(cluster, found) if kind is SNAPSHOT else []
    return texts
