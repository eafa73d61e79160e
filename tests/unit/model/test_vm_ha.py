# SPDX-License-Identifier: GPL-3.0-or-later
"""Fencing by itself in the model: on where it can work, and refused with the reason where it can't."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ha.service import Settings
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.model.warn import warn
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked, filled
from ansible_collections.groundup.cloud.plugins.module_utils.specs.vm_ha import CONFIG

from .base import REMOVED, model

Changes = dict[str, t.Any]
VMS: Changes = {"virtualization.enabled": True}
HA = "virtualization.ha"


def unmanaged(*numbers: int) -> Changes:
    """These machines have no management controller, so they are not deployed either."""
    return {f"machines.node{number}.{key}": REMOVED for number in numbers for key in ("bmc", "root_disk")}


def three(changes: Changes) -> Changes:
    """The base model with a third machine, unless it is said to be absent."""
    if changes.get("machines.node3") is REMOVED:
        return model({**VMS, **{key: value for key, value in changes.items() if key != "machines.node3"}})
    data = model()
    node3 = copy.deepcopy(data["machines"]["node2"])
    node3["bmc"]["address"], node3["location"]["unit"] = "10.20.0.103", 3
    node3["root_disk"], node3["storage_disks"] = {"serial": "R3"}, [{"serial": "S3"}]
    node3["nics"] = {
        f"nic{number}": {"mac": f"52:54:00:00:03:0{number}", "port": f"leaf{number + 1}/Ethernet3"} for number in (0, 1)
    }
    return model({"machines.node3": node3, **VMS, **changes})


def cluster(changes: Changes) -> Changes:
    found: Changes = derive(load(three(changes))).hostvars["cluster"]
    return found


def names(found: Changes) -> list[str]:
    return [layer["name"] for layer in found["groundup_layers"]]


def test_it_is_on_by_default_and_comes_last() -> None:
    found = cluster({})
    layer = found["groundup_layers"][-1]
    assert layer["name"] == "fencing" and layer["role"] == "groundup.cloud.vm_ha" and layer["probed"] is True
    assert found["vm_ha_provisioner"] == "provisioner" and "vm_ha_state" not in found
    given = found["vm_ha_config"]
    assert [one["name"] for one in given["machines"]] == ["node1", "node2", "node3"]
    assert given["machines"][1]["bmc"]["address"] == "10.20.0.102"
    assert given["machines"][1]["identity"]["macs"] == ["52:54:00:00:02:00", "52:54:00:00:02:01"]
    settings = Settings.of(filled(CONFIG, checked("vm_ha", CONFIG, given)), "")
    assert settings.config()["stale_after"] == 90 and settings.minimum_healthy == 51


def test_profile_and_share_reach_the_service() -> None:
    given = cluster({f"{HA}.profile": "tight", f"{HA}.minimum_healthy": 60})["vm_ha_config"]
    assert Settings.of(filled(CONFIG, checked("vm_ha", CONFIG, given)), "").config()["stale_after"] == 30
    assert given["minimum_healthy"] == 60
    assert cluster({"kubernetes.timings": "slow"})["vm_ha_config"]["timings"] == "slow"


def test_where_it_is_switched_off_the_service_of_a_former_model_is_removed() -> None:
    found = cluster({f"{HA}.enabled": False})
    assert found["vm_ha_state"] == "absent" and "fencing" in names(found)
    assert "fencing" not in found["prove_config"]["layers"]


@pytest.mark.parametrize(
    "changes",
    [
        {"virtualization.enabled": False},
        {"machines.node3": REMOVED},
        unmanaged(1, 2, 3),
    ],
    ids=["no virtual machines", "two machines", "no management controllers"],
)
def test_it_is_not_there_where_it_could_not_work(changes: Changes) -> None:
    assert "fencing" not in names(cluster(changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            unmanaged(1, 2, 3) | {f"{HA}.enabled": True},
            "no machine has a management controller, so nobody can see to it that one is off; give machines a bmc",
        ),
        (
            {"machines.node3": REMOVED, f"{HA}.enabled": True},
            "fences nothing: with one machine lost, 50 percent are healthy; add machines, or give a lower minimum",
        ),
        ({f"{HA}.enabled": True, f"{HA}.minimum_healthy": 67}, "with one machine lost, 66 percent are healthy"),
        ({f"{HA}.minimum_healthy": 0}, "percentage"),
        ({f"{HA}.minimum_healthy": 101}, "percentage"),
        ({f"{HA}.profile": "fast"}, "fast"),
        (
            {
                "machines.node2.roles": ["control_plane"],
                "machines.node3.roles": ["control_plane"],
                f"{HA}.restartable_only": True,
            },
            "refuses all that could not start elsewhere, and one machine runs virtual machines",
        ),
        ({f"{HA}.enabled": False, f"{HA}.profile": "tight"}, "has no effect where nothing is fenced by itself"),
        ({f"{HA}.profile": "tight", "kubernetes.timings": "slow"}, "fences emulated machines that are only slow"),
        ({"virtualization.enabled": False, f"{HA}.enabled": True}, "has no effect without virtual machines"),
    ],
)
def test_what_is_refused(changes: Changes, says: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(three(changes))
    assert says in str(caught.value), caught.value


def test_what_would_not_start_again_is_refused_where_the_model_asks_for_it() -> None:
    assert "restartable_only" not in cluster({})["kubevirt_config"]
    assert cluster({f"{HA}.restartable_only": True})["kubevirt_config"]["restartable_only"] is True
    alone = {f"{HA}.restartable_only": True, f"{HA}.enabled": False}
    assert cluster(alone)["kubevirt_config"]["restartable_only"] is True, "machines are fenced by hand"


def test_two_machines_are_enough_with_a_lower_share() -> None:
    found = cluster({"machines.node3": REMOVED, f"{HA}.enabled": True, f"{HA}.minimum_healthy": 50})
    assert "fencing" in names(found)


def test_a_machine_that_cannot_be_fenced_beside_others_is_a_warning() -> None:
    changes = unmanaged(3)
    said = [str(one) for one in warn(load(three(changes)), three(changes))]
    assert [one for one in said if "node3" in one and "wait for a person when it dies" in one], said
    assert not [one for one in map(str, warn(load(three({})), three({}))) if "wait for a person" in one]
