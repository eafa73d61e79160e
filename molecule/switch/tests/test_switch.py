# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine gets of its switch: its VLANs, LACP, a way to boot, and nothing of what is somebody else's."""

from __future__ import annotations

import subprocess
import time
from typing import Any


def told(host: Any, *words: str) -> str:
    argv = ["ovs-vsctl", f"--db={host.ansible.get_variables()['molecule_switch']}", *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def answers(address: str) -> bool:
    words = ["ping", "-q", "-c3", "-W5", address]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def test_a_machine_without_lacp_is_reached_over_the_fallback_port() -> None:
    assert answers("10.99.10.21")


def test_tagged_networks_arrive(host: Any) -> None:
    host.check_output("ip link add link $(ls /sys/class/net | grep -m1 -v lo) name v30 type vlan id 30")
    host.check_output("ip addr add 10.99.30.21/24 dev v30 && ip link set v30 up")
    try:
        assert answers("10.99.30.21")
    finally:
        host.check_output("ip link del v30")


def test_lacp_is_negotiated_with_the_second_port(host: Any) -> None:
    nic = host.check_output("ls /sys/class/net | grep -v lo | sed -n 2p")
    host.check_output(f"ip link add po type bond mode 802.3ad lacp_rate fast miimon 100 && ip link set {nic} down")
    host.check_output(f"ip link set {nic} master po && ip link set po up")
    try:
        partner = ""
        until = time.monotonic() + 60
        while not partner.strip("0:") and time.monotonic() < until:
            time.sleep(2)
            partner = host.check_output("sed -n 's/.*Partner Mac Address: //p' /proc/net/bonding/po")
        assert partner.strip("0:")
    finally:
        host.check_output("ip link del po")


def test_a_port_that_the_model_does_not_name_is_as_it_was(host: Any) -> None:
    assert told(host, "get", "Port", "s-storage", "tag") == "77"
