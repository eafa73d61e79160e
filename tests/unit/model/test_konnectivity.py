# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clouds have konnectivity, and what follows from it: one decision for the server, the agents and the bundle."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.hosted.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.kube import egress
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import Derived, derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load

from .base import REMOVED, model

HOSTED = {"lab": {"control_plane": "hosted"}, "machines.node1.roles": ["compute"]}
CUSTOM = {
    "network.provider": "custom",
    "network.custom": {"manifests": {"a": {"url": "https://example.net/a.yml", "sha256": "0" * 64}}},
}


def derived(changes: dict[str, Any]) -> Derived:
    return derive(load(model(changes)))


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({**HOSTED, "network.provider": "flannel"}, True),
        ({**HOSTED, "network.provider": "kube_ovn"}, True),
        ({**HOSTED, "network.provider": "cilium"}, True),
        ({**HOSTED, "network.provider": "calico"}, True),
        ({**HOSTED, "network": {"provider": "calico", "encapsulation": "vxlan"}}, True),
        ({**HOSTED, **CUSTOM}, True),
        ({**HOSTED, "network.provider": "basic"}, False),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_a_hosted_control_plane_has_it_unless_the_provider_sets_routes(changes: dict[str, Any], wanted: bool) -> None:
    found = derived(changes)
    cluster, needs = found.hostvars["cluster"], found.all_vars["groundup_needs"]
    layers = [one["name"] for one in cluster["groundup_layers"]]
    assert layers.index("control_plane") + 1 == layers.index("konnectivity"), "before the network, in any case"
    assert cluster["hosted_control_plane_config"].get("konnectivity") == ({"port": egress.PORT} if wanted else None)
    assert cluster.get("konnectivity_state") == (None if wanted else "absent")
    assert cluster["konnectivity_config"] == {"server": f"10.30.0.10:{egress.PORT}"}
    assert needs.get("control_plane") == ([egress.SERVER_IMAGE] if wanted else None)
    assert needs.get("konnectivity") == ([egress.AGENT_IMAGE] if wanted else None)
    assert ("konnectivity" in cluster["prove_config"]["layers"]) is wanted
    settings = parse({"bundle_dir": "/b", **cluster["hosted_control_plane_config"]}, cluster["kubernetes_config"])
    assert settings.konnectivity == (egress.PORT if wanted else None) and settings.kubernetes.egress is wanted


@pytest.mark.parametrize("changes", [{"network.provider": "flannel"}, {"kubernetes": REMOVED}])
def test_a_control_plane_on_machines_knows_nothing_of_it(changes: dict[str, Any]) -> None:
    found = derived(changes)
    assert "konnectivity" not in str(found.hostvars) + str(found.all_vars)


def test_slow_machines_have_time() -> None:
    found = derived({**HOSTED, "network.provider": "flannel", "kubernetes.timings": "slow"})
    assert found.hostvars["cluster"]["konnectivity_config"]["timings"] == "slow"
