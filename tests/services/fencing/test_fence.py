# SPDX-License-Identifier: GPL-3.0-or-later
"""Fencing with a real API server and a real Redfish service; kubelets are doubles, and so is the machine behind it.

No controller runs: pods are objects only, and stay on their node.
"""

from __future__ import annotations

import threading
import time
import typing as t
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.connect import connected
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.power import PowerRules, apply_power, plan_power
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import BmcSettings, PowerState
from ansible_collections.groundup.cloud.plugins.module_utils.fencing import errors
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import TAINT
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.perform import fence, info, pause
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.bmc.conftest import MAC, PASSWORD, UUID, Service, free_port
from services.bmc.fault_proxy import FaultProxy
from services.fencing.kubelet import LEASES, MERGE, Kubelet, Nodes

pytestmark = pytest.mark.services
Params = dict[str, t.Any]


class Fence:
    """The module's action with defaults, and the power of its machine past everything that is tried."""

    def __init__(self, service: Service, proxy: FaultProxy, kubeconfig: str) -> None:
        self.proxy = proxy
        self.params: Params = {
            "protocol": "redfish", "address": "127.0.0.1", "port": proxy.port, "username": "admin", "timeout": 15,
            "password": PASSWORD, "tls": {"fingerprint": service.fingerprint}, "by": "the tests",
            "identity": {"uuid": UUID, "macs": [MAC]}, "name": "node2", "state": "fenced", "kubeconfig": kubeconfig,
            "stale_after": 120, "minimum_healthy": 51, "wait_timeout": 40,
        }  # fmt: skip
        self._direct = BmcSettings(
            "redfish", "127.0.0.1", "admin", PASSWORD, port=service.port, fingerprint=service.fingerprint
        )

    def __call__(self, check: bool = False, **changes: t.Any) -> Params:
        return fence({**self.params, **changes}, check)

    def power(self) -> PowerState:
        with connected(self._direct) as bmc:
            return bmc.power_state()

    def switch(self, wanted: str) -> None:
        with connected(self._direct) as bmc:
            apply_power(bmc, plan_power(wanted, bmc.power_state()), PowerRules(graceful=False, wait=30))

    def on(self) -> bool:
        return self.power() is PowerState.ON


@pytest.fixture
def nodes(api: Https) -> Iterator[Nodes]:
    """node1 and node3 are healthy, node2 has been lost for five minutes."""
    made = Nodes(api)
    made.remove()
    made.make("node1")
    made.make("node2", lost=300)
    made.make("node3")
    yield made
    made.remove()


@pytest.fixture
def act(service: Service, proxy: FaultProxy, kubeconfig: str) -> Fence:
    """The machine is on."""
    found = Fence(service, proxy, kubeconfig)
    found.switch("on")
    return found


def test_a_lost_node_is_fenced_and_brought_back(nodes: Nodes, act: Fence) -> None:
    owner = [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "1"}]
    nodes.pod("db-0", "node2", labels={"vm.kubevirt.io/name": "db"})
    nodes.pod("agent-x", "node2", ownerReferences=owner)
    nodes.pod("web-0")
    planned = act(check=True)
    assert planned["changed"] and planned["steps"][1] == "cut the power of node2" and planned["record"] == {}
    assert act.on() and nodes.taints("node2") == [] and nodes.notes("node2") == {}

    def standing() -> tuple[str, list[str], list[str]]:
        found = info({"kubeconfig": act.params["kubeconfig"], "stale_after": 120})
        return found["nodes"]["node2"]["standing"], found["lost"], found["back"]

    assert standing() == ("lost", ["node2"], [])
    done = act()
    assert standing() == ("fenced", [], []) and done["steps"] == planned["steps"] and done["diff"] == planned["diff"]
    assert not act.on() and nodes.taints("node2") == [TAINT]
    assert nodes.notes("node2").items() >= {"by": "the tests", "id": "boot-1", "how": "bmc"}.items()
    assert [pod["name"] for pod in done["bound"]] == ["db-0"] and done["bound"][0]["vm"] == "db"
    assert [pod["name"] for pod in done["waiting"]] == ["web-0"]

    again = act()
    assert not again["changed"] and again["steps"] == [] and again["record"]["boot_id"] == "boot-1"
    with Kubelet(nodes, "node2", act.on, boot="boot-2"):
        back = act(state="returned")
        assert back["steps"][0] == "switch node2 on" and back["record"] == {}
        assert act.on() and nodes.taints("node2") == [] and nodes.notes("node2") == {}
        assert standing() == ("healthy", [], [])
        assert not act(state="returned")["changed"]


def test_other_taints_and_annotations_stay(nodes: Nodes, act: Fence, api: Https) -> None:
    own = {"key": "own", "value": "x", "effect": "NoSchedule"}
    body = {"metadata": {"annotations": {"own": "x"}}, "spec": {"taints": [own]}}
    api.call("PATCH", "/api/v1/nodes/node2", None, body, "application/merge-patch+json")
    act()
    assert nodes.taints("node2") == ["own", TAINT]
    with Kubelet(nodes, "node2", act.on, boot="boot-2"):
        act(state="returned")
    assert nodes.taints("node2") == ["own"] and nodes.get("node2")["metadata"]["annotations"]["own"] == "x"


def test_a_run_that_was_interrupted_after_the_cut_goes_on(nodes: Nodes, act: Fence, api: Https) -> None:
    """The run dies between the cut and the taint; nothing but the living state is left of it."""

    class Killed(BaseException):
        pass

    def kill(*_: object) -> t.NoReturn:
        raise Killed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ansible_collections.groundup.cloud.plugins.module_utils.fencing.act.Act._verify", kill)
        with pytest.raises(Killed):
            act()
    assert not act.on() and nodes.taints("node2") == [] and nodes.notes("node2")["id"] == "boot-1"
    assert act()["steps"] == ["verify that node2 is off", "set the taint out-of-service on node2"]
    assert nodes.taints("node2") == [TAINT]


def unchanged(nodes: Nodes, act: Fence) -> None:
    assert act.on() and nodes.taints("node2") == [] and nodes.notes("node2") == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong-one-7"}, "Whether its machine is off is not known"),
        ({"port": free_port(), "timeout": 2}, "Whether its machine is off is not known"),
        ({"tls": {"fingerprint": "ab" * 32}}, "Whether its machine is off is not known"),
        ({"identity": {"uuid": "11111111-0000-0000-0000-000000000000"}}, "another machine is behind this address"),
        ({"name": "node1", "consent": "node1"}, "it is Ready; drain it"),
        ({"name": "node9"}, "the cluster has no node node9; its nodes: node1, node2, node3"),
        ({"consent": "node3"}, "consent names node3"),
        ({"confirmed_off": "node2"}, "its controller answers that it is on"),
        ({"stale_after": 600}, "it may be fenced after 600 s of both"),
        ({"minimum_healthy": 90}, "2 of 3 nodes are healthy (67 %)"),
        ({"state": "returned"}, "it is not fenced, but not Ready either"),
    ],
)
def test_what_is_refused_changes_nothing(nodes: Nodes, act: Fence, changes: Params, words: str) -> None:
    with pytest.raises(errors.FencingError) as caught:
        act(**changes)
    assert words in str(caught.value) and "wrong-one-7" not in str(caught.value)
    unchanged(nodes, act)


def test_half_of_the_machines_are_away(nodes: Nodes, act: Fence) -> None:
    nodes.make("node4", lost=200)
    nodes.make("node5", lost=200)
    with pytest.raises(
        errors.Refused, match=r"2 of 5 nodes are healthy.*node4, node5; look for what they have in common"
    ):
        act(consent="node2")
    unchanged(nodes, act)


def test_a_second_control_plane_is_left_alone(nodes: Nodes, act: Fence, api: Https) -> None:
    nodes.make("plane1", control_plane=True)
    nodes.make("plane2", control_plane=True, lost=200)
    label = {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}}
    api.call("PATCH", "/api/v1/nodes/node2", None, label, "application/merge-patch+json")
    with pytest.raises(errors.Refused, match=r"another one is not healthy \(plane2\)"):
        act(consent="node2")
    unchanged(nodes, act)


def test_the_controller_of_another_machine(nodes: Nodes, act: Fence) -> None:
    """The kubelet of node2 is not Ready, and renews its Lease, while the controller's machine is off."""
    with Kubelet(nodes, "node2", lambda: True):
        with pytest.raises(errors.WrongMachine, match="this is not the controller of node2"):
            act(consent="node2")
        assert nodes.taints("node2") == [] and not act.on()
        with pytest.raises(errors.WrongMachine):
            act(consent="node2")


def test_a_machine_that_comes_back_by_itself(nodes: Nodes, act: Fence) -> None:
    # The emulator takes up to eleven seconds to start a machine; a Lease of a minute is watched for longer than that.
    nodes.api.call("PATCH", f"{LEASES}/node2", None, {"spec": {"leaseDurationSeconds": 60}}, MERGE)
    ended = threading.Event()

    def policy() -> None:
        while not ended.wait(0.2):
            if act.power() is PowerState.OFF:  # each time: the cut is tried again
                act.switch("on")

    thread = threading.Thread(target=policy)
    thread.start()
    try:
        # The controller may say on at once, so that the cut itself seems to fail, or in the second reading.
        with pytest.raises((errors.CameBack, Exception), match=r"is on again|was not off|is not off after") as caught:
            act()
    finally:
        ended.set()
        thread.join()
    assert nodes.taints("node2") == [], caught.value


def test_a_dead_controller_and_the_word_of_a_person(nodes: Nodes, act: Fence) -> None:
    dead = {"port": free_port(), "timeout": 2, "confirmed_off": "node2"}
    assert act(check=True, **dead)["steps"][1:] == ["verify that node2 is off", "set the taint out-of-service on node2"]
    with Kubelet(nodes, "node2", lambda: True), pytest.raises(errors.WrongMachine, match="node2 is not off"):
        act(**dead)
    assert nodes.taints("node2") == []
    assert act(**dead)["record"]["how"] == "confirmed"
    assert nodes.taints("node2") == [TAINT] and not act(**dead)["changed"]
    # The machine was on all the time, so that its kubelet may come back with the boot that was said to be off.
    nodes.status("node2", ready=True, boot="boot-1")
    nodes.renew("node2")
    with pytest.raises(errors.Refused, match="it has the same boot id, so it was never off"):
        act(state="returned", **dead)
    nodes.status("node2", ready=True, boot="boot-2")
    assert act(state="returned", **dead)["steps"] == ["remove the taint out-of-service and the record from node2"]
    assert nodes.taints("node2") == []


def test_a_machine_that_does_not_come_back_keeps_its_taint(nodes: Nodes, act: Fence) -> None:
    act()
    with pytest.raises(errors.NotBack, match=r"Kubelet stopped posting node status.*its machine is on"):
        act(state="returned", wait_timeout=2)
    assert nodes.taints("node2") == [TAINT] and nodes.notes("node2")["id"] == "boot-1"


def test_a_pause_on_the_api(nodes: Nodes, act: Fence, kubeconfig: str) -> None:
    def paused(check: bool = False, **changes: t.Any) -> Params:
        defaults: Params = {"kubeconfig": kubeconfig, "state": "present", "by": "site.yml", "seconds": 600}
        return pause({**defaults, **changes}, check)

    assert paused(check=True)["changed"] and paused()["changed"] and not paused()["changed"]
    with pytest.raises(errors.Refused, match=r"fencing is paused by site.yml for another \d+ s"):
        act()
    unchanged(nodes, act)
    assert act(check=True, consent="node2")["changed"]
    with pytest.raises(errors.FencingError, match="not by somebody"):
        paused(by="somebody", state="absent")
    assert paused(state="absent")["changed"] and not paused(state="absent")["changed"]
    assert paused(seconds=1)["changed"]
    time.sleep(2)
    assert act(check=True)["changed"] and paused(by="somebody")["changed"]
    assert paused(by="somebody", state="absent")["changed"]


def test_a_node_that_others_change_meanwhile(nodes: Nodes, act: Fence, api: Https) -> None:
    """Labels change a few times a second, so that some changes of the node conflict."""
    ended = threading.Event()
    write: Callable[[int], object] = lambda number: api.call(  # noqa: E731
        "PATCH",
        "/api/v1/nodes/node2",
        None,
        {"metadata": {"labels": {"n": str(number)}}},
        "application/merge-patch+json",
    )

    def disturb() -> None:
        number = 0
        while not ended.wait(0.3):
            number += 1
            write(number)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        act()
    finally:
        ended.set()
        thread.join()
    assert nodes.taints("node2") == [TAINT]
