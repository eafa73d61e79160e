# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused and said while Rook is told to leave objects alone."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import rook_ceph_held
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_osds import ANNOTATION, LABEL, OURS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.difference import Masks
from ansible_collections.groundup.cloud.plugins.module_utils.objects.planning import ObjectsPlan, Outcome, Verdict
from ansible_collections.groundup.cloud.plugins.module_utils.objects.stages import Stage
from ansible_collections.groundup.cloud.plugins.module_utils.objects.wanted import Key

ENGINE: t.Any = None
OSDS = {ANNOTATION: json.dumps({"osd.4": {"host": "n4", "disks": ["M_S45"]}, "osd.7": {"host": "n1", "disks": []}})}


def outcome(verdict: Verdict, group: str = "ceph.rook.io", **metadata: t.Any) -> Outcome:
    live = {"metadata": {"name": "rook-ceph", "namespace": "rook-ceph", **metadata}}
    return Outcome(Key(group, "CephCluster", "rook-ceph", "rook-ceph"), "/x", Stage.CUSTOM, verdict, live)


def plan(*outcomes: Outcome) -> ObjectsPlan:
    return ObjectsPlan(outcomes, Masks())


HELD = outcome(Verdict.SAME, labels={LABEL: OURS}, annotations=OSDS)
OTHER = Outcome(Key("", "ConfigMap", "x", "y"), "/y", Stage.CONFIGURATION, Verdict.CREATE)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (HELD, r"has the label .* until the disk of osd\.4 \(n4 M_S45\), osd\.7 \(n1\) is erased; end that with"),
        (outcome(Verdict.CHANGE, labels={LABEL: OURS}), "until the disk of a removed OSD is erased"),
        (outcome(Verdict.SAME, labels={LABEL: OURS}, annotations={ANNOTATION: "[1"}), "of a removed OSD is erased"),
        (outcome(Verdict.SAME, labels={LABEL: OURS}, annotations={ANNOTATION: '{"osd.1": 5}'}), "of a removed OSD"),
        (outcome(Verdict.SAME, labels={LABEL: "true"}), f"{LABEL}=true, which somebody else has set; let them end"),
        (outcome(Verdict.SAME, labels={LABEL: ""}), f"{LABEL}=, which somebody else has set"),
    ],
)  # fmt: skip
def test_a_change_is_refused_with_the_remedy(found: Outcome, words: str) -> None:
    with pytest.raises(ClusterLayerError, match=f"nothing was changed, since Rook would not carry it out: .*{words}"):
        rook_ceph_held.guard(ENGINE, plan(found, OTHER))


def test_without_a_change_it_is_said() -> None:
    rook_ceph_held.guard(ENGINE, plan(HELD))
    (said,) = rook_ceph_held.notes(plan(HELD))
    assert said.startswith(
        f"Rook looks after nothing of it: CephCluster rook-ceph/rook-ceph has the label {LABEL} until"
    )


@pytest.mark.parametrize(
    "found",
    [
        outcome(Verdict.CHANGE),
        outcome(Verdict.CHANGE, labels={"app": "x"}),
        outcome(Verdict.CHANGE, group="apps", labels={LABEL: "true"}),
    ],
)
def test_without_the_label_nothing_is_said(found: Outcome) -> None:
    rook_ceph_held.guard(ENGINE, plan(found, OTHER))
    assert rook_ceph_held.notes(plan(found)) == []
