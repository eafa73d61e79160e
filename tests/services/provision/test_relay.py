# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine of another rack: its router relays DHCP to the provisioner, and routes what it fetches.

The router is a double in a namespace: the kernel's routing, and the DHCP relay of dnsmasq.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(
        not all(shutil.which(name) for name in ("dnsmasq", "nginx", "chronyd", "docker-registry", "busybox", "curl")),
        reason="dnsmasq-base, nginx-light, chrony, docker-registry, busybox, curl are needed",
    ),
]
FAR_MAC = "52:54:00:99:02:01"
FAR = {"name": "node2", "macs": [FAR_MAC], "address": "10.99.8.22"}
SCRIPT = """#!/bin/sh
[ "$1" = bound ] || exit 0
echo "ip=$ip router=$router boot=$boot_file mask=$subnet"
"""


def sh(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def far(net: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The namespace of a machine behind a router, which is the namespace of the provision network's client."""
    from .conftest import KNOWN

    name = f"{net.there}far"
    relayed = [{"subnet": "10.99.8.0/24", "gateway": "10.99.8.1"}]
    result = net.run(network={**net.params["network"], "relayed": relayed}, machines=[*KNOWN, FAR])
    assert "start dnsmasq" in result["steps"], result
    sh("ip", "netns", "add", name)
    sh("ip", "-n", net.there, "link", "add", "rack2", "type", "veth", "peer", "name", "far0", "netns", name)
    sh("ip", "-n", name, "link", "set", "far0", "address", FAR_MAC, "up")
    for link, address in (("node0", "10.99.7.254/24"), ("rack2", "10.99.8.1/24")):
        sh("ip", "-n", net.there, "addr", "add", address, "dev", link)
        sh("ip", "-n", net.there, "link", "set", link, "up")
    net.inside(net.there, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    sh("ip", "-n", net.here, "route", "add", "10.99.8.0/24", "via", "10.99.7.254")
    relay = subprocess.Popen(
        ["ip", "netns", "exec", net.there, "dnsmasq", "-k", "-C", "/dev/null", "-p", "0", "--log-dhcp",
         "--log-facility=-", "--dhcp-relay=10.99.8.1,10.99.7.1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(0.5)
    yield name
    relay.kill()
    relay.wait()
    sh("ip", "-n", net.here, "route", "del", "10.99.8.0/24")
    sh("ip", "-n", net.there, "addr", "del", "10.99.7.254/24", "dev", "node0")
    sh("ip", "netns", "del", name)


def ask(far: str, directory: Any) -> str:
    """What the machine is told by DHCP."""
    script = directory / "told"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    command = ["ip", "netns", "exec", far, "busybox", "udhcpc", "-i", "far0", "-n", "-q", "-f", "-t", "5", "-T", "1"]
    return subprocess.run([*command, "-s", str(script)], capture_output=True, text=True, check=False).stdout


def test_a_machine_behind_a_relay_gets_its_address_and_its_router(far: str, tmp_path: Any) -> None:
    assert "ip=10.99.8.22 router=10.99.8.1 " in ask(far, tmp_path)


def test_it_fetches_over_its_router(net: Any, far: str) -> None:
    sh("ip", "-n", far, "addr", "add", "10.99.8.22/24", "dev", "far0")
    sh("ip", "-n", far, "route", "add", "default", "via", "10.99.8.1")
    fetched = net.inside(far, "curl", "-sS", "--max-time", "10", "http://10.99.7.1:8080/bundle/files/sha256/abc")
    assert fetched == "content"


def test_a_machine_that_is_not_known_gets_nothing_by_the_relay(far: str, tmp_path: Any) -> None:
    sh("ip", "-n", far, "link", "set", "far0", "address", "52:54:00:99:09:09")
    assert "ip=" not in ask(far, tmp_path)


def test_machines_of_its_own_subnet_have_no_router_as_before(net: Any, far: str, tmp_path: Any) -> None:
    script = tmp_path / "told"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    told = net.inside(
        net.there, "busybox", "udhcpc", "-i", "node0", "-n", "-q", "-f", "-t", "3", "-T", "1", "-s", str(script)
    )
    assert "ip=10.99.7.21 router= " in told


@pytest.mark.parametrize(
    ("relayed", "error"),
    [
        ({"subnet": "10.99.8.0/24"}, "provisioner.network.relayed[0]"),
        ({"subnet": "10.99.8.0/33", "gateway": "10.99.8.1"}, "provisioner.network.relayed[0]"),
        ({"subnet": "10.99.8.0/24", "gateway": "10.99.9.1"}, "10.99.9.1 is outside of 10.99.8.0/24"),
    ],
)
def test_a_wrong_relay_is_refused_before_anything_changes(net: Any, relayed: dict[str, str], error: str) -> None:
    assert error in net.run(network={**net.params["network"], "relayed": [relayed]})["error"]
