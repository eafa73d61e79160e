# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment leaves behind, and that nothing is written twice."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from typing import Any

STATE = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "examples"


def journal() -> list[dict[str, Any]]:
    lines = (STATE / "state/deploy/journal/node1.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_one_deployment_in_the_right_order() -> None:
    events = [line["event"] for line in journal()]
    assert events == ["arming", "network_boot", "power_on", "disk_boot", "power_on", "confirmed"]


def test_it_is_disarmed() -> None:
    assert not (STATE / "state/deploy/armed/node1.json").exists()


def test_the_controller_knows_the_host_key(host: Any) -> None:
    address = host.ansible.get_variables()["ansible_host"]
    found = subprocess.run(
        ["ssh-keygen", "-F", address, "-f", str(STATE / "known_hosts")], capture_output=True, text=True, check=False
    )
    key = host.file("/etc/ssh/ssh_host_ed25519_key.pub").content_string.split()[1]
    assert key in found.stdout


def test_no_secret_is_readable() -> None:
    files = [path for path in (STATE / "state/deploy").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert path.stat().st_mode & 0o077 == 0 or "token" not in path.read_text(), f"{path} is readable by others"
    assert "throw-away" not in "".join(path.read_text() for path in files)
