# SPDX-License-Identifier: GPL-3.0-or-later
"""All daemons of the provisioner in a namespace without systemd. The image is a double."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(
        not all(shutil.which(name) for name in ("dnsmasq", "nginx", "chronyd", "docker-registry", "busybox")),
        reason="dnsmasq-base, nginx-light, chrony, docker-registry, busybox are needed",
    ),
]
BASE = "http://10.99.7.1:8080"
IMAGES = {"debian-13": {"source": "build"}}


def curl(net: Any, *arguments: str) -> str:
    return str(net.inside(net.there, "curl", "-sS", "--max-time", "10", *arguments))


def lease(net: Any) -> str:
    """The address that the client gets by DHCP; empty if it gets none."""
    command = f"ip netns exec {net.there} busybox udhcpc -i node0 -n -q -f -t 2 -T 1 -s /bin/true 2>&1"
    text = subprocess.run(command, shell=True, capture_output=True, text=True, check=False).stdout
    words = [line for line in text.splitlines() if "obtained" in line]
    return words[0].split("lease of ")[1].split()[0] if words else ""


@pytest.fixture(scope="module", autouse=True)
def running(net: Any) -> Any:
    plan = net.run(check=True, images=IMAGES)
    assert plan["changed"] and not net.state.exists(), "check mode must not write"
    result = net.run(images=IMAGES)
    assert result.get("changed"), result
    net.inside(net.there, "ip", "addr", "add", "10.99.7.21/24", "dev", "node0")
    return result


def test_the_first_run_does_what_check_mode_planned(running: Any) -> None:
    assert [step for step in running["steps"] if step.startswith("start ")] == [
        "start boot",
        "start nginx",
        "start registry",
        "start chrony",
        "start dnsmasq",
    ]


def test_the_second_run_changes_nothing_in_five_seconds(net: Any) -> None:
    began = time.monotonic()
    result = net.run(images=IMAGES)
    assert (result["changed"], result["steps"]) == (False, [])
    assert time.monotonic() - began < 5  # most of it is the start of Python on a busy machine


def test_files_and_images_are_served_with_ranges(net: Any) -> None:
    assert curl(net, f"{BASE}/bundle/files/sha256/abc") == "content"
    size = json.loads(curl(net, f"{BASE}/images/debian-13.json"))["size"]
    assert len(curl(net, "-r", "0-9", "--output", "-", f"{BASE}/boot/files/vmlinuz")) == 10
    assert f"Content-Length: {size}" in curl(net, "-I", f"{BASE}/images/debian-13.raw")


@pytest.mark.parametrize(
    "path", ["/", "/ca/ca.key", "/images/../ca/ca.key", "/deploy/armed/node1.json", "/boot/../deploy"]
)
def test_other_paths_are_not_served(net: Any, path: str) -> None:
    assert curl(net, "--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", BASE + path) in ("400", "404")


def test_the_access_log_contains_refused_requests_only(net: Any) -> None:
    log, until = net.state / "log/access.log", time.monotonic() + 10  # nginx flushes its buffer after 5 s
    while not log.stat().st_size and time.monotonic() < until:
        time.sleep(0.5)
    lines = log.read_text().splitlines()
    assert any("/ca/ca.key" in line for line in lines)
    assert {line.split('"')[2].split()[0] for line in lines} <= {"400", "404"}


def test_an_unarmed_machine_boots_its_disk(net: Any) -> None:
    text = curl(net, f"{BASE}/boot/52-54-00-99-01-01.ipxe")
    assert "sanboot" in text and "exit 1" in text and "vmlinuz" not in text


def test_an_armed_machine_gets_the_ramdisk(net: Any) -> None:
    armed = net.state / "deploy/armed/node1.json"
    value = {"machine": "node1", "cloud": "prvt", "deploy_id": "d", "macs": ["52:54:00:99:01:01"], "token": "geheim"}
    armed.write_text(json.dumps({**value, "expires": time.time() + 60, "plan": {"image": {"name": "debian-13"}}}))
    assert "groundup.token=geheim" in curl(net, f"{BASE}/boot/52-54-00-99-01-01.ipxe")
    start = curl(net, "-d", '{"nonce": "1"}', "-H", "Authorization: Bearer geheim", f"{BASE}/deploy/v1/node1/start")
    assert json.loads(start)["plan"]["image"]["url"] == f"{BASE}/images/debian-13.raw"
    assert "vmlinuz" not in curl(net, f"{BASE}/boot/52-54-00-99-01-01.ipxe")
    events = [json.loads(line) for line in (net.state / "deploy/events/node1.jsonl").read_text().splitlines()]
    assert [(e["event"], e["address"]) for e in events] == [("script", "10.99.7.21"), ("started", "10.99.7.21")]


def test_the_registry_uses_tls_of_the_clouds_ca_and_is_read_only(net: Any) -> None:
    ca = ("--cacert", str(net.state / "ca/ca.crt"))
    assert curl(net, *ca, "https://10.99.7.1:5000/v2/") == "{}"
    status = curl(
        net, *ca, "-X", "POST", "-o", "/dev/null", "-w", "%{http_code}", "https://10.99.7.1:5000/v2/x/blobs/uploads/"
    )
    assert status == "405"
    with pytest.raises(subprocess.CalledProcessError):
        curl(net, "https://10.99.7.1:5000/v2/")


def test_keys_are_readable_by_their_owner_only(net: Any) -> None:
    for path in ("ca/ca.key", "ca/registry.key"):
        assert (net.state / path).stat().st_mode & 0o077 == 0
    assert (net.state / "deploy").stat().st_mode & 0o077 == 0


def test_time_is_served(net: Any) -> None:
    output = net.inside(net.there, "chronyd", "-Q", "-t", "10", "server 10.99.7.1 iburst maxsamples 1")
    assert "System clock wrong by" in output or output == ""


def test_a_reserved_mac_gets_its_address(net: Any) -> None:
    assert lease(net) == "10.99.7.21"


def test_an_unknown_mac_gets_no_address(net: Any) -> None:
    net.inside(net.there, "ip", "link", "set", "node0", "address", "52:54:00:99:99:99")
    try:
        assert lease(net) == ""
    finally:
        net.inside(net.there, "ip", "link", "set", "node0", "address", "52:54:00:99:01:01")


def test_tftp_serves_the_loaders(net: Any, tmp_path: Path) -> None:
    target = tmp_path / "undionly.kpxe"
    net.inside(net.there, "busybox", "tftp", "-g", "-r", "undionly.kpxe", "-l", str(target), "10.99.7.1")
    assert target.read_bytes() == Path("/usr/lib/ipxe/undionly.kpxe").read_bytes()


def test_a_killed_daemon_is_restarted(net: Any) -> None:
    record = net.state / "run/registry.json"
    child = json.loads(record.read_text())["child"]
    os.kill(child, signal.SIGKILL)
    end = time.monotonic() + 15
    while json.loads(record.read_text())["child"] == child and time.monotonic() < end:
        time.sleep(0.2)
    assert json.loads(record.read_text())["child"] != child


def test_a_changed_file_is_restored_and_only_its_service_restarted(net: Any) -> None:
    with (net.state / "services/nginx.conf").open("a") as conf:
        conf.write("# by hand\n")
    assert net.run(images=IMAGES)["steps"] == [f"file {net.state}/services/nginx.conf", "restart nginx"]
    assert not net.run(images=IMAGES)["changed"]


def test_a_new_machine_restarts_dhcp_only(net: Any) -> None:
    more = [*net.params["machines"], {"name": "node2", "macs": ["52:54:00:99:02:01"], "address": "10.99.7.22"}]
    assert net.run(images=IMAGES, machines=more)["steps"][-1] == "restart dnsmasq"
    assert net.run(images=IMAGES)["changed"]


def test_state_absent_stops_all_processes(net: Any) -> None:
    before = net.inside(net.here, "ip", "-6", "addr", "show", "dev", "prov0", "scope", "global")
    assert "fd" in before or not before
    assert net.run(state="absent")["changed"]
    assert net.processes() == []
    assert list((net.state / "run").glob("*.json")) == []
    assert "::1/64" not in net.inside(net.here, "ip", "-6", "addr", "show", "dev", "prov0", "scope", "global")
    assert not net.run(state="absent")["changed"]


def test_a_registry_whose_port_is_in_use_is_reported(net: Any) -> None:
    """The registry is stopped, and another server answers at its port."""
    command = [sys.executable, "-m", "http.server", "-b", "10.99.7.1", "5000"]
    other = subprocess.Popen(
        ["ip", "netns", "exec", net.here, *command], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    try:
        time.sleep(1)
        error = net.run(images=IMAGES)["error"]
        assert "registry does not run, or does not listen on tcp:5000" in error
        assert "address already in use" in error, "the end of its log gives the reason"
    finally:
        other.kill()
        other.wait()
        net.run(state="absent")


def test_another_dhcp_server_is_refused(net: Any) -> None:
    """The provisioner's own server is stopped."""
    net.inside(net.there, "ip", "addr", "replace", "10.99.7.66/24", "dev", "node0")
    command = ["ip", "netns", "exec", net.there, "dnsmasq", "-k", "-C", "/dev/null", "-p", "0", "--interface=node0"]
    rogue = subprocess.Popen([*command, "--dhcp-range=10.99.7.100,10.99.7.110", "--leasefile-ro", "--user=root"])
    try:
        time.sleep(1)
        result = net.run(images=IMAGES)
        assert "another DHCP server answers on prov0: 10.99.7." in result["error"]
        assert net.processes() == []
    finally:
        rogue.terminate()
        rogue.wait()
