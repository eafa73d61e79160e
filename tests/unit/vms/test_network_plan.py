# SPDX-License-Identifier: GPL-3.0-or-later
"""What vm_network decides: the definition that a VM gets, what is refused, and what has not happened yet."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.vms import network_plan
from ansible_collections.groundup.cloud.plugins.module_utils.vms.network_plan import Cloud

Json = dict[str, Any]
POD: Json = {"name": "default", "masquerade": {}}
POD_NET: Json = {"name": "default", "pod": {}}
LAN: Json = {"name": "lan", "bridge": {}}
LAN_NET: Json = {"name": "lan", "multus": {"networkName": "shop/lan"}}
ATTACH: Json = {"namespace": "shop", "name": "db", "state": "present", "attachment": "lan"}
DETACH: Json = {"namespace": "shop", "name": "db", "state": "absent", "interface": "lan"}
NO_UPDATES = Cloud(updates=False)


def spec(nics: list[Json], nets: list[Json], **devices: Any) -> Json:
    return {"domain": {"devices": {"interfaces": nics, **devices}}, "networks": nets}


def vm(nics: list[Json] | None = None, nets: list[Json] | None = None, **devices: Any) -> Json:
    template = spec([POD] if nics is None else nics, [POD_NET] if nets is None else nets, **devices)
    return {"metadata": {"resourceVersion": "7"}, "spec": {"template": {"spec": template}}}


def vmi(nics: list[Json], nets: list[Json], migratable: str = "True", **statuses: str) -> Json:
    shown = [{"name": name, "infoSource": source} for name, source in statuses.items()]
    conditions = [{"type": "LiveMigratable", "status": migratable, "reason": "DisksNotLiveMigratable"}]
    return {"spec": spec(nics, nets), "status": {"phase": "Running", "interfaces": shown, "conditions": conditions}}


BARE = vmi([POD], [POD_NET])
FIXED = vmi([POD], [POD_NET], "False")
WITH = vm([POD, LAN], [POD_NET, LAN_NET])
RUNS_WITH = vmi([POD, LAN], [POD_NET, LAN_NET], lan="domain, multus-status")


def lists(body: Json) -> tuple[list[Json], list[Json]]:
    found = body["spec"]["template"]["spec"]
    return found["domain"]["devices"]["interfaces"], found["networks"]


@pytest.mark.parametrize(
    ("params", "before", "running", "nics", "nets"),
    [
        (ATTACH, vm(), BARE, [POD, LAN], [POD_NET, LAN_NET]),
        (ATTACH, vm(), None, [POD, LAN], [POD_NET, LAN_NET]),
        # KubeVirt gives the network of pods only to a VM without any interface.
        (ATTACH, vm([], []), BARE, [POD, LAN], [POD_NET, LAN_NET]),
        (ATTACH, vm([], []), None, [{"name": "default", "bridge": {}}, LAN], [POD_NET, LAN_NET]),
        (ATTACH, vm([], [], autoattachPodInterface=False), None, [LAN], [LAN_NET]),
        (DETACH, WITH, RUNS_WITH, [POD, {**LAN, "state": "absent"}], [POD_NET, LAN_NET]),
        (DETACH, WITH, None, [POD], [POD_NET]),
    ],
)
def test_the_definition_that_a_vm_gets(
    params: Json, before: Json, running: Json | None, nics: list[Json], nets: list[Json]
) -> None:
    body = network_plan.changed(params, before, running, Cloud())
    assert lists(body) == (nics, nets) and body["metadata"] == {"resourceVersion": "7"}


def test_names_mac_addresses_and_bindings_are_those_that_were_given() -> None:
    given = {**ATTACH, "attachment": "nets/lan", "interface": "nic1", "mac_address": "02:00:00:00:00:AB"}
    nics, nets = lists(network_plan.changed(given, vm([], []), None, Cloud(binding="masquerade")))
    assert nics == [POD, {"name": "nic1", "bridge": {}, "macAddress": "02:00:00:00:00:ab"}]
    assert nets[-1] == {"name": "nic1", "multus": {"networkName": "nets/lan"}}


@pytest.mark.parametrize(
    ("params", "given", "expected"),
    [
        (ATTACH, WITH, True),
        (ATTACH, vm([POD, LAN], [POD_NET, {"name": "lan", "multus": {"networkName": "lan"}}]), True),
        (ATTACH, vm(), False),
        (ATTACH, vm([POD, {**LAN, "state": "absent"}], [POD_NET, LAN_NET]), False),
        ({**ATTACH, "mac_address": "02:00:00:00:00:01"}, WITH, False),
        ({**ATTACH, "attachment": "other", "interface": "lan"}, WITH, False),
        (DETACH, vm(), True),
        (DETACH, vm([POD, {**LAN, "state": "absent"}], [POD_NET, LAN_NET]), True),
        (DETACH, WITH, False),
    ],
)
def test_whether_the_definition_is_as_wanted(params: Json, given: Json, expected: bool) -> None:
    assert network_plan.is_wanted(given, params) is expected


REFUSED: dict[str, tuple[Json, Json, Json | None, Cloud, str]] = {
    "another attachment": (
        {**ATTACH, "attachment": "wan", "interface": "lan"}, WITH, None, Cloud(),
        "it has an interface lan already, and it is on shop/lan; detach that first, or give another name",
    ),
    "the network of pods by this name": (
        {**ATTACH, "interface": "default"}, vm(), None, Cloud(),
        "it is on the network of pods and it is not bound by a bridge",
    ),
    "just being detached": (
        ATTACH, vm([POD, {**LAN, "state": "absent"}], [POD_NET, LAN_NET]), BARE, Cloud(), "just being detached; wait",
    ),
    "the network of pods is detached": (
        {**DETACH, "interface": "default"}, vm(), None, Cloud(), "the network of pods, which stays",
    ),
    "the network of pods by Multus is detached": (
        DETACH, vm([LAN], [{"name": "lan", "multus": {"networkName": "lan", "default": True}}]), None, Cloud(),
        "the network of pods, which stays",
    ),
    "a device of the host": (
        DETACH, vm([{"name": "lan", "sriov": {}}], [LAN_NET]), RUNS_WITH, Cloud(),
        "lan is not bound by a bridge, and only such interfaces are detached while it runs; stop it",
    ),
    "not migratable": (
        ATTACH, vm(), FIXED, Cloud(), "it can't be migrated: LiveMigratable is False (DisksNotLiveMigratable); stop",
    ),
    "not migratable, detached": (DETACH, WITH, FIXED, Cloud(), "it can't be migrated"),
    "no updates": (ATTACH, vm(), BARE, NO_UPDATES, "KubeVirt migrates no VM for that (vmRolloutStrategy LiveUpdate"),
    "an interface of an old release": (
        DETACH, WITH,
        {"spec": {}, "status": {"phase": "Running", "interfaces": [{"name": "lan", "podInterfaceName": "net1"}]}},
        Cloud(dynamic=True), "lan was made by KubeVirt 0.59 or older",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    params, given, running, cloud, message = REFUSED[case]
    texts = network_plan.refusals(params, given, running, cloud)
    assert len(texts) == 1 and message in texts[0]


@pytest.mark.parametrize(
    ("params", "given", "running", "cloud"),
    [
        (ATTACH, vm(), BARE, Cloud()),
        (ATTACH, vm(), FIXED, Cloud(dynamic=True)),
        (ATTACH, vm(), BARE, Cloud(dynamic=True, updates=False)),
        (ATTACH, vm(), None, NO_UPDATES),
        (DETACH, WITH, RUNS_WITH, Cloud()),
        (DETACH, vm([{"name": "lan", "sriov": {}}], [LAN_NET]), None, Cloud()),
    ],
)
def test_what_is_possible(params: Json, given: Json, running: Json | None, cloud: Cloud) -> None:
    assert network_plan.refusals(params, given, running, cloud) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"interface": "a.b"}, "interface is a.b, and may have letters, digits, dashes and underscores only"),
        ({"interface": "a" * 64}, "interface has 64 characters, and 63 are possible; give a shorter one"),
        ({"attachment": "shop/"}, "interface is , and may have"),
        ({"mac_address": "02-00"}, "mac_address is 02-00, which is not like"),
        ({"mac_address": "01:00:00:00:00:01"}, "which is one of a group; give one whose first byte is even"),
    ],
)
def test_wrong_names_and_addresses(more: Json, message: str) -> None:
    texts = network_plan.wrong({**ATTACH, **more})
    assert len(texts) == 1 and message in texts[0]
    assert network_plan.wrong({**ATTACH, "interface": "a" * 63, "mac_address": "02:00:00:00:00:AB"}) == []


@pytest.mark.parametrize(
    ("params", "given", "running", "expected"),
    [
        (ATTACH, WITH, RUNS_WITH, ""),
        (ATTACH, WITH, BARE, "KubeVirt has not given it lan yet"),
        (ATTACH, WITH, vmi([POD, LAN], [POD_NET, LAN_NET]), "its pod has no lan yet"),
        (
            ATTACH,
            WITH,
            vmi([POD, LAN], [POD_NET, LAN_NET], lan="multus-status"),
            "lan is in its pod, and not in its guest",
        ),
        (DETACH, vm(), BARE, ""),
        (DETACH, WITH, RUNS_WITH, "lan is still in its guest"),
        (DETACH, WITH, vmi([POD, LAN], [POD_NET, LAN_NET], lan="multus-status"), "lan is still in its pod"),
        (DETACH, WITH, BARE, "lan has gone, and KubeVirt has not forgotten it yet"),
    ],
)
def test_what_has_not_happened_yet(params: Json, given: Json, running: Json, expected: str) -> None:
    said = network_plan.missing(params, given, running)
    assert said.startswith(expected) and bool(said) == bool(expected)


def test_conditions_that_tell_why_are_told() -> None:
    running = vmi([POD], [POD_NET])
    running["status"]["conditions"].append({"type": "MigrationRequired", "status": "False", "reason": "Pending"})
    given = {**WITH, "status": {"conditions": [{"type": "RestartRequired", "status": "True", "message": "a field"}]}}
    assert network_plan.missing(ATTACH, given, running) == (
        "KubeVirt has not given it lan yet; MigrationRequired is False (Pending); RestartRequired is True (a field)"
    )


@pytest.mark.parametrize(
    ("configuration", "methods", "updates"),
    [
        ({}, ["LiveMigrate"], True),
        ({"vmRolloutStrategy": "LiveUpdate"}, ["LiveMigrate", "Evict"], True),
        ({"vmRolloutStrategy": "LiveUpdate"}, [], False),
        ({"vmRolloutStrategy": "Stage"}, ["LiveMigrate"], False),
    ],
)
def test_what_the_cluster_says(configuration: Json, methods: list[str], updates: bool) -> None:
    spec = {"configuration": configuration, "workloadUpdateStrategy": {"workloadUpdateMethods": methods}}
    assert Cloud.of([{"spec": spec}], dynamic=False) == Cloud(False, updates, "bridge")


def test_who_may_not_read_kubevirts_object_is_not_refused_for_it() -> None:
    assert Cloud.of([], dynamic=False).updates
    network = {"spec": {"configuration": {"network": {"defaultNetworkInterface": "masquerade"}}}}
    assert Cloud.of([network], dynamic=True).binding == "masquerade"
