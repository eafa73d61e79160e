# SPDX-License-Identifier: GPL-3.0-or-later
"""Small labs with unique names, which are removed after each test, even if it failed."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.lab.lifecycle import PARTS
from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import Places, places
from ansible_collections.groundup.cloud.plugins.module_utils.lab.run import look, raise_rack, remove_rack


@dataclass
class Lab:
    """A lab under test."""

    wanted: dict[str, Any]

    @property
    def places(self) -> Places:
        return places(self.wanted["name"])

    @property
    def directory(self) -> str:
        return f"{self.wanted['directory']}/{self.wanted['name']}"

    def up(self, *parts: str) -> list[str]:
        """Create and start the lab; returns the actions."""
        return list(raise_rack(self.wanted, list(parts or PARTS), check=False)["done"])

    def missing(self) -> dict[str, list[str]]:
        return dict(look(self.wanted)["missing"])

    def down(self) -> dict[str, Any]:
        return remove_rack(self.wanted, check=False)


def model(firmware: str = "bios") -> dict[str, Any]:
    """A model of one machine with two disks and two NICs, and enough memory for its firmware."""
    return {
        "plugin": "groundup.cloud.cloud",
        "name": "small",
        "networks": {
            "provision": {"vlan": 10, "subnet": "10.10.0.0/24", "native": True},
            "storage": {"vlan": 40, "subnet": "10.40.0.0/24", "mtu": 9000},
        },
        "switches": {"leaf1": {"platform": "unmanaged", "address": "10.10.0.5", "mtu": 9216}},
        "machines": {"node1": {
            "roles": ["control_plane", "storage"],
            "firmware": firmware,
            "bmc": {"address": "10.20.0.101", "password": "not-this-one"},
            "nics": {f"nic{i}": {"mac": f"52:54:00:0a:00:0{i}", "port": f"leaf1/Ethernet{i + 1}"} for i in (0, 1)},
            "root_disk": {"serial": "SMALL-ROOT"},
            "storage_disks": [{"serial": "SMALL-OSD"}],
            "lab": {"memory": 128, "cpus": 1, "disk": 1, "storage_disk": 1},
        }},
    }  # fmt: skip


@pytest.fixture(name="lab")
def _lab(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Lab]]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    labs: list[Lab] = []

    def make(suffix: str = "a", **changes: Any) -> Lab:
        source = tmp_path / f"{suffix}.cloud.yml"
        source.write_text(yaml.safe_dump({**model(), **changes}))
        name = f"test{os.getpid()}{suffix}"
        wanted = {
            "model": str(source),
            "name": name,
            "directory": str(tmp_path / "build"),
            "accelerator": "tcg",
            "venv": None,
        }
        labs.append(Lab(wanted))
        return labs[-1]

    yield make
    for lab in labs:
        lab.down()
