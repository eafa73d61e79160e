# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine gets from the provisioner, over a real switch."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import subprocess
import time
from typing import Any

STATE = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "examples/state"
BASE = "http://10.99.10.1:8080"
MAC = "52-54-00-99-00-01"


def test_every_service_is_ready() -> None:
    """ss(8) shows `udp UNCONN 0 0 10.99.10.1:69 …`; the tests run in the provisioner's own namespace."""
    shown = subprocess.run(["ss", "-Hlntux"], check=True, capture_output=True, text=True).stdout
    listening = {(fields[0], fields[4].rpartition(":")[2]) for fields in map(str.split, shown.splitlines())}
    for what in (("tcp", "8080"), ("tcp", "5000"), ("udp", "67"), ("udp", "69"), ("udp", "123")):
        assert what in listening, (what, shown)
    assert f"{STATE}/run/boot.sock" in shown


def test_the_machine_reads_the_image_in_ranges(host: Any) -> None:
    size = json.loads(host.check_output(f"curl -sS {BASE}/images/debian-13.json"))["size"]
    assert size == (STATE / "images/debian-13.raw").stat().st_size
    assert host.check_output(f"curl -sS -r 512-519 {BASE}/images/debian-13.raw") == "EFI PART"


def test_the_machine_is_told_to_boot_its_disk(host: Any) -> None:
    text = host.check_output(f"curl -sS {BASE}/boot/{MAC}.ipxe")
    assert "sanboot" in text and "vmlinuz" not in text


def test_armed_once_it_gets_the_ramdisk_once(host: Any) -> None:
    plan = {"image": {"name": "debian-13"}, "root_disk": {"serial": "SN-ROOT-1"}, "seed": {}}
    value = {"machine": "node1", "cloud": "rack1", "deploy_id": "d", "token": "once", "plan": plan}
    armed = STATE / "deploy/armed/node1.json"
    armed.write_text(json.dumps({**value, "macs": [MAC.replace("-", ":")], "expires": time.time() + 60}))
    assert "groundup.token=once" in host.check_output(f"curl -sS {BASE}/boot/{MAC}.ipxe")
    start = f"""curl -sS -d '{{"nonce": "%s"}}' -H 'Authorization: Bearer once' {BASE}/deploy/v1/node1/start"""
    assert len(json.loads(host.check_output(start % "a"))["plan"]["image"]["chunks"]) > 10
    assert "vmlinuz" not in host.check_output(f"curl -sS {BASE}/boot/{MAC}.ipxe")
    assert "has been used" in host.check_output(start % "b")


def test_the_registry_is_trusted_by_its_ca_only(host: Any) -> None:
    authority = base64.b64encode((STATE / "ca/ca.crt").read_bytes()).decode()
    host.check_output(f"echo {authority} | base64 -d > /tmp/ca.crt")
    assert host.run("curl -sS https://10.99.10.1:5000/v2/").rc == 60
    assert host.check_output("curl -sS --cacert /tmp/ca.crt https://10.99.10.1:5000/v2/") == "{}"


def test_the_machine_gets_the_time(host: Any) -> None:
    said = host.run("chronyd -Q -t 15 'server 10.99.10.1 iburst maxsamples 1'")
    assert said.rc == 0 and "System clock wrong by" in said.stderr + said.stdout


def test_the_machine_gets_its_address(host: Any) -> None:
    card = host.check_output("grep -l 52:54:00:99:00:01 /sys/class/net/*/address").split("/")[4]
    said = host.run(f"busybox udhcpc -i {card} -n -q -f -t 5 -T 2 -s /bin/true 2>&1").stdout
    assert "lease of 10.99.10.21" in said
