# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_network where somebody else changes the VM at the same time. The API server is a double of two objects."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.vms import network
from ansible_collections.groundup.cloud.plugins.module_utils.vms.cluster import Cluster
from ansible_collections.groundup.cloud.plugins.module_utils.vms.errors import VmError
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline

Json = dict[str, Any]
LAN: Json = {"name": "lan", "bridge": {}}
DETACH: Json = {"namespace": "shop", "name": "db", "state": "absent", "interface": "lan", "wait": False}
BASE = "/apis/kubevirt.io/v1/namespaces/shop"


def spec(*nics: Json) -> Json:
    nets = [{"name": one["name"], "multus": {"networkName": "shop/lan"}} for one in nics]
    return {"domain": {"devices": {"interfaces": list(nics)}}, "networks": nets}


class Api:
    """A double of the API server. What `meanwhile` does happens before the first patch, which is refused then."""

    server = "https://api"

    def __init__(self, meanwhile: Callable[[Api], None]) -> None:
        self.warnings: list[str] = []
        self.vm: Json | None = {"metadata": {"resourceVersion": "1"}, "spec": {"template": {"spec": spec(LAN)}}}
        self.vmi: Json | None = None
        self.patches: list[Json] = []
        self.meanwhile = meanwhile

    def call(self, verb: str, path: str, query: Any = None, body: Any = None, *kinds: str) -> Json:
        del query, kinds
        if verb == "PATCH":
            if not self.patches:
                self.meanwhile(self)
            self.patches.append(body)
            if self.vm is None or body["metadata"]["resourceVersion"] != self.vm["metadata"]["resourceVersion"]:
                raise Refused("the object has been modified", 409)
            self.vm["spec"] = copy.deepcopy(body["spec"])
            return self.vm
        found: Mapping[str, Json | None] = {
            f"{BASE}/virtualmachines/db": self.vm,
            f"{BASE}/virtualmachineinstances/db": self.vmi,
        }
        if path.endswith(("virtualmachineinstancemigrations", "kubevirts")):
            return {"items": []}
        one = found.get(path)
        if one is None:
            raise Refused("not found", 404)
        return one


def starts(api: Api) -> None:
    assert api.vm
    api.vm["metadata"]["resourceVersion"] = "2"
    conditions = [{"type": "LiveMigratable", "status": "True"}]
    api.vmi = {"metadata": {"name": "db"}, "spec": spec(LAN), "status": {"phase": "Running", "conditions": conditions}}


def is_detached(api: Api) -> None:
    assert api.vm
    api.vm = {"metadata": {"resourceVersion": "2"}, "spec": {"template": {"spec": spec()}}}


def is_deleted(api: Api) -> None:
    api.vm = None


def gets_a_device(api: Api) -> None:
    starts(api)
    assert api.vm
    api.vm["spec"]["template"]["spec"] = spec({"name": "lan", "sriov": {}})


def perform(api: Api) -> Json:
    return network.perform(DETACH, False, Cluster(api, Deadline(30)))


def test_a_vm_that_starts_meanwhile_is_changed_as_one_that_runs() -> None:
    api = Api(starts)
    assert perform(api)["changed"]
    nics = [one["spec"]["template"]["spec"]["domain"]["devices"]["interfaces"] for one in api.patches]
    assert nics == [[], [{**LAN, "state": "absent"}]]


def test_what_somebody_else_has_done_meanwhile_is_not_done_again() -> None:
    api = Api(is_detached)
    assert perform(api)["attached"] is False and len(api.patches) == 1


@pytest.mark.parametrize(
    ("meanwhile", "message"),
    [
        (is_deleted, "VirtualMachine shop/db was deleted by somebody else"),
        (gets_a_device, "shop/db was changed by somebody else meanwhile: lan is not bound by a bridge"),
    ],
)
def test_what_can_no_longer_be_done_is_refused(meanwhile: Callable[[Api], None], message: str) -> None:
    with pytest.raises(VmError, match=message):
        perform(Api(meanwhile))
