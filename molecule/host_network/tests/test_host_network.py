# SPDX-License-Identifier: GPL-3.0-or-later
"""Bond and VLANs with a real switch (Open vSwitch): changes by hand, rollback of a wrong VLAN, swapped cables."""

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


def test_lacp_is_negotiated_on_both_members(host: Any) -> None:
    assert "status: active negotiated" in switch(host, "lacp/show", "node1", control=True)
    bonding = host.check_output("cat /proc/net/bonding/bond0")
    assert re.search(r"Number of ports: 2", bonding) and "LACP rate: fast" in bonding


@pytest.mark.parametrize(("address", "mtu"), [("10.99.10.21", 1500), ("10.99.30.21", 9000), ("10.99.40.21", 9000)])
def test_full_size_pings_on_every_network(host: Any, address: str, mtu: int) -> None:
    assert ping(address, mtu)


def test_one_working_cable_is_enough_and_changes_nothing(host: Any) -> None:
    namespace = subprocess.run(["ip", "netns", "identify"], capture_output=True, text=True, check=True).stdout.strip()
    link = ["ip", "-n", f"{namespace}-w", "link", "set", "nic1"]
    subprocess.run([*link, "down"], check=True)
    try:
        assert settled(lambda: ping("10.99.30.21", 9000), 30)
        assert run(host)["changed"] is False, "a dead cable is reported and changes no file"
    finally:
        subprocess.run([*link, "up"], check=True)
    assert settled(lambda: "Number of ports: 2" in host.check_output("cat /proc/net/bonding/bond0"))


def test_changes_made_by_hand_are_corrected_and_nothing_else_is_changed(host: Any) -> None:
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


def test_a_wrong_vlan_is_rolled_back(host: Any, fails: Callable[..., str]) -> None:
    wrong = changed(confirm_timeout=60)
    wrong["addresses"][2]["vlan"] = 41
    message = fails(wrong)
    assert "storage" in message or "rolled back" in message, message
    assert settled(lambda: ping("10.99.40.21", 9000))
    assert not host.interface("bond0.41").exists
    assert run(host, check=True)["steps"] == []


def test_the_timer_rolls_back_without_the_controller(host: Any, fails: Callable[..., str]) -> None:
    wrong = changed(confirm_timeout=30)
    wrong["addresses"][0]["address"] = "10.99.10.77/24"  # the controller connects to the other address
    message = fails(wrong)
    # The first where the controller's connection outlives the change, the second where it does not.
    assert "rolled back by the timer" in message or "no answer within" in message, message
    assert settled(lambda: ping("10.99.10.21", 1500))
    assert run(host, check=True)["steps"] == []


def test_an_absent_nic_is_reported_and_nothing_is_changed(host: Any, fails: Callable[..., str]) -> None:
    wrong = changed()
    wrong["bond"]["members"][1]["mac"] = "52:54:00:99:00:0f"
    message = fails(wrong)
    assert "nic1: no NIC here has the MAC address 52:54:00:99:00:0f" in message and "nothing was changed" in message
    assert run(host, check=True)["steps"] == []


LAG = ["vlan_mode=native-untagged", "tag=10", "trunks=10,30,40", "lacp=active", "other_config:lacp-time=fast"]
FALLBACK = ["bond_mode=balance-tcp", "other_config:lacp-fallback-ab=true", "other_config:bond-primary=nic0"]


def test_swapped_cables_are_reported_and_nothing_is_changed(host: Any, fails: Callable[..., str]) -> None:
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


def test_a_reboot_before_the_confirmation_rolls_back(host: Any, fails: Callable[..., str]) -> None:
    wrong = changed(confirm_timeout=900)
    wrong["addresses"][2]["vlan"] = 41
    messages: list[str] = []

    def attempt() -> None:
        # Depending on timing, the module reports the rollback or the connection is lost; both are correct.
        with contextlib.suppress(AssertionError):
            messages.append(fails(wrong))

    def boot() -> str:
        with contextlib.suppress(RuntimeError):  # the machine does not answer
            return str(host.run("cat /proc/sys/kernel/random/boot_id").stdout)
        return ""

    before = boot()
    change = threading.Thread(target=attempt)
    change.start()
    # Both files: an earlier change has left the second, and a reboot before this one is armed would test nothing.
    state = "/var/lib/groundup/network"
    assert settled(lambda: host.run(f"test -e {state}/pending && test -e {state}/change/switched").rc == 0)
    host.run("systemctl reboot")
    change.join(600)
    assert not messages or "rolled back" in messages[0] or "deserialization failed" in messages[0], messages
    assert settled(lambda: boot() not in ("", before), 240), "the machine did not boot again"
    assert settled(lambda: ping("10.99.40.21", 9000)), "the reboot did not restore the previous network"
    assert run(host, check=True)["steps"] == []
