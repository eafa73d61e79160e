# SPDX-License-Identifier: GPL-3.0-or-later
"""example.yml gives the role vm_example what the model has: its golden image with Linux, its load balancer, its times.

The role is a double that writes down what it is given.
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
TASKS = [
    {"name": "Show the input", "ansible.builtin.debug": {"msg": "INPUT {{ vm_example_config | to_json }}"}},
    {"name": "Register", "ansible.builtin.set_fact": {"__vm_example_result": {"url": "http://10.20.0.150/"}}},
]


@pytest.fixture(scope="module")
def collections(stubs: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    top = tmp_path_factory.mktemp("example") / "collections"
    shutil.copytree(stubs, top, symlinks=True)
    file = top / "ansible_collections/groundup/cloud/roles/vm_example/tasks/main.yml"
    file.write_text(yaml.safe_dump(TASKS))
    return top


def run(play: Any, collections: pathlib.Path, home: pathlib.Path, changes: dict[str, Any], **more: str) -> Any:
    model = yaml.safe_load((ROOT / "inventories/lab_cloud/cloud.yml").read_text())
    for path, value in changes.items():
        *above, last = path.split(".")
        place = model
        for key in above:
            place = place[key]
        place[last] = value
    (home / "models").mkdir()
    (home / "models/cloud.yml").write_text(yaml.safe_dump(model))
    (home / "kubeconfig").touch()
    names = {**LOCAL, "groundup_kubeconfig": str(home / "kubeconfig"), **more}
    return play("example", model=home / "models/cloud.yml", collections=collections, **names)


def given(output: str) -> dict[str, Any]:
    (text,) = re.findall(r'"msg": "INPUT (.*)"\n', output)
    found: dict[str, Any] = json.loads(json.loads(f'"{text}"'))
    return found


def test_the_first_image_with_linux_is_taken(play: Any, collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    source = {"http": "https://images.example.net/a.qcow2", "sha256": "ab" * 32}
    images = {
        "server": {"source": source, "size": "40Gi", "preference": "windows.2k25"},
        "fedora": {"source": source, "size": "5Gi", "preference": "fedora"},
    }
    done = run(play, collections, tmp_path, {"virtualization.images": images})
    assert done.returncode == 0, done.stdout + done.stderr
    assert given(done.stdout) == {
        "image": "fedora", "size": "5Gi", "preference": "fedora", "service": "NodePort", "timings": "slow",
        "storage_class": "rook-ceph-vms",
    }  # fmt: skip
    assert "http://10.20.0.150/; kubectl --kubeconfig" in done.stdout


def test_a_load_balancer_gives_the_address(play: Any, collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    pools = {"pools": {"public": {"addresses": ["10.20.0.150-10.20.0.160"]}}}
    done = run(play, collections, tmp_path, {"network.load_balancer": pools})
    assert done.returncode == 0, done.stdout + done.stderr
    found = given(done.stdout)
    assert (found["service"], found["image"]) == ("LoadBalancer", "debian-13")


def test_a_model_without_an_image_is_refused(play: Any, collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = run(play, collections, tmp_path, {"virtualization.images": {}})
    assert done.returncode and "the model has no golden image with Linux" in done.stdout + done.stderr
    assert "INPUT" not in done.stdout


def test_it_is_removed_without_an_image(play: Any, collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = run(play, collections, tmp_path, {"virtualization.images": {}}, vm_example_state="absent")
    assert done.returncode == 0, done.stdout + done.stderr
    assert given(done.stdout)["image"] == "none" and "10.20.0.150" not in done.stdout
