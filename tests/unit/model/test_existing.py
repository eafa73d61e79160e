# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that join a cluster which others run: what follows, and what is refused because it would change that
cluster."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin_endpoint import serve_endpoint
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import Derived, derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

K = "kubernetes"
FILE = "/srv/office.kubeconfig"
JOINED: dict[str, Any] = {
    f"{K}.existing": {"kubeconfig": FILE},
    "machines.node1.roles": ["compute", "storage"],
}
BY_NAME = {**JOINED, f"{K}.endpoint": REMOVED, f"{K}.endpoint_name": "api.example.net", f"{K}.network": "cluster"}


def derived(changes: dict[str, Any]) -> Derived:
    loaded = load_all(model(changes))
    assert [str(warning) for warning in loaded.warnings] == []
    return derive(loaded.cloud, "/state")


@pytest.mark.parametrize(
    ("changes", "address"), [(JOINED, "10.30.0.10"), (BY_NAME, "api.example.net")], ids=["address", "name"]
)
def test_machines_are_workers_and_the_controller_acts_with_the_kubeconfig(
    changes: dict[str, Any], address: str
) -> None:
    found = derived(changes)
    cluster, worker = found.hostvars["cluster"], found.hostvars["node1"]["kubernetes_config"]
    acting, joining = parse(cluster["kubernetes_config"]), parse(worker)
    assert acting.acts and joining.existing and not joining.acts
    assert acting.kubeconfig == joining.kubeconfig == FILE
    assert acting.node.address == address and joining.node.address == "10.30.0.21"
    assert worker["endpoint"]["load_balancer"] == "external" and worker["endpoint"]["port"] == 6443
    assert found.groups["control_plane"] == [] and found.groups["clusters"] == ["cluster"]
    assert {cluster["kubernetes_kubeconfig"], found.all_vars["groundup_kubeconfig"]} == {FILE}
    assert found.all_vars["prove_kubeconfig"] == found.group_vars["machines"]["kubernetes_kubeconfig"] == FILE
    assert found.all_vars["groundup_existing"] is True


def test_nothing_of_the_cluster_is_a_layer_or_owed_as_a_proof() -> None:
    found = derived(JOINED)
    cluster = found.hostvars["cluster"]
    assert cluster["groundup_layers"] == []
    assert [one["name"] for one in found.group_vars["machines"]["groundup_layers"]][-1] == "kubernetes"
    assert found.all_vars["groundup_needs"]["kubernetes"] == ["kubeadm", "kubelet", "kubectl"]
    assert "scopes" not in cluster["prove_config"] and cluster["prove_config"]["cluster"]["existing"] is True
    assert "forwards_to" not in cluster["prove_config"]["cluster"]
    assert "control_plane" not in found.hostvars["node1"]["prove_config"]["scopes"]
    assert not any(name.startswith("kubernetes.") for name in found.hostvars["node1"]["host_base_config"]["hosts"])


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("office.kubeconfig", "{{ inventory_dir }}/office.kubeconfig"),
        ("~/office.kubeconfig", '{{ "~/office.kubeconfig" | expanduser }}'),
    ],
)
def test_the_kubeconfig_may_be_beside_the_model_or_in_a_home(given: str, wanted: str) -> None:
    assert derived({**JOINED, f"{K}.existing": {"kubeconfig": given}}).all_vars["groundup_kubeconfig"] == wanted


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"machines.node1.roles": ["control_plane"]}, "machines.node1.roles: are for a control plane"),
        ({f"{K}.load_balancer": "external"}, "kubernetes.load_balancer: would change how its API is reached"),
        ({f"{K}.proxy_mode": "nftables"}, "kubernetes.proxy_mode: would change its kube-proxy"),
        ({f"{K}.api_names": ["x.example.net"]}, "kubernetes.api_names: would change the certificates of its API"),
        ({f"{K}.encryption": True}, "kubernetes.encryption: would change its API servers"),
        ({f"{K}.audit": False}, "kubernetes.audit: would change its API servers"),
        ({f"{K}.renew_days": 90}, "kubernetes.renew_days: would change the certificates of its control planes"),
        ({"network.provider": "basic"}, "network: would change the network of all pods"),
        ({"network.policies": True}, "network: would change the network of all pods"),
        ({"storage.provider": "rook_ceph"}, "storage.provider: rook_ceph would install operators"),
        ({"virtualization.enabled": True}, "virtualization.enabled: would install KubeVirt"),
        ({"lab": {"control_plane": "hosted"}}, "lab.control_plane: hosted is for a control plane of the virtual"),
        ({f"{K}.endpoint": REMOVED}, "kubernetes.endpoint: is missing; give the address of that cluster's API"),
        ({f"{K}.endpoint": "203.0.113.7"}, "kubernetes.network: is missing: the cluster's endpoint is in none of"),
        ({f"{K}.existing": {}}, "kubernetes.existing.kubeconfig: is missing"),
    ],
    ids=lambda value: str(value)[:44] if isinstance(value, str) else "",
)
def test_what_would_change_the_cluster_is_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ModelError) as error:
        load(model({**JOINED, **changes}))
    assert text in str(error.value)


def test_a_virtual_rack_does_not_join_the_cluster() -> None:
    cloud = model(JOINED)
    with pytest.raises(LabError, match="a virtual rack joins no cluster of others"):
        serve_endpoint(cloud, model(JOINED), [])
