# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_network on a real API server with the kinds of KubeVirt and Multus. What changes pods and guests is a double."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.vms import network
from ansible_collections.groundup.cloud.plugins.module_utils.vms.errors import VmError
from services.vms.conftest import Cloud, attachments, module
from services.vms.double_controller import CORE
from services.vms.double_network import DYNAMIC

pytestmark = pytest.mark.services
Json = dict[str, t.Any]
OPTIONS: Json = {"state": "present", "wait": True, "interface": None, "mac_address": None, "attachment": None}
MAC = "02:00:00:00:00:17"
ON_PODS: Json = {
    "domain": {"devices": {"interfaces": [{"name": "default", "masquerade": {}}]}},
    "networks": [{"name": "default", "pod": {}}],
}


class Calls:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def __call__(self, name: str, check: bool = False, **more: t.Any) -> Json:
        common = {"kubeconfig": self.cloud.kubeconfig, "namespace": "lans", "timeout": 240, "name": name}
        return network.perform({**OPTIONS, **common, **more}, check)

    def template(self, name: str) -> Json:
        vm = self.cloud.get(f"{CORE}/namespaces/lans/virtualmachines/{name}")
        assert vm is not None
        found: Json = vm["spec"]["template"]["spec"]
        return found

    def nics(self, name: str) -> list[str]:
        return [one["name"] for one in self.template(name)["domain"]["devices"].get("interfaces", [])]


@pytest.fixture(scope="module")
def lan(cloud: Cloud) -> Calls:
    attachments(cloud.objects)
    cloud.space("lans")
    body = {
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": {"name": "tenants", "namespace": "lans"},
        "spec": {"config": "{}"},
    }
    cloud.post("/apis/k8s.cni.cncf.io/v1/namespaces/lans/network-attachment-definitions", body)
    return Calls(cloud)


def test_a_vm_that_runs_is_migrated_for_its_interface(cloud: Cloud, lan: Calls) -> None:
    cloud.vm("lans", "db", **ON_PODS)
    cloud.running("lans", "db")
    planned = lan("db", check=True, attachment="tenants", mac_address=MAC)
    assert planned["steps"] == ["attach tenants of VirtualMachine lans/db while it runs"]
    assert "attachment: lans/tenants\n" in planned["diff"][0]["after"] and not planned["diff"][0]["before"]
    assert lan.nics("db") == ["default"], "check mode changes nothing"
    done = lan("db", attachment="tenants", mac_address=MAC)
    assert done["changed"] and done["in_guest"] and done["migrated"] and done["mac_address"] == MAC
    assert lan.nics("db") == ["default", "tenants"]
    again = lan("db", attachment="tenants", mac_address=MAC.upper())
    assert not again["changed"] and again["in_guest"]
    with pytest.raises(
        VmError, match=r"has an interface tenants already, and its MAC address is 02:.*detach that first"
    ):
        lan("db", attachment="tenants", mac_address="02:00:00:00:00:18")
    gone = lan("db", interface="tenants", state="absent")
    assert gone["changed"] and gone["migrated"] and not gone["attached"] and not gone["in_guest"]
    assert lan.nics("db") == ["default"] and [one["name"] for one in lan.template("db")["networks"]] == ["default"]
    assert not lan("db", interface="tenants", state="absent")["changed"]
    with pytest.raises(VmError, match="default is its interface to the network of pods, which stays"):
        lan("db", interface="default", state="absent")


def test_a_stopped_vm_has_it_when_it_starts_and_keeps_the_network_of_pods(cloud: Cloud, lan: Calls) -> None:
    cloud.vm("lans", "off", "Halted")
    done = lan("off", attachment="lans/tenants", interface="lan")
    assert done["steps"] == ["attach lan of VirtualMachine lans/off while it is stopped"]
    assert done["attached"] and not done["in_guest"] and lan.nics("off") == ["default", "lan"]
    assert lan.template("off")["networks"] == [
        {"name": "default", "pod": {}},
        {"name": "lan", "multus": {"networkName": "lans/tenants"}},
    ]
    assert not lan("off", attachment="tenants", interface="lan")["changed"]
    assert lan("off", interface="lan", state="absent")["changed"] and lan.nics("off") == ["default"]


def test_what_can_t_be_is_refused_with_all_reasons_and_changes_nothing(cloud: Cloud, lan: Calls) -> None:
    cloud.vm("lans", "fixed", **ON_PODS)
    cloud.running("lans", "fixed")
    cloud.condition("lans", "fixed", "LiveMigratable", "False", "DisksNotLiveMigratable", "PVC root is not shared")
    with pytest.raises(VmError) as refused:
        lan("fixed", attachment="office")
    text = str(refused.value)
    assert "no NetworkAttachmentDefinition office in the namespace lans; there are tenants" in text
    assert "can't be migrated: LiveMigratable is False (DisksNotLiveMigratable: PVC root is not shared); stop" in text
    with pytest.raises(VmError, match="interface has 64 characters, and 63 are possible"):
        lan("fixed", attachment="tenants", interface="a" * 64)
    assert lan.nics("fixed") == ["default"]
    with pytest.raises(VmError, match=r"there is no VirtualMachine nobody in the namespace lans; there are .*fixed"):
        lan("nobody", attachment="tenants")
    assert lan("nobody", check=True, attachment="tenants")["changed"]


def test_what_does_not_happen_is_told_with_the_reason(cloud: Cloud, lan: Calls) -> None:
    cloud.vm("lans", "deaf", fault="deaf-network", **ON_PODS)
    cloud.vm("lans", "slow", fault="stuck", **ON_PODS)
    cloud.running("lans", "deaf", "slow")
    with pytest.raises(VmError, match="VirtualMachine lans/deaf on node1: KubeVirt has not given it tenants yet"):
        lan("deaf", attachment="tenants", timeout=3)
    assert not lan("slow", attachment="tenants", wait=False)["in_guest"]
    moves = f"{CORE}/namespaces/lans/virtualmachineinstancemigrations"
    cloud.until(
        lambda: any(
            one["spec"]["vmiName"] == "slow" and one.get("status", {}).get("phase") == "Running"
            for one in cloud.controllers.all(moves)
        )
    )
    with pytest.raises(VmError) as late:
        lan("slow", attachment="tenants", timeout=3)
    text = str(late.value)
    assert "its pod has no tenants yet; MigrationRequired is True (AutoMigrationDueToLiveUpdate)" in text
    assert "migration kubevirt-workload-update-" in text and "is Running" in text


def test_ansible_runs_the_module_and_pods_are_changed_where_a_controller_does_it(cloud: Cloud, lan: Calls) -> None:
    cloud.vm("lans", "web", **ON_PODS)
    cloud.running("lans", "web")
    cloud.condition("lans", "web", "LiveMigratable", "False", "DisksNotLiveMigratable", "")
    pod = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": pod}
    place, __, name = DYNAMIC.rpartition("/")
    cloud.post(place, {"metadata": {"name": name}, "spec": spec})
    given = {"kubeconfig": cloud.kubeconfig, "namespace": "lans", "name": "web", "attachment": "tenants"}
    unnamed = {key: given[key] for key in ("kubeconfig", "namespace", "name")}
    done, again, without, refused = module(
        "vm_network", given, given, {**given, "state": "absent", "attachment": "tenants"}, unnamed
    )
    assert done["changed"] and done["in_guest"] and not done["migrated"], done
    assert not again["changed"]
    assert without["changed"] and not without["attached"] and lan.nics("web") == ["default"]
    assert "attachment" in refused["msg"]
