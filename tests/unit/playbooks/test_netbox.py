# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that makes a model from NetBox: without an inventory, with a double of NetBox in this process."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t
from collections.abc import Iterator

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model import load
from services.netbox.netbox_double import TOKEN, NetBoxDouble
from services.netbox.netbox_racks import Site

ROOT = pathlib.Path(__file__).resolve().parents[3]
CONFIG = {
    "machines": {"roles": ["hypervisor"]},
    "switches": {"roles": ["leaf"]},
    "networks": {"tags": ["cloud"]},
    "network_names": {"PXE": "provision", "MGMT": "management"},
    "fields": {"root_disk": "root_disk"},
    "switch_username": "cloud",
    "switch_password": "vault_switch",
    "dest": "rack1/netbox.cloud.yml",
}
HEAD = """\
plugin: groundup.cloud.cloud
name: rack1
access: {public_keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleEx ops"]}
"""
Run = t.Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def double() -> Iterator[NetBoxDouble]:
    served = NetBoxDouble(Site().tables)
    yield served
    served.close()


@pytest.fixture
def play(double: NetBoxDouble, tmp_path: pathlib.Path) -> Run:
    url = double.start()

    def run(config: t.Any, *words: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        more = {
            "HOME": str(tmp_path),
            "PWD": str(tmp_path),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
            "ANSIBLE_HOME": str(tmp_path / ".ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "COLUMNS": "10000",
            "NETBOX_API": url,
            "NETBOX_TOKEN": TOKEN,
        }
        line = [str(pathlib.Path(sys.executable).parent / "ansible-playbook"), "groundup.cloud.netbox", *words]
        line += ["-e", json.dumps({"netbox_config": config})] if config else []
        return subprocess.run(
            line, cwd=tmp_path, env={**kept, **more}, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_the_part_is_shown_written_and_then_the_same(play: Run, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "rack1/netbox.cloud.yml"
    shown = play(CONFIG, "--check", "--diff")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "+  node1:" in shown.stdout and "changed=1" in shown.stdout and not file.exists()
    done = play(CONFIG)
    assert done.returncode == 0 and "changed=1" in done.stdout, done.stdout + done.stderr
    assert "platforms has nothing for unheard-of" in file.read_text()
    again = play(CONFIG)
    assert again.returncode == 0 and "changed=0" in again.stdout, again.stdout + again.stderr
    (tmp_path / "rack1/cloud.yml").write_text(HEAD)
    assert "node3" in load.load(tmp_path / "rack1").machines
    assert TOKEN not in shown.stdout + shown.stderr + done.stdout + file.read_text()


def test_a_refused_token_and_no_options(play: Run, tmp_path: pathlib.Path) -> None:
    done = play({**CONFIG, "token": "wrong-one-7"}, "-v")
    assert done.returncode != 0 and "it refuses access (HTTP 403)" in done.stdout + done.stderr
    assert "wrong-one-7" not in done.stdout + done.stderr
    assert not (tmp_path / "rack1").exists()
    empty = play(None)
    assert empty.returncode != 0 and "netbox_config is missing" in empty.stdout + empty.stderr
