# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of the role vm_example, and what is refused; its programs run here, and in no virtual machine or pod."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import vm_example, vm_example_programs
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError

BUSYBOX = shutil.which("busybox")
needs_busybox = pytest.mark.skipif(BUSYBOX is None, reason="busybox is not installed here")
GIVEN: dict[str, Any] = {"image": "debian-13", "size": "10Gi"}


def objects(**more: Any) -> dict[tuple[str, str], Any]:
    return {(one.kind, one.name): one.body for one in vm_example.render({**GIVEN, **more})}


def test_one_policy_is_between_a_virtual_machine_and_pods() -> None:
    found = objects()
    policy = found["NetworkPolicy", "database"]["spec"]
    template = found["VirtualMachine", "database"]["spec"]["template"]
    pods = found["Deployment", "front"]["spec"]["template"]
    assert policy["podSelector"]["matchLabels"] == template["metadata"]["labels"]
    (rule,) = policy["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": pods["metadata"]["labels"]}}]
    (port,) = found["Service", "database"]["spec"]["ports"]
    assert {rule["ports"][0]["port"], port["port"], port["targetPort"]} == {5000}
    assert found["Service", "front"]["spec"]["selector"] == pods["metadata"]["labels"]


def test_what_is_chosen_reaches_the_objects() -> None:
    found = objects(storage_class="fast", instance_type="u1.small", preference="debian", replicas=3,
                    service="LoadBalancer",
                    front_image="r.example.net/box:1", images_namespace="images")  # fmt: skip
    machine = found["VirtualMachine", "database"]["spec"]
    (volume,) = machine["dataVolumeTemplates"]
    assert volume["spec"]["storage"]["storageClassName"] == "fast"
    assert volume["spec"]["sourceRef"]["namespace"] == "images"
    assert (machine["instancetype"]["name"], machine["preference"]["name"]) == ("u1.small", "debian")
    front = found["Deployment", "front"]["spec"]
    assert (front["replicas"], front["template"]["spec"]["containers"][0]["image"]) == (3, "r.example.net/box:1")
    assert found["Service", "front"]["spec"]["type"] == "LoadBalancer"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": ""}, r"vm_example_config.image: is missing"),
        ({"size": ""}, r"vm_example_config.size: is missing; give the size of the disk"),
        ({"size": "much"}, r"vm_example_config.size: "),
        ({"instance_type": "general.smal"}, r"general.smal is no instance type; did you mean general.small\?"),
        ({"preference": "debain"}, r"debain is no preference; did you mean debian\?"),
        ({"preference": "windows.11"}, r"windows.11 is for Windows, in which no cloud-init starts the database"),
        ({"replicas": 0}, r"vm_example_config.replicas: 0 is not at least 1"),
    ],
)
def test_a_wrong_value_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        vm_example.render({**GIVEN, **change})


def test_cloud_init_is_told_what_the_program_needs() -> None:
    head, __, body = vm_example_programs.user_data().partition("\n")
    told = json.loads(body)
    program, unit = told["write_files"]
    assert head == "#cloud-config" and program["content"] == vm_example_programs.PROGRAM
    started = re.search(r"^ExecStart=(.*)$", unit["content"], re.MULTILINE)
    assert started and program["path"] in started[1].split() and "5000" in started[1].split()
    assert told["runcmd"][-1][-1] == Path(unit["path"]).name


def port_of_nobody() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def ask(url: str, data: bytes | None = None) -> tuple[int, str]:
    for __ in range(600):
        try:
            with urllib.request.urlopen(url, data, timeout=20) as answer:
                return answer.status, answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode().strip()
        except urllib.error.URLError:  # it does not listen yet
            time.sleep(0.1)
    raise AssertionError(f"nobody listens at {url}")


@contextlib.contextmanager
def runs(*command: str, **env: str) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **env})
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def database(file: Path, port: int) -> Iterator[str]:
    with runs(sys.executable, "-I", "-c", vm_example_programs.PROGRAM, str(port), str(file)):
        yield f"http://127.0.0.1:{port}"


def test_the_database_keeps_its_number_when_it_is_killed(tmp_path: Path) -> None:
    port = port_of_nobody()
    with database(tmp_path / "visits", port) as url:
        assert ask(f"{url}/ready") == (200, "ready")
        assert [ask(f"{url}/visits", b"")[1] for __ in range(2)] == ["1", "2"]
        assert ask(f"{url}/visits")[0] == ask(f"{url}/other", b"")[0] == 404
    with database(tmp_path / "visits", port) as url:
        assert ask(f"{url}/visits", b"") == (200, "3")


@needs_busybox
def test_the_front_end_shows_what_the_database_says(tmp_path: Path) -> None:
    applets, front, behind = tmp_path / "bin", port_of_nobody(), port_of_nobody()
    applets.mkdir()
    for name in ("sh", "mkdir", "chmod", "httpd", "timeout", "wget", "printf"):
        (applets / name).symlink_to(str(BUSYBOX))

    def placed(text: str) -> str:
        """The script with ports and directories of this test."""
        text = text.replace("5000", str(behind)).replace("8080", str(front))
        return text.replace("/tmp/www", str(tmp_path / "www")).replace("#!/bin/sh", f"#!{applets / 'sh'}")

    env = {"PATH": str(applets), "DATABASE": "127.0.0.1", "POD": "front-1", "NODE": "node1"}
    env |= {"PAGE": placed(vm_example_programs.PAGE), "READY": placed(vm_example_programs.READY)}
    with runs(str(applets / "sh"), "-c", placed(vm_example_programs.SERVE), **env):
        url = f"http://127.0.0.1:{front}"
        assert ask(f"{url}/cgi-bin/ready") == (503, "the database does not answer")
        assert ask(f"{url}/") == (503, "the database does not answer")
        with database(tmp_path / "visits", behind) as at:
            assert ask(f"{at}/ready")[0] == 200
            assert ask(f"{url}/cgi-bin/ready") == (200, "ready")
            assert ask(f"{url}/") == (200, "visit 1, by the pod front-1 on node1")
            assert ask(f"{url}/")[1].startswith("visit 2,")
