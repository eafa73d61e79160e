# SPDX-License-Identifier: GPL-3.0-or-later
"""network_prove.yml owes the proofs of networks alone, and pulls the links of machines that are named.

Its role is a double that writes down what it is given.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
from typing import Any

import pytest
import yaml

from .conftest import ROOT

LOCAL: dict[str, Any] = {"ansible_connection": "local", "ansible_host": "127.0.0.1"}
HOST = [
    {
        "name": "Show what is owed",
        "ansible.builtin.debug": {"msg": "OWED {{ prove_config | to_json }}"},
    },
    {
        "name": "Register a proof",
        "ansible.builtin.set_fact": {"__prove_host": {"proofs": [{"name": "{{ inventory_hostname }}: a"}]}},
    },
]
PULL = [{"name": "Show what is pulled", "ansible.builtin.debug": {"msg": "PULL {{ prove_pull | to_json }}"}}]
REPORT = [{"name": "Show where the report goes", "ansible.builtin.debug": {"msg": "REPORT {{ prove_directory }}"}}]
#: Three machines, of which each has a bond of two NICs.
MODEL = ROOT / "inventories/lab_ha/cloud.yml"


@pytest.fixture(scope="module")
def collections(stubs: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    top = tmp_path_factory.mktemp("networks") / "collections"
    shutil.copytree(stubs, top, symlinks=True)
    tasks = top / "ansible_collections/groundup/cloud/roles/prove/tasks"
    for name, text in (("main", HOST), ("pull", PULL), ("report", REPORT)):
        (tasks / f"{name}.yml").write_text(yaml.safe_dump(text))
    return top


def said(output: str, word: str) -> list[tuple[str, dict[str, Any]]]:
    found = re.findall(rf'ok: \[(\w+)[^]]*\](?: => \(item=[^)]*\))? => \{{\s+"msg": "{word} (.*)"\n', output)
    return [(host, json.loads(json.loads(f'"{text}"'))) for host, text in found]


def test_nothing_but_networks_is_owed_and_nothing_is_pulled(play: Any, collections: pathlib.Path) -> None:
    done = play("network_prove", collections=collections, model=MODEL, **LOCAL)
    assert done.returncode == 0, done.stdout + done.stderr
    owed = dict(said(done.stdout, "OWED"))
    assert set(owed) == {"node1", "node2", "node3"}, done.stdout
    assert all(config["layers"] == {"host_network": None} for config in owed.values())
    assert all(config["scopes"] == ["host"] and not config["node"] for config in owed.values())
    assert all(not config["blank_disks"] and not config["encrypted_disks"] for config in owed.values())
    assert "ROLE prove/switch" in done.stdout and "REPORT" in done.stdout and "/build/network" in done.stdout
    assert "ROLE prove/bmc" not in done.stdout and "PULL" not in done.stdout


def test_each_link_of_a_machine_that_is_named_is_pulled(play: Any, collections: pathlib.Path) -> None:
    done = play("network_prove", collections=collections, model=MODEL, network_prove_pull=["node2"], **LOCAL)
    assert done.returncode == 0, done.stdout + done.stderr
    pulled = said(done.stdout, "PULL")
    assert [host for host, _pulled in pulled] == ["node2", "node2"], done.stdout
    assert [item["member"] for _host, item in pulled] == [0, 1]
    assert all(item["bond"] == "bond0" and item["peer"] in ("node1", "node3") for _host, item in pulled)
    assert all(re.fullmatch(r"[0-9.]+", item["address"]) for _host, item in pulled)


@pytest.mark.parametrize("names", [["node9"], ["leaf1"]])
def test_links_of_no_machine_are_refused(play: Any, collections: pathlib.Path, names: list[str]) -> None:
    done = play("network_prove", collections=collections, model=MODEL, network_prove_pull=names, **LOCAL)
    assert done.returncode != 0
    assert f"network_prove_pull names {names[0]}, and the machines of this run are node1, node2, node3" in " ".join(
        done.stdout.split()
    )
    assert "OWED" not in done.stdout


def test_without_a_peer_nothing_is_pulled(play: Any, collections: pathlib.Path) -> None:
    done = play(
        "network_prove", "--limit", "node2", collections=collections, model=MODEL, network_prove_pull=["node2"], **LOCAL
    )
    assert done.returncode != 0 and "PULL" not in done.stdout
    assert "no link of bond0 is pulled: no other machine of this run answers" in " ".join(done.stdout.split())
