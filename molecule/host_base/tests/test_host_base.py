# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host does after the role, and what it does about changes made by hand."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import time
from typing import Any

import pytest
import yaml

EXAMPLE = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "examples/host_base.yml")
WANTED = yaml.safe_load(EXAMPLE.read_text())[0]["roles"][0]["vars"]["host_base_config"]
ADDRESS = "10.99.10.21"


def run(host: Any, check: bool = False) -> dict[str, Any]:
    return host.ansible("groundup.cloud.host_base", json.dumps({"config": WANTED}), check=check, become=False)


def reachable(port: int) -> bool:
    with socket.socket() as link:
        link.settimeout(3)
        return link.connect_ex((ADDRESS, port)) == 0


def test_the_clock_is_right(host: Any) -> None:
    assert abs(float(host.check_output("date +%s.%N")) - time.time()) < 30
    assert host.service("chrony").is_running
    assert "10.99.10.1" in host.check_output("chronyc -n sources")


def test_swap_is_off_for_good(host: Any) -> None:
    assert len(host.check_output("cat /proc/swaps").splitlines()) == 1
    assert "# groundup: swap is off: /swapfile" in host.file("/etc/fstab").content_string


def test_the_kernel_can_what_kubernetes_needs(host: Any) -> None:
    host.check_output(
        "cd /tmp && mkdir -p l u w m && mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m && umount m"
    )
    assert host.check_output("cat /proc/sys/net/bridge/bridge-nf-call-iptables") == "1"
    assert host.sysctl("net.core.somaxconn") == 4096


def test_names_of_the_cloud_and_of_others(host: Any) -> None:
    assert host.check_output("getent hosts peer.example.net").split()[0] == "10.99.30.7"
    assert host.check_output("getent hosts others").split()[0] == "10.0.0.9"


@pytest.mark.parametrize(("port", "open_"), [(22, True), (8443, True), (8099, False)])
def test_the_firewall_lets_in_what_is_open(host: Any, port: int, open_: bool) -> None:
    if port != 22:
        host.check_output(f"systemd-run --quiet --collect --unit=listen-{port} python3 -m http.server {port}")
        host.check_output(f"for i in $(seq 60); do ss -ltn | grep -q :{port} && exit 0; sleep 1; done; exit 1")
    assert reachable(port) is open_


def test_changes_made_by_hand_are_mended_and_nothing_else_is_touched(host: Any) -> None:
    host.check_output(
        "nft insert rule inet groundup input tcp dport 8099 accept; sysctl -qw vm.swappiness=60; systemctl stop chrony;"
        "echo '# by hand' >> /etc/chrony/chrony.conf; echo x > /etc/sysctl.d/50-others.conf"
    )
    assert reachable(8099), "the rule made by hand has no effect: then its removal tells nothing"
    assert run(host)["steps"] == [
        "file /etc/chrony/chrony.conf",
        "sysctl vm.swappiness",
        "hook firewall",
        "systemctl restart chrony.service",
    ]
    assert run(host, check=True)["steps"] == []
    assert host.service("chrony").is_running and not reachable(8099)
    assert host.file("/etc/sysctl.d/50-others.conf").content_string == "x\n"
    assert "others" in host.check_output("nft list tables")


def test_a_no_op_is_cheap(host: Any) -> None:
    assert min(run(host)["seconds"] for __ in range(2)) < 5, "seconds on an emulated host"
