# SPDX-License-Identifier: GPL-3.0-or-later
"""Every Molecule scenario, each with a machine of its own: those with a cluster alone."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from checks.commands import ROOT, command

SCENARIOS = sorted(p.parent.name for p in pathlib.Path(ROOT, "molecule").glob("*/molecule.yml"))
SCENARIOS.remove("default")
#: GROUNDUP_MOLECULE='switch prove' runs some; a name that is no scenario is an error, not an empty run.
CHOSEN = os.environ.get("GROUNDUP_MOLECULE", "").split() or SCENARIOS
#: A whole run has no time for these; the rack of tests/e2e/test_hosted.py has what they check on several machines.
#: `make molecule` runs them.
if "GROUNDUP_TEST_STAGES" not in os.environ:
    CHOSEN = [name for name in CHOSEN if name != "network_basic"]
#: Emulated clusters run alone: two of them side by side on two cores took four times as long as one, 770 s instead of
#: 180. The second scenario begins with the cluster of the first, on the same machine.
CLUSTERS = ("kubernetes", "network_basic")
LOCK = yaml.safe_load(pathlib.Path(ROOT, "roles/bundle/files/lock.yml").read_text())
CILIUM = [name for name in LOCK["manifests"] if name.startswith("cilium-")]
#: Optional parts of the bundle that scenarios use; their images are pulled by no scenario.
MANIFESTS = ["manifest:flannel", "manifest:kube-network-policies", "manifest:kube-ovn", *map("manifest:{}".format, (
    "admin-network-policies", "baseline-admin-network-policies", "cluster-network-policies", "metallb", "multus",
    "rook-crds", "rook-common", "rook-csi-operator", "rook-operator", "csi-addons-crds", "csi-addons-rbac",
    "csi-addons-controller", "csi-addons-config", "snapshot-crd-classes", "snapshot-crd-contents",
    "snapshot-crd-snapshots", "snapshot-controller-rbac", "snapshot-controller", "cilium", *CILIUM,
))]  # fmt: skip
UNKNOWN = sorted(set(CHOSEN) - set(SCENARIOS))
if UNKNOWN:
    raise ValueError(f"GROUNDUP_MOLECULE: there is no scenario {', '.join(UNKNOWN)}; there are: {', '.join(SCENARIOS)}")
FIRST: dict[str, Any] = {
    # What some scenarios serve to their machine or apply to their cluster; at once where the tier `bundle` ran before.
    "name": "molecule-bundle",
    "words": ["ansible-playbook", "playbooks/bundle.yml", "-e", json.dumps({"bundle_needs": {"molecule": MANIFESTS}})],
    "minutes": 30,
}
BESIDE = pytest.mark.beside("tools/molecule", minutes=25, lines=120, behind="test_bundle.py", first=FIRST)


@pytest.mark.parametrize("name", [pytest.param(name, marks=BESIDE) for name in sorted({*CHOSEN} - {*CLUSTERS})])
def test_role(name: str, succeeds: Callable[[], None]) -> None:
    assert name
    succeeds()


@pytest.mark.parametrize("names", [",".join(name for name in CLUSTERS if name in CHOSEN)])
def test_roles_of_a_cluster(names: str) -> None:
    """Nothing runs beside them: the tests before have waited for theirs."""
    if not names:
        pytest.skip("GROUNDUP_MOLECULE names none of them")
    command("molecule-bundle", *FIRST["words"], minutes=FIRST["minutes"])
    command(f"molecule-{names}", "tools/molecule", names, minutes=40, lines=120)
