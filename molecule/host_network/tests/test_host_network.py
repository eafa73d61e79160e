# SPDX-License-Identifier: GPL-3.0-or-later
"""Bond and VLANs against a real switch (Open vSwitch), changes by hand, a wrong VLAN, swapped cables."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import pathlib
import re
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml

EXAMPLE = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "examples/host_network.yml")
WANTED = yaml.safe_load(EXAMPLE.read_text())[0]["roles"][0]["vars"]["host_network_config"]


def run(host: Any, wanted: dict[str, Any] = WANTED, check: bool = False) -> dict[str, Any]:
    return host.ansible("groundup.cloud.host_network", json.dumps({"config": wanted}), check=check, become=False)


@pytest.fixture
def fails(refusal: Callable[..., str]) -> Callable[[dict[str, Any]], str]:
    return lambda wanted: refusal("groundup.cloud.host_network", {"config": wanted})


def changed(**more: Any) -> dict[str, Any]:
    return {**copy.deepcopy(WANTED), **more}


def switch(host: Any, *words: str, control: bool = False) -> str:
    database = host.ansible.get_variables()["molecule_switch"]
    place = database.removeprefix("unix:").removesuffix("/db.sock")
    argv = ["ovs-appctl", "-t", f"{place}/vswitchd.ctl"] if control else ["ovs-vsctl", f"--db={database}"]
    return subprocess.run([*argv, *words], check=True, capture_output=True, text=True).stdout


def ping(address: str, size: int) -> bool:
    words = ["ping", "-q", "-c2", "-W5", "-Mdo", f"-s{size - 28}", address]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def settled(condition: Any, seconds: float = 90) -> bool:
    until = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < until:
        time.sleep(2)
    return bool(met)


def test_both_ends_agree_on_lacp(host: Any) -> None:
    assert "status: active negotiated" in switch(host, "lacp/show", "node1", control=True)
    bonding = host.check_output("cat /proc/net/bonding/bond0")
    assert re.search(r"Number of ports: 2", bonding) and "LACP rate: fast" in bonding


@pytest.mark.parametrize(("address", "mtu"), [("10.99.10.21", 1500), ("10.99.30.21", 9000), ("10.99.40.21", 9000)])
def test_full_size_pings_on_every_network(host: Any, address: str, mtu: int) -> None:
    assert ping(address, mtu)


def test_one_cable_is_enough(host: Any) -> None:
    namespace = subprocess.run(["ip", "netns", "identify"], capture_output=True, text=True, check=True).stdout.strip()
    link = ["ip", "-n", f"{namespace}-w", "link", "set", "nic1"]
    subprocess.run([*link, "down"], check=True)
    try:
        assert settled(lambda: ping("10.99.30.21", 9000), 30)
        assert run(host)["changed"] is False, "a dead cable is a fault to report, no file mends it"
    finally:
        subprocess.run([*link, "up"], check=True)
    assert settled(lambda: "Number of ports: 2" in host.check_output("cat /proc/net/bonding/bond0"))


def test_changes_made_by_hand_are_mended_and_nothing_else_is_touched(host: Any) -> None:
    host.check_output(
        "ip link set bond0.30 mtu 1400; ip link delete bond0.40; ip addr add 10.99.30.10/32 dev bond0.30;"
        "ip link add others type dummy; touch /etc/systemd/network/50-others.network;"
        "touch /etc/systemd/network/10-groundup-stray.network"
    )
    assert run(host)["steps"] == [
        "remove /etc/systemd/network/10-groundup-stray.network",
        "link bond0.30 mtu",
        "link bond0.40 device",
        "link bond0.40 address",
    ]
    assert run(host, check=True)["steps"] == []
    assert ping("10.99.30.21", 9000) and ping("10.99.40.21", 9000)
    assert host.interface("others").exists and host.file("/etc/systemd/network/50-others.network").exists
    assert "10.99.30.10" in host.check_output("ip -br addr show bond0.30"), "keepalived's address stays"


def test_a_wrong_vlan_turns_back_by_itself(host: Any, fails: Callable[..., str]) -> None:
    wrong = changed(confirm_timeout=60)
    wrong["addresses"][2]["vlan"] = 41
    message = fails(wrong)
    assert "storage" in message or "turned back" in message, message
    assert settled(lambda: ping("10.99.40.21", 9000))
    assert not host.interface("bond0.41").exists
    assert run(host, check=True)["steps"] == []


def test_without_a_controller_the_timer_turns_back(host: Any, fails: Callable[..., str]) -> None:
    wrong = changed(confirm_timeout=30)
    wrong["addresses"][0]["address"] = "10.99.10.77/24"  # where the controller doesn't look for it
    message = fails(wrong)
    # The first where the controller's connection outlives the change, the second where it does not.
    assert "turned back by the timer" in message or "no answer within" in message, message
    assert settled(lambda: ping("10.99.10.21", 1500))
    assert run(host, check=True)["steps"] == []


def test_absent_nics_change_nothing(host: Any, fails: Callable[..., str]) -> None:
    wrong = changed()
    wrong["bond"]["members"][1]["mac"] = "52:54:00:99:00:0f"
    message = fails(wrong)
    assert "nic1: no NIC here has the MAC address 52:54:00:99:00:0f" in message and "nothing was changed" in message
    assert run(host, check=True)["steps"] == []


LAG = ["vlan_mode=native-untagged", "tag=10", "trunks=10,30,40", "lacp=active", "other_config:lacp-time=fast"]
FALLBACK = ["bond_mode=balance-tcp", "other_config:lacp-fallback-ab=true", "other_config:bond-primary=nic0"]


def test_swapped_cables_are_named_and_change_nothing(host: Any, fails: Callable[..., str]) -> None:
    """nic1's cable leads into another LAG, as when the cables of two machines are swapped."""
    apart = ["--", "add-port", "sw0", "nic0", *LAG, "--", "add-port", "sw0", "nic1", *LAG]
    switch(host, "del-port", "sw0", "node1", *apart)
    try:
        status = "cat /proc/net/bonding/bond0"
        assert settled(lambda: len(set(re.findall(r"Aggregator ID: (\d+)", host.check_output(status)))) > 1, 120)
        message = fails(changed(bridges=[{"name": "br50", "vlan": 50}]))
        assert "are they swapped?" in message and "nothing was changed" in message
        assert not host.file("/etc/systemd/network/10-groundup-br50.netdev").exists
    finally:
        together = ["--", "add-bond", "sw0", "node1", "nic0", "nic1", *FALLBACK, *LAG]
        switch(host, "del-port", "sw0", "nic0", "--", "del-port", "sw0", "nic1", *together)


def test_a_reboot_in_the_middle_turns_back(host: Any, fails: Callable[..., str]) -> None:
    wrong = changed(confirm_timeout=900)
    wrong["addresses"][2]["vlan"] = 41
    said: list[str] = []

    def attempt() -> None:
        # Whether the controller hears the end or finds nobody there is a matter of seconds, and both are right.
        with contextlib.suppress(AssertionError):
            said.append(fails(wrong))

    def boot() -> str:
        with contextlib.suppress(RuntimeError):  # nobody there
            return str(host.run("cat /proc/sys/kernel/random/boot_id").stdout)
        return ""

    before = boot()
    change = threading.Thread(target=attempt)
    change.start()
    assert settled(lambda: host.file("/var/lib/groundup/network/change/switched").exists)
    host.run("systemctl reboot")
    change.join(600)
    assert not said or "turned back" in said[0] or "deserialization failed" in said[0], said
    assert settled(lambda: boot() not in ("", before), 240), "the machine did not come back"
    assert settled(lambda: ping("10.99.40.21", 9000)), "the old network did not come back with the reboot"
    assert run(host, check=True)["steps"] == []
