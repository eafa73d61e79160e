# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine is armed for one deployment, and its token is valid for one boot only."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.provision.boot_store import Rejected, Store

MAC = "52:54:00:00:01:01"
MANIFEST = {"name": "debian-13", "sha256": "ab" * 32, "size": 33, "chunk_size": 16, "chunks": ["a", "b", "c"]}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/debian-13.json").write_text(json.dumps(MANIFEST))
    return Store(str(tmp_path), "http://10.10.0.1:8080", clock)


def arm(store: Store, token: str = "t1", deploy_id: str = "d1", **plan: Any) -> None:
    value = {
        "machine": "node1",
        "cloud": "rack",
        "deploy_id": deploy_id,
        "macs": [MAC.upper()],
        "token": token,
        "expires": 2000,
        "plan": {"image": {"name": "debian-13"}, "root_disk": {"serial": "x"}, "seed": {}, **plan},
    }
    Path(store.deploy, "armed/node1.json").write_text(json.dumps(value))


def begin(store: Store, token: str = "t1", nonce: str = "n1") -> dict[str, Any]:
    return store.start("node1", token, {"nonce": nonce, "mac": MAC}, "10.10.0.21")


def events(store: Store) -> list[str]:
    return [item["event"] for item in store.history("node1")]


def test_unknown_machines_boot_their_disk(store: Store) -> None:
    assert store.armed_for(MAC) is None


def test_a_machine_is_armed_until_its_ramdisk_starts(store: Store) -> None:
    arm(store)
    for _boot in range(2):
        arming = store.armed_for(MAC)
        assert arming is not None
        store.script_served(arming, MAC, "10.10.0.21")
    begin(store)
    assert store.armed_for(MAC) is None
    assert events(store) == ["script", "script", "started"]


def test_the_plan_contains_the_chunks_of_the_image(store: Store) -> None:
    arm(store)
    plan = begin(store)["plan"]
    assert plan["image"]["url"] == "http://10.10.0.1:8080/images/debian-13.raw"
    assert plan["image"]["chunks"] == ["a", "b", "c"]
    assert (plan["machine"], plan["cloud"], plan["deploy_id"]) == ("node1", "rack", "d1")


def test_an_arming_expires(store: Store, clock: Clock) -> None:
    arm(store)
    clock.now = 2001
    assert store.armed_for(MAC) is None
    assert events(store) == ["alarm"]
    with pytest.raises(Rejected):
        begin(store)


def test_the_same_boot_may_repeat_its_start(store: Store) -> None:
    arm(store)
    assert begin(store)["session"] == begin(store)["session"]
    assert events(store) == ["started"]


def test_a_second_boot_with_the_token_raises_an_alarm(store: Store) -> None:
    arm(store)
    begin(store)
    with pytest.raises(Rejected) as rejected:
        begin(store, nonce="other")
    assert rejected.value.status == 409
    assert store.history("node1")[-1]["event"] == "alarm"


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_wrong_token_is_rejected(store: Store, token: str) -> None:
    arm(store)
    with pytest.raises(Rejected) as rejected:
        begin(store, token=token)
    assert rejected.value.status == 403
    assert store.armed_for(MAC) is not None and events(store) == ["alarm"]


def finish(store: Store, session: str) -> None:
    done = {
        "host_key": "ssh-ed25519 AAAA",
        "machine_id": "1",
        "image": "debian-13",
        "image_sha256": "s",
        "disk_serial": "x",
    }
    store.event("node1", session, {"seq": 1, "event": "inventory", "data": {}}, "")
    store.event("node1", session, {"seq": 2, "event": "done", "data": done}, "")


def test_done_is_recorded(store: Store) -> None:
    arm(store)
    finish(store, begin(store)["session"])
    done = json.loads(Path(store.deploy, "done/node1.json").read_text())
    assert (done["deploy_id"], done["host_key"], done["time"]) == ("d1", "ssh-ed25519 AAAA", 1000.0)


def test_a_repeated_event_is_acknowledged_once_written(store: Store, tmp_path: Path, clock: Clock) -> None:
    arm(store)
    session = begin(store)["session"]
    finish(store, session)
    again = Store(str(tmp_path), "http://x", clock)  # after a restart
    assert again.event("node1", session, {"seq": 2, "event": "done", "data": {}}, "") == {"ack": 2}
    assert events(again) == ["started", "inventory", "done"]


def test_events_after_the_end_of_a_deployment_are_rejected(store: Store) -> None:
    """An attacker who has read the session from the network can't replace the pinned host key."""
    arm(store)
    session = begin(store)["session"]
    finish(store, session)
    before = Path(store.deploy, "done/node1.json").read_text()
    with pytest.raises(Rejected) as rejected:
        store.event("node1", session, {"seq": 3, "event": "done", "data": {"host_key": "ssh-ed25519 EVIL"}}, "")
    assert rejected.value.status == 409
    assert Path(store.deploy, "done/node1.json").read_text() == before


@pytest.mark.parametrize("data", [{}, {"host_key": None, "machine_id": "1", "image": "x"}])
def test_a_done_event_without_required_keys_is_rejected(store: Store, data: dict[str, Any]) -> None:
    arm(store)
    session = begin(store)["session"]
    with pytest.raises(Rejected, match="host_key"):
        store.event("node1", session, {"seq": 1, "event": "done", "data": data}, "")
    assert not Path(store.deploy, "done/node1.json").exists()


def test_events_need_the_session(store: Store) -> None:
    arm(store)
    begin(store)
    with pytest.raises(Rejected):
        store.event("node1", "foreign", {"seq": 1, "event": "done", "data": {}}, "10.10.0.66")
    assert store.history("node1")[-1]["data"]["reason"] == "an event with a foreign session"
    assert not Path(store.deploy, "done/node1.json").exists()


def test_unfinished_deployments_are_listed_in_the_plan(store: Store) -> None:
    for number in ("d1", "d2"):
        arm(store, token=number, deploy_id=number)
        session = begin(store, token=number)["session"]
        if number == "d2":
            finish(store, session)
    arm(store, token="d3", deploy_id="d3")
    assert begin(store, token="d3")["plan"]["unfinished"] == ["d1"]


def test_a_truncated_last_line_is_ignored(store: Store) -> None:
    arm(store)
    begin(store)
    with Path(store.deploy, "events/node1.jsonl").open("a") as file:
        file.write('{"torn')
    assert events(store) == ["started"]
    arm(store, token="t2", deploy_id="d2")
    assert begin(store, token="t2")["plan"]["unfinished"] == ["d1"], "lines after a truncated line must be read"
    assert events(store) == ["started", "started"]


def test_a_machine_disarmed_during_its_start_gets_no_plan(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controller disarms a machine while its ramdisk requests the plan: the request and later ones fail."""
    arm(store)
    expand = store._expand

    def meanwhile(arming: dict[str, Any]) -> dict[str, Any]:
        Path(store.deploy, "armed/node1.json").unlink()
        return expand(arming)

    monkeypatch.setattr(store, "_expand", meanwhile)
    for _try in range(2):
        with pytest.raises(Rejected) as rejected:
            begin(store)
        assert rejected.value.status == 403
    assert not list(Path(store.deploy, "active").iterdir()) and "started" not in events(store)


def test_a_start_on_a_full_disk_can_be_repeated(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each write of a start: the ramdisk repeats the request, and the record is complete."""
    arm(store)

    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for step in ("fsync", "write"):  # of the staged session, then of the event
        with monkeypatch.context() as patch:
            patch.setattr(os, step, full)
            with pytest.raises(OSError, match="No space"):
                begin(store)
        assert events(store) == []
    finish(store, begin(store)["session"])
    assert events(store) == ["started", "inventory", "done"]


def test_an_event_truncated_by_a_full_disk_is_not_acknowledged(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    arm(store)
    session = begin(store)["session"]
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: real(handle, data[:20]))
        with pytest.raises(OSError, match="No space"):
            store.event("node1", session, {"seq": 1, "event": "inventory", "data": {}}, "")
    finish(store, session)
    assert events(store) == ["started", "inventory", "done"]


def test_repeated_alarms_are_recorded_once_a_minute(store: Store, clock: Clock) -> None:
    arm(store)
    for _knock in range(100):
        with pytest.raises(Rejected):
            begin(store, token="wrong")
    assert events(store) == ["alarm"]
    clock.now += 61
    with pytest.raises(Rejected):
        begin(store, token="wrong")
    assert events(store) == ["alarm", "alarm"]


def test_a_start_needs_a_nonce(store: Store) -> None:
    """Without a nonce, every client with the token would count as the same boot."""
    arm(store)
    with pytest.raises(Rejected, match="nonce"):
        store.start("node1", "t1", {"mac": MAC}, "")


def test_an_image_with_another_digest_is_rejected(store: Store) -> None:
    arm(store, image={"name": "debian-13", "sha256": "cd" * 32})
    with pytest.raises(Rejected) as rejected:
        begin(store)
    assert rejected.value.status == 503 and store.armed_for(MAC) is not None
    assert "armed for cdcd" in store.history("node1")[-1]["data"]["reason"], "the ramdisk has no session to report it"


@pytest.mark.parametrize("name", ["../armed/node1", "", "a/b", ".."])
def test_names_with_paths_are_rejected(store: Store, name: str) -> None:
    with pytest.raises(Rejected):
        store.start(name, "t1", {}, "")
