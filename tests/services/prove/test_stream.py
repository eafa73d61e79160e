# SPDX-License-Identifier: GPL-3.0-or-later
"""Real pings and ARP between network namespaces: interruptions are measured, and a second owner of an address is found.

A veth pair stands in for a bond and its switch (a double). The role is run on this machine, which has no bond.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

COLLECTIONS = Path(__file__).parents[3] / ".ansible/collections"
SPACES = {end: f"gu-stream-{end}-{os.getpid()}" for end in ("a", "b")}
LIBRARY = "from ansible_collections.groundup.cloud.plugins.module_utils"
STREAM = f"""\
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
{LIBRARY}.network.stream import send
print(json.dumps(send("10.77.0.2", "t", pathlib.Path(sys.argv[2]), 20).as_dict()))
"""
ARRIVES = f"""\
import sys
sys.path.insert(0, sys.argv[1])
{LIBRARY}.network.stream import arrives
print(arrives(sys.argv[2], 1.0))
"""
DUPLICATES = f"""\
import json, sys
sys.path.insert(0, sys.argv[1])
{LIBRARY}.prove.duplicates import duplicates
print(json.dumps(duplicates("a", ["wire"]).as_dict()))
"""


def inside(end: str, *command: str) -> str:
    words = ["ip", "netns", "exec", SPACES[end], *command]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def python(end: str, script: str, *arguments: str) -> str:
    return inside(end, sys.executable, "-c", script, str(COLLECTIONS), *arguments)


@pytest.fixture(autouse=True)
def wire() -> Iterator[None]:
    for space in SPACES.values():
        subprocess.run(["ip", "netns", "add", space], check=True)
    try:
        pair = ["ip", "link", "add", "wire", "netns", SPACES["a"], "type", "veth", "peer", "wire", "netns", SPACES["b"]]
        subprocess.run(pair, check=True)
        for number, end in enumerate(SPACES, 1):
            inside(end, "ip", "addr", "add", f"10.77.0.{number}/24", "dev", "wire")
            inside(end, "ip", "link", "set", "wire", "up")
        yield
    finally:
        for space in SPACES.values():
            subprocess.run(["ip", "netns", "del", space], check=True)


def streaming(stop: Path) -> subprocess.Popen[str]:
    words = ["ip", "netns", "exec", SPACES["a"], sys.executable, "-c", STREAM, str(COLLECTIONS), str(stop)]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert python("b", ARRIVES, "t").strip() == "True", "the machine that is pinged knows that the stream arrives"
    time.sleep(0.5)
    return running


def ended(running: subprocess.Popen[str], stop: Path) -> dict[str, Any]:
    time.sleep(0.5)
    stop.touch()
    found: dict[str, Any] = json.loads(running.communicate(timeout=30)[0])
    return found


def test_a_stream_without_an_interruption_loses_nothing(tmp_path: Path) -> None:
    running = streaming(tmp_path / "stop")
    found = ended(running, tmp_path / "stop")
    assert found["sent"] > 30 and found["gaps"] == []


def test_an_interruption_is_measured(tmp_path: Path) -> None:
    running = streaming(tmp_path / "stop")
    began = time.monotonic()
    inside("b", "ip", "link", "set", "wire", "down")
    time.sleep(0.4)
    inside("b", "ip", "link", "set", "wire", "up")
    down = 1000 * (time.monotonic() - began)
    time.sleep(3)
    found = ended(running, tmp_path / "stop")
    longest = max(gap["ms"] for gap in found["gaps"])
    assert 100 < longest < down + 5000, "down, and then the neighbour is resolved anew; the machine may be busy"
    assert 10 < sum(gap["lost"] for gap in found["gaps"]) < found["sent"]


def test_a_stream_that_does_not_come_back_has_no_end(tmp_path: Path) -> None:
    running = streaming(tmp_path / "stop")
    inside("b", "ip", "link", "set", "wire", "down")
    assert ended(running, tmp_path / "stop")["gaps"][-1]["ms"] is None


def test_another_stream_is_not_taken_for_it(tmp_path: Path) -> None:
    running = streaming(tmp_path / "stop")
    assert python("b", ARRIVES, "other").strip() == "False"
    ended(running, tmp_path / "stop")


def test_an_address_that_another_machine_has_too_is_found() -> None:
    alone = json.loads(python("a", DUPLICATES))
    assert alone["ok"] is True and alone["evidence"] == "no answer to 3 probes for 10.77.0.1 on wire", alone
    mac = inside("b", "cat", "/sys/class/net/wire/address").strip()
    inside("b", "ip", "addr", "add", "10.77.0.1/24", "dev", "wire")
    both = json.loads(python("a", DUPLICATES))
    assert both["ok"] is False and both["evidence"] == f"10.77.0.1 on wire is that of {mac} too", both


def role(tmp_path: Path, *words: str) -> tuple[int, list[dict[str, Any]], str]:
    """Run the entry point `pull` of the role on this machine, which pings itself; its proofs."""
    pull = {"bond": "bond9", "member": 0, "peer": "localhost", "address": "127.0.0.1"}
    included = {"name": "groundup.cloud.prove", "tasks_from": "pull.yml"}
    book = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {
                    "block": [{"ansible.builtin.include_role": included, "vars": {"prove_pull": pull}}],
                    "always": [
                        {"ansible.builtin.copy": {"content": "{{ __prove_pull.proofs | to_json }}", "dest": "PROOFS"},
                         "check_mode": False}
                    ],
                }
            ],
        }
    ]  # fmt: skip
    text = yaml.safe_dump(book).replace("PROOFS", str(tmp_path / "proofs.json"))
    (tmp_path / "book.yml").write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment |= {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_LOCALHOST_WARNING": "false"}
    program = Path(sys.executable).parent / "ansible-playbook"
    given = ["-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run(
        [program, "book.yml", *given, *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads((tmp_path / "proofs.json").read_text()), done.stdout + done.stderr


def test_where_nothing_is_pulled_the_stream_ends_and_the_proof_says_why(tmp_path: Path) -> None:
    status, proofs, output = role(tmp_path)
    assert status == 0, output
    assert [(proof["ok"], proof["why_not_real"]) for proof in proofs] == [(None, "bond9 has no such member")]
    assert not list(Path("/run/groundup").glob("prove-stream-*")), "the stream has ended"


def test_in_check_mode_no_ping_is_sent(tmp_path: Path) -> None:
    status, proofs, output = role(tmp_path, "--check")
    assert status == 0, output
    assert [(proof["ok"], proof["why_not_real"]) for proof in proofs] == [(None, "check mode pulls no link")]
