# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks for disks and machines that store. Modules are doubles that note how they were called."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from .conftest import ROOT, Run, replaced

LOCAL: dict[str, Any] = {"ansible_connection": "local", "ansible_host": "127.0.0.1"}
MODEL = ROOT / "tests/golden/models/stores.cloud.yml"
#: Notes its name and arguments, and fails if the file FAIL-NAME is there.
DOUBLE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
import json, os
keys = ("command rook osds state lost consent erased timeout kubeconfig disks health machine living_clusters bucket "
        "accept clean connect_timeout").split()
module = AnsibleModule({key: {"type": "raw"} for key in keys}, supports_check_mode=True)
given = {key: value for key, value in module.params.items() if value is not None}
with open("PLACE/calls", "a") as calls:
    calls.write(json.dumps(["NAME", given]) + chr(10))
if os.path.exists("PLACE/fail-NAME"):
    module.fail_json(msg="NAME can't do that")
traces = [] if os.path.exists("PLACE/foreign") else [{"osd": "7"}]
disk = {"serial": "FOUND1", "path": "/dev/sdb", "blank": False, "data": ["ext4 on sdb"], "ceph": traces}
module.exit_json(changed=True, disks=[disk])
"""
NAMES = ("disk_info", "ceph_osd", "disk_wipe", "ceph_maintenance", "ceph_health", "rook_ceph_power")


class World:
    """A collection in which these modules are doubles."""

    def __init__(self, play: Run, stubs: pathlib.Path, place: pathlib.Path) -> None:
        doubles = {name: DOUBLE.replace("PLACE", str(place)).replace("NAME", name) for name in NAMES}
        self.place, self._play = place, play
        self._collections = replaced(stubs, place / "doubles", **doubles)
        (place / "kubeconfig").write_text("{}\n")

    def run(self, book: str, *words: str, **given: Any) -> tuple[int, str]:
        """Exit status and output."""
        names = {"groundup_kubeconfig": str(self.place / "kubeconfig"), "ansible_become": False, **LOCAL, **given}
        done = self._play(book, *words, model=MODEL, collections=self._collections, **names)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Modules and their arguments, in their order."""
        path = self.place / "calls"
        return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []

    def fail(self, name: str) -> None:
        """Let a module fail from now on."""
        (self.place / f"fail-{name}").touch()


@pytest.fixture(name="world")
def _world(play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path) -> World:
    return World(play, stubs, tmp_path)


CONSENT = {"machine": "node3", "replace_disk_consent": "node3"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "no machine and no disk are given; name one machine with -e machine=NAME, and its disk with"),
        ({"machine": "node3"}, "node3 and no disk are given"),
        ({"machine": "machines", "disk_serial": "A"}, "machines and A are given"),
        ({"machine": "provisioner", "disk_serial": "A"}, "provisioner and A are given"),
        ({"machine": "node3", "disk_serial": "A", "disk_wwn": "0x5"}, "node3 and A are given"),
        (
            {"machine": "node3", "disk_serial": "A"},
            "the disk A of node3 will be lost; consent to that with -e",
        ),
        ({"machine": "node3", "disk_serial": "A", "replace_disk_consent": "node4"}, "-e replace_disk_consent=node3"),
    ],
)
def test_without_a_machine_a_disk_and_the_consent_nothing_is_done(
    world: World, given: dict[str, str], words: str
) -> None:
    status, output = world.run("replace_disk", **given)
    assert status != 0 and words in output, output
    assert world.calls == []


def test_a_disk_is_drained_removed_erased_and_released(world: World) -> None:
    status, output = world.run("replace_disk", **CONSENT, disk_wwn="0x5")
    assert status == 0, output
    assert [name for name, __ in world.calls] == ["disk_info", "ceph_osd", "disk_wipe", "ceph_osd"]
    __, removed, wiped, released = (given for __, given in world.calls)
    assert removed["osds"] == [{"host": "node3", "serial": "FOUND1"}]
    assert (removed["state"], removed["erased"], removed["consent"]) == ("removed", False, ["node3"])
    assert wiped["disks"] == [{"wwn": "0x5"}] and (wiped["machine"], wiped["consent"]) == ("node3", ["node3"])
    assert released == {**removed, "erased": True}
    assert removed["command"][:3] == ["kubectl", "--kubeconfig", str(world.place / "kubeconfig")]


def test_a_disk_of_somebody_else_is_refused(world: World) -> None:
    (world.place / "foreign").touch()
    status, output = world.run("replace_disk", **CONSENT, disk_serial="A")
    assert status != 0 and "/dev/sdb of node3 has no trace of an OSD, and is not empty (ext4 on sdb)" in output, output
    assert [name for name, __ in world.calls] == ["disk_info"]


def test_a_disk_is_not_erased_before_its_osd_is_removed(world: World) -> None:
    world.fail("ceph_osd")
    status, output = world.run("replace_disk", **CONSENT, disk_serial="A")
    assert status != 0 and "ceph_osd can't do that" in output
    assert "disk_wipe" not in [name for name, __ in world.calls]


def test_rook_is_not_released_before_the_disk_is_erased(world: World) -> None:
    world.fail("disk_wipe")
    assert world.run("replace_disk", **CONSENT, disk_serial="A")[0] != 0
    assert [name for name, __ in world.calls] == ["disk_info", "ceph_osd", "disk_wipe"]


def test_a_disk_that_is_gone_is_not_looked_for(world: World) -> None:
    status, output = world.run("replace_disk", **CONSENT, disk_serial="A", disk_gone=True, osd_lost=[3])
    assert status == 0, output
    ((name, given),) = world.calls
    assert (name, given["erased"], given["lost"]) == ("ceph_osd", True, [3])
    status, output = world.run("replace_disk", **CONSENT, disk_wwn="0x5", disk_gone=True)
    assert status != 0 and "Ceph knows disks by their serial numbers" in output


def test_check_mode_needs_no_consent_and_erases_nothing(world: World) -> None:
    status, output = world.run("replace_disk", "--check", machine="node3", disk_serial="A")
    assert status == 0, output
    assert [name for name, __ in world.calls] == ["disk_info", "ceph_osd", "ceph_osd"]
    assert world.calls[1][1]["consent"] == []


MAINTAINED = {"machine": "node3", "storage_maintenance_consent": "node3"}


@pytest.mark.parametrize("given", [{}, {"machine": "node3"}, {**MAINTAINED, "machine": "node4"}])
def test_a_maintenance_wants_a_machine_and_the_consent(world: World, given: dict[str, str]) -> None:
    status, output = world.run("storage_maintenance", **given)
    assert status != 0 and "with -e storage_maintenance_consent=NAME" in output, output
    assert world.calls == []


@pytest.mark.parametrize("task", ["ansible.builtin.debug", "ansible.builtin.fail"])
def test_a_maintenance_ends_whatever_happens(world: World, task: str) -> None:
    tasks = world.place / "tasks.yml"
    tasks.write_text(json.dumps([{"name": "Do it", task: {"msg": "it was done"}}]))
    status, output = world.run("storage_maintenance", **MAINTAINED, maintenance_tasks=str(tasks))
    good = task.endswith("debug")
    assert (status == 0) is good and "it was done" in output, output
    assert [name for name, __ in world.calls] == [
        "ceph_maintenance", *(["ceph_health"] if good else []), "ceph_maintenance",
    ]  # fmt: skip
    assert (world.calls[0][1]["bucket"], world.calls[-1][1]["state"]) == ("node3", "absent")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "nothing is given; say -e storage_power=off or -e storage_power=on"),
        ({"storage_power": "down"}, "down is given; say -e storage_power=off"),
        ({"storage_power": "off"}, "Nobody in stores can read or write a volume, file system or bucket while Ceph is"),
        ({"storage_power": "off", "storage_power_consent": "node1"}, "consent to that with -e storage_power_consent="),
    ],
)
def test_all_of_ceph_is_stopped_with_the_cloud_s_name_only(world: World, given: dict[str, Any], words: str) -> None:
    status, text = world.run("storage_power", **given)
    assert status != 0 and words in text and world.calls == []


def test_all_of_ceph_is_stopped_and_started_by_one_playbook(world: World) -> None:
    assert world.run("storage_power", storage_power="off", storage_power_consent="stores")[0] == 0
    assert world.run("storage_power", storage_power="on")[0] == 0
    assert world.run("storage_power", "--check", storage_power="off")[0] == 0
    assert [(name, given["state"]) for name, given in world.calls] == [
        ("rook_ceph_power", "stopped"), ("rook_ceph_power", "running"), ("rook_ceph_power", "stopped"),
    ]  # fmt: skip
    assert world.calls[0][1]["command"][-3:] == ["deploy/rook-ceph-tools", "--", "ceph"]


#: What the role gets of a model without a toolbox.
WITHOUT = {"cloud": "stores", "toolbox": False}


@pytest.mark.parametrize(
    ("book", "given"),
    [
        ("storage_power", {"storage_power": "on"}),
        ("storage_maintenance", MAINTAINED),
        ("replace_disk", {**CONSENT, "disk_wwn": "0x5"}),
    ],
)
def test_without_a_toolbox_it_has_to_be_said_where_ceph_is_asked(
    world: World, book: str, given: dict[str, Any]
) -> None:
    status, output = world.run(book, **given, rook_ceph_config=WITHOUT)
    assert status != 0 and "The model has no toolbox in which Ceph could be asked" in output, output
    assert world.calls == []


def test_another_place_where_ceph_is_asked_is_used(world: World) -> None:
    given = {"storage_power": "on", "rook_ceph_config": WITHOUT, "ceph_command": ["ceph"]}
    status, output = world.run("storage_power", **given)
    assert status == 0, output
    assert world.calls[0][1]["command"] == ["ceph"]
