# SPDX-License-Identifier: GPL-3.0-or-later
"""Every Molecule scenario, each with a machine of its own: two at a time, and those with a cluster alone."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
from collections.abc import Iterator

import pytest
from checks.commands import ROOT, command

SCENARIOS = sorted(p.parent.name for p in pathlib.Path(ROOT, "molecule").glob("*/molecule.yml"))
SCENARIOS.remove("default")
#: GROUNDUP_MOLECULE='switch prove' runs some; a name that is no scenario is an error, not an empty run.
CHOSEN = os.environ.get("GROUNDUP_MOLECULE", "").split() or SCENARIOS
#: Two emulated clusters side by side on two cores took four times as long as one: 770 s instead of 180.
CLUSTERS = {"kubernetes", "network_basic"}
#: Optional parts of the bundle that scenarios use; their images are pulled by no scenario.
MANIFESTS = ["manifest:flannel", "manifest:kube-network-policies"]
UNKNOWN = sorted(set(CHOSEN) - set(SCENARIOS))
if UNKNOWN:
    raise ValueError(f"GROUNDUP_MOLECULE: there is no scenario {', '.join(UNKNOWN)}; there are: {', '.join(SCENARIOS)}")


def scenario(name: str) -> str:
    return command(f"molecule-{name}", "tools/molecule", name, minutes=25, lines=120)


@pytest.fixture(scope="session")
def runs() -> Iterator[dict[str, concurrent.futures.Future[str]]]:
    """All scenarios in flight; the machine's saved state is made once, by whoever comes first."""
    # What some scenarios serve to their machine or apply to their cluster; at once where the tier `bundle` ran before.
    needs = json.dumps({"bundle_needs": {"molecule": MANIFESTS}})
    command("molecule-bundle", "ansible-playbook", "playbooks/bundle.yml", "-e", needs, minutes=30)
    jobs = int(os.environ.get("GROUNDUP_MOLECULE_JOBS", "2"))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool, concurrent.futures.ThreadPoolExecutor(1) as alone:
        small = {name: pool.submit(scenario, name) for name in CHOSEN if name not in CLUSTERS}
        first = alone.submit(concurrent.futures.wait, list(small.values()))
        large = {name: alone.submit(scenario, name) for name in CHOSEN if name in CLUSTERS}
        yield small | large
        for future in (first, *small.values(), *large.values()):
            future.cancel()


@pytest.mark.parametrize("name", sorted(CHOSEN, key=lambda name: (name in CLUSTERS, name)))
def test_role(name: str, runs: dict[str, concurrent.futures.Future[str]]) -> None:
    runs[name].result()
