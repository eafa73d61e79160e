# SPDX-License-Identifier: GPL-3.0-or-later
"""The proofs of the service that fences machines, of files as it writes them. No service runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.look import Decision
from ansible_collections.groundup.cloud.plugins.module_utils.ha import program
from ansible_collections.groundup.cloud.plugins.module_utils.prove import fencing
from ansible_collections.groundup.cloud.plugins.module_utils.prove.registry import prove_scope
from ansible_collections.groundup.cloud.plugins.module_utils.provision.managers import ServiceError
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import Proof
from checks.clock import SkippingClock

NAMES = ("node1", "node2", "node3")
SECRET = "correct horse"


def healthy(*names: str) -> list[Decision]:
    return [Decision(name, "healthy", "none", "nothing is done") for name in names]


class Service:
    """The files of the service, the record written by the service's own function."""

    def __init__(self, root: Path) -> None:
        given = {"cloud": "rack1", "state_dir": str(root), "service_manager": "processes"}
        self.expected = fencing.Expected.of({**given, "machines": list(NAMES[:2]), "nodes": list(NAMES)})
        self.home = root / "vm_ha"
        for name in ("services", "run"):
            (self.home / name).mkdir(parents=True)
        self.configure(*NAMES[:2])
        self.looked(healthy(*NAMES))

    def configure(self, *names: str) -> None:
        machines = {name: {"password": SECRET} for name in names}
        text = json.dumps({"interval": 10, "machines": machines})
        (self.home / "services/config.json").write_text(text)

    def looked(self, decisions: list[Decision]) -> None:
        program.record(self.home / "run" / program.RECORD, decisions)

    def proofs(self, running: Mapping[str, str] | Exception | None = None, later: float = 0) -> dict[str, Proof]:
        def current() -> Mapping[str, str]:
            if isinstance(running, Exception):
                raise running
            return {"vm-ha": "digest"} if running is None else running

        clock = SkippingClock()

        def now() -> datetime:
            return datetime.fromtimestamp(datetime.now(UTC).timestamp() + later + clock.time, UTC)

        context = fencing.Context(self.expected, current, now, clock)
        found = {one.name: one for one in prove_scope("fencing", context)}
        assert SECRET not in str(found)
        return found


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


def test_a_service_that_watches_all(service: Service) -> None:
    found = service.proofs()
    assert [(one.ok, one.warning) for one in found.values()] == [(True, "")] * 3
    assert found[fencing.RUNS].evidence == "vm-ha, kept running by a supervisor"
    assert found[fencing.WATCHES].evidence == "node1, node2; node3 have none, and are fenced by hand"
    assert found[fencing.LOOKS].evidence.endswith("s ago it judged node1, node2, node3")


@pytest.mark.parametrize(
    ("running", "words"),
    [({}, "vm-ha does not run (processes); run site"), (ServiceError("systemctl failed: no bus"), "no bus")],
)
def test_a_service_that_does_not_run(service: Service, running: Any, words: str) -> None:
    found = service.proofs(running)[fencing.RUNS]
    assert found.ok is False and words in found.evidence


def test_machines_that_are_not_those_of_the_model(service: Service) -> None:
    service.configure("node1", "node9")
    found = service.proofs()[fencing.WATCHES]
    assert found.ok is False
    assert "node2 is missing; node9 is not in the model, and may be switched off" in found.evidence
    (service.home / "services/config.json").unlink()
    assert [one.ok for one in service.proofs().values()] == [True, False, False]


@pytest.mark.parametrize(("later", "ok"), [(85, True), (95, False)])
def test_a_look_may_be_three_intervals_and_a_minute_old(service: Service, later: float, ok: bool) -> None:
    found = service.proofs(later=later)[fencing.LOOKS]
    assert found.ok is ok
    assert ok or "a new look: the last one was 1" in found.evidence


def test_no_look_at_all(service: Service) -> None:
    (service.home / "run" / program.RECORD).unlink()
    found = service.proofs()[fencing.LOOKS]
    assert found.ok is False and "look.json does not exist" in found.evidence


@pytest.mark.parametrize(
    ("decisions", "ok", "words"),
    [
        (healthy("node1", "node2"), False, "node3 was not looked at"),
        (
            [*healthy("node1", "node2"), Decision("node3", "lost", "failed", "its controller does not answer")],
            False,
            "node3: its controller does not answer",
        ),
        ([*healthy("node1", "node2"), Decision("node3", "silent", "wait", "not Ready for 40 s")], True, "node1, node2"),
    ],
)
def test_what_the_last_look_decided(service: Service, decisions: list[Decision], ok: bool, words: str) -> None:
    service.looked(decisions)
    found = service.proofs()[fencing.LOOKS]
    assert found.ok is ok and words in found.evidence
    assert found.warning == ("node3 is silent: not Ready for 40 s" if ok else "")


def test_a_service_that_was_never_installed_is_said_to_be_missing(tmp_path: Path) -> None:
    service = Service(tmp_path)
    (service.home / "services/config.json").unlink()
    found = service.proofs({})
    for name in (fencing.WATCHES, fencing.LOOKS):
        assert found[name].ok is False
        missing = f"there is no {service.home}/services/config.json: the service is not installed"
        assert found[name].evidence == f"{missing}; run site with --tags fencing"
