# SPDX-License-Identifier: GPL-3.0-or-later
"""The meaning of ssh's results, and the known_hosts file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.machines.known_hosts import line_of, merge, write
from ansible_collections.groundup.cloud.plugins.module_utils.machines.look import Login, command_of, judge
from ansible_collections.groundup.cloud.plugins.module_utils.machines.types import Good, HostState

GOOD = Good("d", "ssh-ed25519 AAAA", "m" * 32, "debian-13", None, None)
IDENTITY = json.dumps({"machine": "node1", "cloud": "rack", "deploy_id": "d"})


@pytest.mark.parametrize(
    ("code", "out", "error", "state"),
    [
        (0, f"{'m' * 32}\n{IDENTITY}\n", "", HostState.SAME),
        (0, f"{'x' * 32}\n{IDENTITY}\n", "", HostState.OTHER),
        (0, f"{'m' * 32}\n" + IDENTITY.replace("node1", "node2"), "", HostState.OTHER),
        (0, f"{'m' * 32}\nnothing", "", HostState.OTHER),
        (1, f"{'m' * 32}\n", "cat: /etc/groundup/identity.json: No such file or directory", HostState.OTHER),
        (255, "", "Host key verification failed.", HostState.OTHER),
        (255, "", "root@10.20.0.21: Permission denied (publickey).", HostState.DENIED),
        (255, "", "ssh: connect to host 10.20.0.21 port 22: Connection timed out", HostState.SILENT),
        (255, "", "kex_exchange_identification: read: Connection reset by peer", HostState.SILENT),
    ],
)
def test_judge_returns_the_state_of_the_host(code: int, out: str, error: str, state: HostState) -> None:
    assert judge(code, out, error, "node1", "rack", GOOD).state is state


def test_the_host_key_is_always_checked() -> None:
    login = Login("10.20.0.21", options=("-o", "StrictHostKeyChecking=no"))
    words = command_of(login, "node1", "/tmp/known", GOOD.host_key)
    assert words.index("StrictHostKeyChecking=yes") < words.index("StrictHostKeyChecking=no")
    assert "HostKeyAlgorithms=ssh-ed25519" in words


def test_known_hosts_keeps_the_lines_of_other_machines(tmp_path: Path) -> None:
    file = str(tmp_path / "state" / "known_hosts")
    assert write(file, "node1", line_of("node1", ["node1", "10.20.0.21"], "ssh-ed25519 AAAA root@node1"))
    assert write(file, "node2", line_of("node2", ["10.20.0.22"], "ssh-ed25519 BBBB", 2222))
    assert write(file, "node1", line_of("node1", ["node1", "10.20.0.21"], "ssh-ed25519 CCCC"))
    assert not write(file, "node1", line_of("node1", ["node1", "10.20.0.21"], "ssh-ed25519 CCCC"))
    assert Path(file).read_text() == (
        "[10.20.0.22]:2222 ssh-ed25519 BBBB groundup:node2\nnode1,10.20.0.21 ssh-ed25519 CCCC groundup:node1\n"
    )


def test_merge_keeps_lines_written_by_hand() -> None:
    assert merge("# mine\nhost ssh-rsa X\n", "n", "n ssh-ed25519 A groundup:n").startswith("# mine\nhost ssh-rsa X\n")
