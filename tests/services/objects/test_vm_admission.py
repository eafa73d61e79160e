# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of the role kubevirt that refuses virtual machines which would not start again, on a real API server.

Upstream's kinds have their own schemas; the API server itself evaluates the policy.
"""

from __future__ import annotations

import re
import threading

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects.conftest import directory, manifest
from services.objects.vm_layers import CRDS, Layer, Params, serve, served, upstreams

pytestmark = pytest.mark.services

MACHINES = "/apis/kubevirt.io/v1/namespaces/default/virtualmachines"
INSTANCES = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances"
#: What a virtual machine has beside what makes it one that is refused, and the end of the reason.
REFUSED: dict[str, tuple[Params, str]] = {
    "Manual": ({"runStrategy": "Manual"}, "write Always or RerunOnFailure"),
    "Once": ({"runStrategy": "Once"}, "write Always or RerunOnFailure"),
    "selector": ({"nodeSelector": {"kubernetes.io/hostname": "node1"}}, "select by a label that several hosts have"),
    "affinity": ({"affinity": [["node1"], ["node1"]]}, "affinity.nodeAffinity: it may run on one host alone"),
    "hostDisk": ({"volumes": [{"name": "a", "hostDisk": {"path": "/a.img", "type": "Disk"}}]}, "a file of one host"),
}
TAKEN: dict[str, Params] = {
    "Always": {},
    "RerunOnFailure": {"runStrategy": "RerunOnFailure"},
    "Halted": {"runStrategy": "Halted"},
    "the old form": {"runStrategy": None, "running": True},
    "label": {"nodeSelector": {"groundup.cloud/compute": "true"}},
    "two hosts": {"affinity": [["node1", "node2"]]},
    "one of two hosts": {"affinity": [["node1"], ["node2"]]},
    "any host": {"affinity": [["node1"], []]},
    "volume": {"volumes": [{"name": "a", "persistentVolumeClaim": {"claimName": "a"}}]},
}


def machine(name: str, given: Params) -> Params:
    spec: Params = {"domain": {"devices": {}}}
    for key in ("nodeSelector", "volumes"):
        spec |= {key: given[key]} if key in given else {}
    if "affinity" in given:
        host = {"key": "kubernetes.io/hostname", "operator": "In"}
        other = [{"key": "disk", "operator": "Exists"}]
        terms = [{"matchExpressions": [*other, *([{**host, "values": at}] if at else [])]} for at in given["affinity"]]
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        spec["affinity"] = {"nodeAffinity": required}
    chosen = {"runStrategy": "Always", **{key: given[key] for key in ("runStrategy", "running") if key in given}}
    body = {key: value for key, value in chosen.items() if value is not None}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": metadata,
            "spec": {**body, "template": {"spec": spec}}}  # fmt: skip


@pytest.fixture(scope="module")
def judged(kubeconfig: str, api: Https) -> Layer:
    """The policy is there, and the API server follows it."""
    given = manifest(upstreams("kubevirt-v1.9.0", "kubevirt-operator.yaml"))
    kubevirt = Layer("kubevirt", kubeconfig, api, {"cloud": "rack1", "manifest": given})
    kubevirt()
    kinds = directory("kubevirt-v1.9.0") / "crds"
    serve(kubevirt.api, kinds / "virtualmachines.kubevirt.io.yaml", kinds / "virtualmachineinstances.kubevirt.io.yaml")
    kubevirt.api.call("POST", MACHINES, body=machine("before", {"runStrategy": "Manual"}))
    assert "create ValidatingAdmissionPolicy groundup-restartable" in kubevirt(restartable_only=True)["steps"]
    assert not kubevirt(restartable_only=True)["changed"]
    for __ in range(100):
        try:
            kubevirt.api.call("POST", f"{MACHINES}?dryRun=All", body=machine("probe", {"runStrategy": "Manual"}))
        except Refused:
            break
        threading.Event().wait(0.1)
    return kubevirt


@pytest.mark.parametrize("name", REFUSED)
def test_a_virtual_machine_that_would_not_start_again_is_refused(judged: Layer, name: str) -> None:
    given, reason = REFUSED[name]
    with pytest.raises(Refused, match=re.escape(reason)):
        judged.api.call("POST", f"{MACHINES}?dryRun=All", body=machine("one", given))


@pytest.mark.parametrize("name", TAKEN)
def test_others_are_taken(judged: Layer, name: str) -> None:
    judged.api.call("POST", f"{MACHINES}?dryRun=All", body=machine("one", TAKEN[name]))


def test_an_instance_without_a_virtual_machine_is_refused(judged: Layer) -> None:
    one = machine("one", {})
    body = {**one, "kind": "VirtualMachineInstance", "spec": one["spec"]["template"]["spec"]}
    with pytest.raises(Refused, match="make a VirtualMachine"):
        judged.api.call("POST", f"{INSTANCES}?dryRun=All", body=body)


#: A double of a kind of which upstream has no file: virt-operator makes it.
POOL: Params = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "virtualmachinepools.pool.kubevirt.io"},
    "spec": {
        "group": "pool.kubevirt.io", "scope": "Namespaced",
        "names": {"kind": "VirtualMachinePool", "plural": "virtualmachinepools", "singular": "virtualmachinepool"},
        "versions": [{"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
            "type": "object",
            "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        }}}],
    },
}  # fmt: skip


def test_the_template_of_a_pool_is_judged(judged: Layer) -> None:
    judged.api.call("POST", CRDS, body=POOL)
    served(judged.api, POOL)
    path = "/apis/pool.kubevirt.io/v1beta1/namespaces/default/virtualmachinepools"
    metadata = {"name": "web", "namespace": "default"}

    def pool(strategy: str) -> Params:
        template = {"spec": machine("web", {"runStrategy": strategy})["spec"]}
        body = {"apiVersion": "pool.kubevirt.io/v1beta1", "kind": "VirtualMachinePool", "metadata": metadata}
        return {**body, "spec": {"virtualMachineTemplate": template}}

    try:
        with pytest.raises(Refused, match="write Always or RerunOnFailure"):
            judged.api.call("POST", f"{path}?dryRun=All", body=pool("Manual"))
        judged.api.call("POST", f"{path}?dryRun=All", body=pool("Always"))
    finally:
        judged.api.call("DELETE", f"{CRDS}/virtualmachinepools.pool.kubevirt.io")


def test_one_that_was_there_before_is_left_until_it_is_changed(judged: Layer) -> None:
    path = f"{MACHINES}/before"
    judged.patch(path, {"metadata": {"labels": {"a": "b"}}})
    with pytest.raises(Refused, match="write Always or RerunOnFailure"):
        judged.patch(path, {"spec": {"runStrategy": "Once"}})
    judged.patch(path, {"spec": {"runStrategy": "Always"}})
    with pytest.raises(Refused, match="write Always or RerunOnFailure"):
        judged.patch(path, {"spec": {"runStrategy": "Manual"}})
    judged.api.call("DELETE", path)


def test_the_policy_goes_when_nobody_wants_it_any_more(judged: Layer) -> None:
    left = {step.partition(" (")[0] for step in judged()["steps"]}
    assert {f"remove ValidatingAdmissionPolicy{kind} groundup-restartable" for kind in ("", "Binding")} <= left
