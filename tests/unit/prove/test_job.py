# SPDX-License-Identifier: GPL-3.0-or-later
"""The wait for a job of Ansible in the background, with files as async_wrapper writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import job
from ansible_collections.groundup.cloud.plugins.module_utils.prove.job import JobError, result_of

RUNNING = {"started": 1, "finished": 0, "ansible_job_id": "j1.2"}
ENDED = {"changed": False, "proofs": [{"name": "node1: a"}]}


def test_a_job_that_has_ended(tmp_path: Path) -> None:
    (tmp_path / "j1.2").write_text(json.dumps(ENDED))
    assert result_of(str(tmp_path / "j1.2"), 0) == ENDED


def test_a_job_that_ends_while_it_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "j1.2"
    file.write_text(json.dumps(RUNNING))
    monkeypatch.setattr(job, "PAUSE", 0.01)
    looks = iter([RUNNING, RUNNING, ENDED])
    monkeypatch.setattr(job.json, "loads", lambda _text: next(looks))
    assert result_of(str(file), 5) == ENDED


def test_a_job_that_failed_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "j1.2").write_text(json.dumps({"failed": True, "msg": "no"}))
    assert result_of(str(tmp_path / "j1.2"), 0)["failed"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such job"),
        ("", "wrote no result"),
        (json.dumps(RUNNING), "waited 0 s for the proofs in the background; still missing: .*they are running"),
    ],
)
def test_a_job_without_a_result_is_an_error(content: str | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "j1.2").write_text(content)
    with pytest.raises(JobError, match=message):
        result_of(str(tmp_path / "j1.2"), 0)
