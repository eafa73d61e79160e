# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the role kubevirt as objects, and what is refused.

That upstream's manifests are patched as expected, and that its CRD takes the object, is tested on a real API server
(tests/services/objects).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    kubevirt_features,
    kubevirt_input,
    kubevirt_objects,
    operated,
)
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.kubevirt_layer import OPERATED
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError

NETWORK: dict[str, Any] = {
    "interface": "bond0.50", "subnet": "10.50.0.0/24", "first": "10.50.0.200", "last": "10.50.0.250",
}  # fmt: skip


def spec(**params: Any) -> dict[str, Any]:
    found: dict[str, Any] = kubevirt_objects.render({"cloud": "rack1", **params})[-1]["spec"]
    return found


def empty(found: Any, path: str = "spec") -> list[str]:
    """Where a tree has empty lists and mappings."""
    if isinstance(found, (dict, list)) and not found:
        return [path]
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    return [place for key, value in inner for place in empty(value, f"{path}.{key}")]


def test_every_gate_that_a_release_turns_on_is_named_as_on_or_off() -> None:
    developer = spec()["configuration"]["developerConfiguration"]
    on, off = developer["featureGates"], developer["disabledFeatureGates"]
    assert {*on, *off} == kubevirt_features.BETA["1.9.0"] and not set(on) & set(off)
    assert "Snapshot" in on and {"ImageVolume", "ExternalNetResourceInjection"} <= set(off)
    old = spec(version="1.8.4")["configuration"]["developerConfiguration"]
    assert {"Snapshot", "VMExport", "ExpandDisks"} <= set(old["featureGates"])
    assert set(old["disabledFeatureGates"]) == set(off), "so that 1.9 finds them off when it starts"


def test_there_is_a_reason_for_each_gate_that_is_off() -> None:
    for version in kubevirt_features.VERSIONS:
        assert not kubevirt_features.ALPHA[version] & kubevirt_features.BETA[version]
        assert (
            not (kubevirt_features.ALPHA[version] | kubevirt_features.BETA[version]) & kubevirt_features.ALWAYS[version]
        )
        assert set(kubevirt_features.disabled(version, [])) <= set(kubevirt_features.OFF)
    known = {
        name
        for table in (kubevirt_features.ALPHA, kubevirt_features.BETA)
        for words in table.values()
        for name in words
    }
    assert {*kubevirt_features.ON, *kubevirt_features.OFF, *kubevirt_features.REFUSED} <= known
    assert not set(kubevirt_features.ON) & {*kubevirt_features.OFF, *kubevirt_features.REFUSED}


def test_a_chosen_gate_is_on_and_brings_its_image() -> None:
    chosen = spec(feature_gates=["Sidecar", "ImageVolume"])["configuration"]["developerConfiguration"]
    assert {"Sidecar", "ImageVolume"} <= set(chosen["featureGates"])
    assert "ImageVolume" not in chosen["disabledFeatureGates"]
    assert kubevirt_features.images("1.8.4", ["Sidecar"])[-1] == "quay.io/kubevirt/sidecar-shim:v1.8.4"
    assert len(kubevirt_features.images("1.9.0", [])) == len(kubevirt_features.COMPONENTS)


def test_migration_decides_on_eviction_updates_and_changes() -> None:
    for eviction, word, methods, rollout in (
        ("live_migrate", "LiveMigrate", ["LiveMigrate"], "LiveUpdate"),
        ("live_migrate_if_possible", "LiveMigrateIfPossible", ["LiveMigrate"], "LiveUpdate"),
        ("none", "None", None, "Stage"),
    ):
        found = spec(eviction=eviction)
        assert found["configuration"]["evictionStrategy"] == word
        assert found["workloadUpdateStrategy"].get("workloadUpdateMethods") == methods
        assert not empty(found), "virt-operator writes its object anew without them (omitempty of its Go types)"
        assert found["configuration"]["vmRolloutStrategy"] == rollout


def test_a_policy_refuses_what_would_not_start_again_where_it_is_wanted() -> None:
    kinds = [one["kind"] for one in kubevirt_objects.render({"cloud": "rack1", "restartable_only": True})]
    assert kinds == ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "KubeVirt"]
    assert [one["kind"] for one in kubevirt_objects.render({"cloud": "rack1"})] == ["KubeVirt"]


def test_users_may_migrate_where_it_is_wanted() -> None:
    right, kubevirt = kubevirt_objects.render({"cloud": "rack1", "migrations": {"by_users": True}})
    assert (right["kind"], kubevirt["kind"]) == ("ClusterRole", "KubeVirt")
    assert right["metadata"]["labels"] == {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}
    assert len(kubevirt_objects.render({"cloud": "rack1", "migrations": {"by_users": False}})) == 1


def test_bridge_is_permitted_only_where_it_is_chosen() -> None:
    assert spec()["configuration"]["network"] == {
        "defaultNetworkInterface": "masquerade", "permitBridgeInterfaceOnPodNetwork": False,
    }  # fmt: skip
    bridge = spec(network_binding="bridge")["configuration"]["network"]
    assert bridge == {"defaultNetworkInterface": "bridge", "permitBridgeInterfaceOnPodNetwork": True}


def test_controllers_run_where_the_control_plane_is_or_with_virtual_machines() -> None:
    taint = {"key": "vms", "value": "only", "effect": "NoSchedule"}
    nodes: dict[str, Any] = {"node_labels": {"groundup.cloud/compute": "true"}, "tolerations": [taint]}
    found = spec(**nodes)
    assert found["infra"] == {"replicas": 2}
    assert found["workloads"]["nodePlacement"] == {
        "nodeSelector": {"kubernetes.io/os": "linux", "groundup.cloud/compute": "true"},
        "tolerations": [{"key": "vms", "operator": "Equal", "value": "only", "effect": "NoSchedule"}],
    }
    hosted = spec(**nodes, on_control_planes=False, replicas=1)
    assert hosted["infra"] == {"replicas": 1, "nodePlacement": found["workloads"]["nodePlacement"]}


def test_migrations_have_limits_and_a_network_of_their_own() -> None:
    limits = {"parallel": 25, "parallel_per_node": 4, "bandwidth": "500Mi"}
    subnet, attachment, found = kubevirt_objects.render({"cloud": "c", "migrations": {**limits, "network": NETWORK}})
    assert found["spec"]["configuration"]["migrations"] == {
        "parallelMigrationsPerCluster": 25, "parallelOutboundMigrationsPerNode": 4, "bandwidthPerMigration": "500Mi",
        "allowAutoConverge": False, "allowPostCopy": False, "network": "migration",
    }  # fmt: skip
    config = json.loads(attachment["spec"]["config"])
    assert attachment["metadata"] == {"name": "migration", "namespace": "kubevirt"}, "where virt-handler is"
    assert (config["master"], config["ipam"]["provider"]) == ("bond0.50", subnet["spec"]["provider"])
    assert subnet["spec"]["excludeIps"] == ["10.50.0.1", "10.50.0.2..10.50.0.199", "10.50.0.251..10.50.0.254"]
    by_hand = spec(migrations={"attachment": "fast"})["configuration"]["migrations"]
    assert by_hand["network"] == "fast"


@pytest.mark.parametrize(
    ("more", "gateway", "expected"),
    [
        ({"gateway": "10.50.0.254"}, "10.50.0.254",
         ["10.50.0.1..10.50.0.199", "10.50.0.251..10.50.0.253", "10.50.0.254"]),
        ({"first": "10.50.0.1"}, "10.50.0.254", ["10.50.0.251..10.50.0.253", "10.50.0.254"]),
        ({"first": "10.50.0.2"}, "10.50.0.1", ["10.50.0.1", "10.50.0.251..10.50.0.254"]),
        ({"first": "10.50.0.3", "last": "10.50.0.253"}, "10.50.0.1", ["10.50.0.1", "10.50.0.2", "10.50.0.254"]),
    ],
)  # fmt: skip
def test_only_the_addresses_for_migrations_are_given(more: dict[str, str], gateway: str, expected: list[str]) -> None:
    given = {**NETWORK, **more}
    assert kubevirt_objects.gateway(given) == gateway
    assert kubevirt_objects.excluded(given) == sorted(expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"cloud": ""}, "kubevirt_config.cloud: is missing"),
        ({"version": "1.7.0"}, "kubevirt_config.version: 1.7.0 is not one of 1.9.0, 1.8.4"),
        ({"feature_gates": ["Snapshots"]}, "KubeVirt 1.9.0 has no feature gate Snapshots; is it Snapshot?"),
        ({"feature_gates": ["OCIExport"], "version": "1.8.4"}, "KubeVirt 1.8.4 has no feature gate OCIExport"),
        ({"feature_gates": ["LiveMigration"]}, "LiveMigration is always on in KubeVirt 1.9.0; remove it"),
        ({"feature_gates": ["Snapshot"]}, "Snapshot is on already, since virtual machines are snapshotted"),
        ({"feature_gates": ["ExternalNetResourceInjection"]}, "can't be on: it needs network-resources-injector"),
        ({"feature_gates": ["Sidecar", "Sidecar"]}, "Sidecar is listed twice"),
        ({"cpu_model": "Haswel"}, "cpu_model: Haswel is no model of CPUs that is known; is it Haswell?"),
        ({"cpu_model": "baseline"}, "cpu_model: baseline is the highest model of all machines, and there are none"),
        (
            {"cpu_model": "baseline", "machines": [{"node": "a"}], "emulation": True},
            "baseline is that of the machines' CPUs, which emulation does not use; remove it",
        ),
        ({"machines": [{"node": "a"}, {"node": "a"}]}, "kubevirt_config.machines: a is there twice"),
        ({"cpu_model": "host-passthrough"}, "with host-passthrough no virtual machine can be migrated"),
        ({"replicas": -1}, "kubevirt_config.replicas: -1 is not at least 1"),
        ({"migrations": {"parallel": 0}}, "migrations.parallel: 0 is not from 1 to 1000"),
        ({"migrations": {"parallel": 1, "parallel_per_node": 2}}, "migrations.parallel_per_node: is above parallel"),
        ({"migrations": {"bandwidth": "fast"}}, "migrations.bandwidth: fast is no quantity of bytes"),
        ({"migrations": {"network": NETWORK, "attachment": "a"}}, "migrations.attachment: is there beside network"),
        ({"migrations": {"network": {**NETWORK, "interface": "a" * 16}}}, "is no name of a link"),
        ({"migrations": {"network": {**NETWORK, "first": "x"}}}, "migrations.network: 'x' does not appear to be"),
        ({"migrations": {"network": {**NETWORK, "last": "10.50.0.100"}}}, "are no addresses of 10.50.0.0/24 in order"),
        ({"migrations": {"network": {**NETWORK, "subnet": "fd00::/64"}}}, "fd00::/64 is not of IPv4"),
    ],
)
def test_what_kubevirt_would_take_and_virtual_machines_would_not_is_refused(
    params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClusterLayerError) as refused:
        kubevirt_input.check({"cloud": "rack1", **params})
    assert message in str(refused.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ClusterLayerError, match=r"cpu_model: a b .*; .*bandwidth: x is"):
        kubevirt_input.check({"cloud": "c", "cpu_model": "a b", "migrations": {"bandwidth": "x"}})


def live(observed: str, target: str = "") -> dict[str, Any]:
    return {"status": {"observedKubeVirtVersion": observed, "targetKubeVirtVersion": target or observed}}


@pytest.mark.parametrize(
    ("has", "wanted", "message"),
    [
        (None, "1.9.0", ""),
        ({}, "1.9.0", ""),
        (live("v1.9.0"), "1.9.0", ""),
        (live("v1.8.4"), "1.9.0", ""),
        (live("v1.8.1"), "1.8.4", ""),
        (live("v1.7.2"), "1.9.0", "from v1.7.2 to 1.9.0 a minor version is left out; take the newest 1.8 before"),
        (live("v1.9.0"), "1.8.4", "1.8.4 is older than v1.9.0, which is deployed, and there is no way back"),
        (live("v1.8.1", "v1.8.4"), "1.9.0", "changes from v1.8.1 to v1.8.4; let that end before"),
        (live("v1.8.4", "v1.9.0"), "1.9.0", ""),
        (live("devel"), "1.9.0", ""),
    ],
)
def test_a_version_follows_the_one_before_it(has: dict[str, Any] | None, wanted: str, message: str) -> None:
    if not message:
        operated.refuse_step(OPERATED, has, wanted)
        return
    with pytest.raises(ClusterLayerError) as refused:
        operated.refuse_step(OPERATED, has, wanted)
    assert message in str(refused.value)


def test_why_an_object_stays_is_told() -> None:
    body = {
        "metadata": {"finalizers": ["kubevirt.io/foregroundDeleteKubeVirt"]},
        "status": {"conditions": [{"type": "Synchronized", "status": "False", "message": "An error occurred"}]},
    }
    assert operated.why(body) == (
        "it still exists; An error occurred; finalizers: kubevirt.io/foregroundDeleteKubeVirt; does its operator run?"
    )
