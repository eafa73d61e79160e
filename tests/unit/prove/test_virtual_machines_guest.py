# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the guest, and the scripts of pods in busybox's shell. It runs here, and in no virtual machine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.prove import virtual_machines_guest as guest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import virtual_machines_objects as objects
from ansible_collections.groundup.cloud.plugins.module_utils.prove.virtual_machines_objects import Pods

from .machines_api import ALL, DEBIAN

BUSYBOX = shutil.which("busybox")
needs_busybox = pytest.mark.skipif(BUSYBOX is None, reason="busybox is not installed here")
APPLETS = ["sh", "head", "awk", "sleep", "cmp", "tee", "yes", "cat", "wget", "timeout"]
PODS = Pods("ns", "probe:1", "word-1", 1)
Json = dict[str, Any]


class Guest:
    """The program with ports and a file of its own."""

    def __init__(self, home: Path) -> None:
        self.home, self.mark = home, home / "mark"
        held = [socket.socket() for __ in range(2)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        self.ports = [str(one.getsockname()[1]) for one in held]
        for one in held:
            one.close()
        words = [sys.executable, "-I", "-c", guest.PROGRAM, *self.ports, str(self.mark), "word-1"]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        for port in self.ports:
            self._await(int(port))
        for applet in APPLETS:
            (home / "bin").mkdir(exist_ok=True)
            os.symlink(str(BUSYBOX), home / "bin" / applet)

    @staticmethod
    def _await(port: int) -> None:
        for __ in range(600):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(f"nobody listens on {port}")

    def begin(self, pod: Json) -> subprocess.Popen[str]:
        """Run the script of a pod here."""
        container, own = pod["spec"]["containers"][0], self.home / pod["metadata"]["name"]
        own.mkdir(exist_ok=True)
        script = container["command"][2].replace("/dev/termination-log", f"{own}/said").replace("/tmp/", f"{own}/")
        for port, here in zip((guest.PORT, guest.CLOSED_PORT), self.ports, strict=True):
            script = script.replace(f":{port}/", f":{here}/")
        env = {one["name"]: str(one["value"]) for one in container["env"]} | {"PATH": str(self.home / "bin")}
        return subprocess.Popen(
            [str(BUSYBOX), "sh", "-c", script], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, pod: Json) -> tuple[int, str]:
        """Status and message of a pod."""
        process = self.begin(pod)
        process.communicate(timeout=240)
        return process.returncode, (self.home / pod["metadata"]["name"] / "said").read_text()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Guest]:
    found = Guest(tmp_path)
    yield found
    found.process.kill()
    found.process.wait()


@needs_busybox
def test_pods_look_write_and_keep_a_connection(here: Guest) -> None:
    pods = Pods("ns", "probe:1", "word-1", 60)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    assert here.run(pods.look("n1", "127.0.0.1")) == (0, f"nothing\n{boot}")
    assert here.run(pods.look("n1", "127.0.0.1", "first")) == (0, f"first\n{boot}")
    assert here.mark.read_text() == "first"
    stream = pods.stream("n1", "127.0.0.1")
    process = here.begin(stream)
    assert process.stdout and process.stdout.readline() == "begun\n"
    time.sleep(3 * guest.BEAT)
    assert here.run(pods.look("n1", "127.0.0.1", finish=True))[0] == 0
    process.communicate(timeout=60)
    said = (here.home / stream["metadata"]["name"] / "said").read_text().split()
    assert process.returncode == 0 and int(said[0]) > 2 and int(said[1]) < 60, said


@needs_busybox
def test_a_port_is_open_until_it_is_closed(here: Guest) -> None:
    pods = Pods("ns", "probe:1", "word-1", 60)
    assert here.run(pods.tries("n1", "127.0.0.1", "open")) == (0, "open\n")
    status, said = here.run(PODS.tries("n1", "127.0.0.1", "closed"))
    assert (status, said) == (1, "port 8081 is open, port 8080 says: word-1\n")
    here.ports[1] = "1"  # where nobody listens
    assert here.run(pods.tries("n1", "127.0.0.1", "closed")) == (0, "closed\n")


@needs_busybox
def test_a_guest_that_does_not_answer_is_the_reason(here: Guest) -> None:
    here.process.kill()
    here.process.wait()
    status, said = here.run(PODS.look("n1", "127.0.0.1"))
    assert status == 1 and "127.0.0.1 answers: nothing (wget: " in said and "Connection refused" in said


@needs_busybox
def test_another_guest_and_a_connection_that_is_cut_fail_their_pods(here: Guest) -> None:
    other = Pods("ns", "probe:1", "word-2", 1)
    assert here.run(other.look("n1", "127.0.0.1")) == (1, "127.0.0.1 answers: word-1\n")
    stream = PODS.stream("n1", "127.0.0.1")
    process = here.begin(stream)
    assert process.stdout and process.stdout.readline() == "begun\n"
    here.process.kill()
    process.communicate(timeout=60)
    said = (here.home / stream["metadata"]["name"] / "said").read_text()
    assert process.returncode == 1 and "the connection was cut after " in said


def test_user_data_starts_the_program_at_each_boot() -> None:
    text = guest.user_data("word-1")
    assert text.startswith("#cloud-config\n")
    (command,) = yaml.safe_load(text)["bootcmd"]
    assert command == json.loads(text.partition("\n")[2])["bootcmd"][0]
    assert command[:2] == ["sh", "-c"] and command[3:] == [guest.PROGRAM, "8080", "8081", guest.MARK, "word-1"]


@needs_busybox
def test_the_command_of_the_user_data_passes_the_program_on(tmp_path: Path) -> None:
    """With a double of setsid and of python3, since the real one would listen on the ports of the guest."""
    for name, body in {"setsid": '"$@"', "python3": f'printf "%s|" "$@" > {tmp_path}/given'}.items():
        (tmp_path / name).write_text(f"#!{BUSYBOX} sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    (command,) = json.loads(guest.user_data("word-1").partition("\n")[2])["bootcmd"]
    subprocess.run(
        [str(BUSYBOX), "sh", "-c", f"{command[2]}\nwait", *command[3:]], env={"PATH": str(tmp_path)}, check=True
    )
    assert (tmp_path / "given").read_text() == f"-c|{guest.PROGRAM}|8080|8081|{guest.MARK}|word-1|"


def test_the_virtual_machine_is_what_a_user_would_write() -> None:
    body = objects.virtual_machine("ns", ALL, DEBIAN)
    volume = body["spec"]["dataVolumeTemplates"][0]["spec"]
    assert volume == {
        "sourceRef": {"kind": "DataSource", "name": "debian-13", "namespace": "golden-images"},
        "storage": {"resources": {"requests": {"storage": "10Gi"}}, "storageClassName": "rook-ceph-block"},
    }
    template = body["spec"]["template"]
    assert template["metadata"]["annotations"] == {"kubevirt.io/allow-pod-bridge-network-live-migration": ""}
    assert "networks" not in template["spec"] and template["spec"]["domain"]["memory"] == {"guest": "512Mi"}
    selector = objects.policy("ns")["spec"]["podSelector"]["matchLabels"]
    assert selector.items() <= template["metadata"]["labels"].items(), "the policy is for its pod"
