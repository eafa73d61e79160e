# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer load_balancer with upstream's manifest on a real API server: its CRDs judge what is rendered.

No controller runs: MetalLB's webhook is registered and does not answer, and a namespace that is removed has to be
finalized by hand.
"""

from __future__ import annotations

import copy
import typing as t
from contextlib import contextmanager

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog, load_balancer
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects.conftest import directory, manifest, namespace_controller

pytestmark = pytest.mark.services

SPACE = load_balancer.NAMESPACE
CUSTOM = f"/apis/metallb.io/v1beta1/namespaces/{SPACE}"
PEERS = f"/apis/metallb.io/v1beta2/namespaces/{SPACE}/bgppeers"
SERVICES = "/api/v1/namespaces/default/services"
LAYER = catalog.LAYERS["load_balancer"]
LAYERS = [{"name": "load_balancer", "role": "load_balancer", "input": "load_balancer_config", "secrets": "passwords"}]
PASSWORDS = {"edge": "correct horse"}
Params = dict[str, t.Any]


@pytest.fixture(scope="module")
def config() -> Params:
    return {
        "manifest": manifest(directory("metallb-v0.16.1") / "manifests/metallb-native.yaml"),
        "api": "10.30.0.10:8443",
        "webhooks": False,
        "control_planes": True,
        "pools": [
            {"name": "office", "addresses": ["10.30.0.200-10.30.0.220", "10.30.0.240/29"]},
            {"name": "asked", "addresses": ["10.30.0.230-10.30.0.231", "fd00::10-fd00::1f"], "auto": False},
            {"name": "internet", "addresses": ["203.0.113.0/28"]},
        ],
        "layer2": [{"name": "office", "pools": ["office", "asked"], "nodes": ["n1", "n2"], "interfaces": ["bond0.30"]}],
        "peers": [
            {
                "name": "edge",
                "address": "10.30.0.1",
                "as_number": 64512,
                "own_as_number": 4200000001,
                "hold_seconds": 30,
            },
            {
                "name": "other",
                "address": "10.30.0.2",
                "as_number": 64512,
                "own_as_number": 64600,
                "port": 1790,
                "nodes": ["n1"],
            },
        ],
        "bgp": [{"name": "internet", "pools": ["internet"], "peers": ["edge", "other"], "nodes": ["n2"]}],
    }


class Applied:
    """The layer's action on the server."""

    def __init__(self, kubeconfig: str, api: Https, config: Params) -> None:
        self.access, self.api, self.config = {"kubeconfig": kubeconfig}, api, config

    def __call__(self, check: bool = False, timeout: float = 60, **changes: t.Any) -> dict[str, t.Any]:
        options = {name: changes.pop(name) for name in ("present", "consent", "wait") if name in changes}
        params = {**copy.deepcopy(self.config), **changes, "passwords": PASSWORDS}
        defaults: Params = {"present": True, "wait": False, "timeout": timeout, "check": check}
        return LAYER.perform(params, self.access, **{**defaults, **options})

    def get(self, path: str) -> dict[str, t.Any] | None:
        return get(self.api, path)

    def pools(self, without: str = "", **addresses: list[str]) -> list[Params]:
        found = [pool for pool in self.config["pools"] if pool["name"] != without]
        return [{**pool, "addresses": addresses.get(pool["name"], pool["addresses"])} for pool in found]


@pytest.fixture(scope="module")
def applied(kubeconfig: str, api: Https, config: Params) -> Applied:
    return Applied(kubeconfig, api, config)


@contextmanager
def service(applied: Applied, name: str, address: str) -> t.Iterator[None]:
    """A Service that has an address, as MetalLB's controller gives it one."""
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
    made = applied.api.call("POST", SERVICES, body=body)
    made["status"] = {"loadBalancer": {"ingress": [{"ip": address}]}}
    applied.api.call("PUT", f"{SERVICES}/{name}/status", body=made)
    try:
        yield
    finally:
        applied.api.call("DELETE", f"{SERVICES}/{name}")


def test_it_is_applied_and_applied_again(applied: Applied) -> None:
    planned = applied(check=True)
    assert planned["changed"] and applied.get(f"/api/v1/namespaces/{SPACE}") is None
    first = applied()
    assert f"create IPAddressPool {SPACE}/office" in first["steps"]
    assert "correct horse" not in str(first)
    for check in (True, False):
        again = applied(check=check)
        assert (again["changed"], again["steps"], again["warnings"]) == (False, [], [])


def test_the_objects_are_as_the_crds_want_them(applied: Applied) -> None:
    found = applied.get(f"{PEERS}/edge")
    assert found and found["spec"] == {
        "myASN": 4200000001,
        "peerASN": 64512,
        "peerAddress": "10.30.0.1",
        "peerPort": 179,
        "holdTime": "30s",
        "passwordSecret": {"name": "bgp-edge", "namespace": SPACE},
        "disableMP": False,
        "dualStackAddressFamily": False,
    }
    secret = applied.get(f"/api/v1/namespaces/{SPACE}/secrets/bgp-edge")
    assert secret and secret["type"] == "kubernetes.io/basic-auth"
    speaker = applied.get(f"/apis/apps/v1/namespaces/{SPACE}/daemonsets/speaker")
    assert speaker
    container = speaker["spec"]["template"]["spec"]["containers"][0]
    assert "--ignore-exclude-lb" in container["args"]
    assert {"name": "KUBERNETES_SERVICE_HOST", "value": "10.30.0.10"} in container["env"]


def test_the_probe_finds_a_changed_password_and_does_not_show_it(applied: Applied) -> None:
    inputs = {"load_balancer_config": applied.config}
    found = catalog.probe(LAYERS, inputs, applied.access, {"passwords": {"edge": "other horse"}})
    assert found["steps"]["load_balancer"] == [f"change Secret {SPACE}/bgp-edge"]
    assert "horse" not in str(found)
    # Without nodes and controllers, all that is missing is that MetalLB runs.
    same = catalog.probe(LAYERS, inputs, applied.access, {"passwords": PASSWORDS})
    assert [step.split(":")[0] for step in same["steps"]["load_balancer"]] != []
    assert all(step.startswith("wait for ") for step in same["steps"]["load_balancer"])


def test_a_change_by_hand_is_mended(applied: Applied) -> None:
    patch = {"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool", "spec": {"addresses": ["10.30.0.7/32"]}}
    content, path = "application/merge-patch+json", f"{CUSTOM}/ipaddresspools/office"
    applied.api.call("PATCH", path, {"fieldManager": "kubectl-edit"}, patch, content)
    steps = applied()["steps"]
    assert steps == [f"change IPAddressPool {SPACE}/office (.spec.addresses was changed by hand with kubectl-edit)"]
    pool = applied.get(path)
    assert pool and pool["spec"]["addresses"] == ["10.30.0.200-10.30.0.220", "10.30.0.240/29"]


def test_a_pool_that_is_no_longer_wanted_is_pruned_unless_a_service_has_its_address(applied: Applied) -> None:
    less: Params = {"pools": applied.pools("internet"), "peers": [], "bgp": []}
    with service(applied, "web", "203.0.113.5"):
        with pytest.raises(ClusterLayerError, match=r"Service default/web loses 203\.0\.113\.5\. Leave the addresses"):
            LAYER.perform({**applied.config, **less}, applied.access, present=True, timeout=60, check=False, wait=False)
        assert applied.get(f"{CUSTOM}/ipaddresspools/internet")
    done = LAYER.perform({**applied.config, **less}, applied.access, present=True, timeout=60, check=False, wait=False)
    assert {step.partition(" (")[0] for step in done["steps"] if step.startswith("remove")} == {
        f"remove {what}"
        for what in (
            f"IPAddressPool {SPACE}/internet", f"BGPPeer {SPACE}/edge", f"BGPPeer {SPACE}/other",
            f"BGPAdvertisement {SPACE}/internet", f"Secret {SPACE}/bgp-edge",
        )
    }  # fmt: skip
    assert applied.get(f"{CUSTOM}/ipaddresspools/internet") is None
    assert applied()["changed"]


def test_a_smaller_pool_takes_addresses_with_consent_only(applied: Applied) -> None:
    smaller = applied.pools(office=["10.30.0.210-10.30.0.220"])
    with service(applied, "mail", "10.30.0.201"), service(applied, "kept", "10.30.0.215"):
        with pytest.raises(ClusterLayerError, match=r"^Service default/mail loses 10\.30\.0\.201\. Leave"):
            applied(pools=smaller)
        found = catalog.probe(
            LAYERS, {"load_balancer_config": {**applied.config, "pools": smaller}}, applied.access,
            {"passwords": PASSWORDS},
        )  # fmt: skip
        assert found["steps"]["load_balancer"][0].startswith("refused: Service default/mail loses 10.30.0.201")
        assert applied(pools=smaller, consent=True)["steps"] == [f"change IPAddressPool {SPACE}/office"]
    assert applied()["changed"]


def test_bfd_brings_frr_and_goes_with_it(applied: Applied) -> None:
    frr = manifest(directory("metallb-v0.16.1") / "manifests/metallb-frr.yaml")
    edge, other = applied.config["peers"]
    peers = [edge | {"bfd": {"interval": 200, "multiplier": 4}}, other | {"multihop": True}]
    planned = applied(manifest=frr, peers=peers, check=True)["steps"]
    assert planned[-1] == f"change BGPPeer {SPACE}/edge once MetalLB runs with FRR" and len(planned) > 2
    steps = applied(manifest=frr, peers=peers)["steps"]
    assert steps.index(f"change DaemonSet {SPACE}/speaker") < steps.index(f"create BFDProfile {SPACE}/edge")
    assert f"change BGPPeer {SPACE}/edge" in steps[steps.index(f"change Deployment {SPACE}/controller") :]
    assert not applied(manifest=frr, peers=peers)["changed"]
    profile, peer = applied.get(f"{CUSTOM}/bfdprofiles/edge"), applied.get(f"{PEERS}/edge")
    assert profile and (profile["spec"]["receiveInterval"], profile["spec"]["detectMultiplier"]) == (200, 4)
    assert peer and peer["spec"]["bfdProfile"] == "edge"
    far, speaker = applied.get(f"{PEERS}/other"), applied.get(f"/apis/apps/v1/namespaces/{SPACE}/daemonsets/speaker")
    assert far and far["spec"]["ebgpMultiHop"] is True
    assert speaker and len(speaker["spec"]["template"]["spec"]["containers"]) == 4
    back = [step.partition(" (")[0] for step in applied()["steps"]]
    assert back.index(f"change BGPPeer {SPACE}/edge") < back.index(f"change Deployment {SPACE}/controller")
    assert f"remove BFDProfile {SPACE}/edge" in back
    assert applied.get(f"{CUSTOM}/bfdprofiles/edge") is None
    assert not applied()["changed"]


def test_a_webhook_that_does_not_answer_is_named_at_the_deadline(applied: Applied) -> None:
    pools = applied.pools(asked=["10.30.0.232-10.30.0.233"])
    with pytest.raises(ObjectsError, match=r"ipaddresspoolvalidationwebhook\.metallb\.io"):
        applied(webhooks=True, pools=pools, timeout=8)
    planned = applied(webhooks=True, pools=pools, check=True)
    assert any("not predictable" in step and "IPAddressPool" in step for step in planned["steps"])
    assert any(step.startswith("remove ValidatingWebhookConfiguration") for step in applied(pools=pools)["steps"])
    assert applied()["changed"]


def test_it_is_removed_with_its_crds_unless_others_use_it(applied: Applied) -> None:
    theirs = {"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool",
              "metadata": {"name": "theirs"}, "spec": {"addresses": ["192.0.2.0/28"]}}  # fmt: skip
    applied.api.call("POST", f"{CUSTOM}/ipaddresspools", body=theirs)
    with pytest.raises(ClusterLayerError, match=f"IPAddressPool {SPACE}/theirs is of somebody else"):
        applied(present=False)
    applied.api.call("DELETE", f"{CUSTOM}/ipaddresspools/theirs")
    with namespace_controller(applied.api):
        removed = applied(present=False)
        assert removed["changed"]
        assert applied.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ipaddresspools.metallb.io") is None
        assert applied.get(f"/api/v1/namespaces/{SPACE}") is None
        assert not applied(present=False)["changed"]
