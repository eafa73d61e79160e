# SPDX-License-Identifier: GPL-3.0-or-later
"""The formula of MTUs: what tunnels take away, what links carry, and which echo requests pass."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.network import mtu
from ansible_collections.groundup.cloud.plugins.module_utils.promises.catalog import TUNNELS
from ansible_collections.groundup.cloud.plugins.module_utils.promises.tunnel import Encapsulation, Tunnel

NONE, VXLAN, GENEVE = Encapsulation.NONE, Encapsulation.VXLAN, Encapsulation.GENEVE


@pytest.mark.parametrize(
    ("tunnel", "over_ipv4", "over_ipv6"),
    [
        (Tunnel(NONE), 0, 0),
        (Tunnel(VXLAN), 50, 70),
        (Tunnel(GENEVE), 50, 70),
        (Tunnel(GENEVE, options=8), 58, 78),
        (Tunnel(GENEVE, options=8, least=100), 100, 100),
        (Tunnel(GENEVE, options=60, least=100), 110, 130),  # more headers than the provider takes in any case
        (Tunnel(NONE, encrypted=True), 60, 80),
        (Tunnel(VXLAN, encrypted=True), 110, 150),
    ],
)
def test_a_tunnel_takes_its_headers_away(tunnel: Tunnel, over_ipv4: int, over_ipv6: int) -> None:
    assert [mtu.overhead(tunnel, version) for version in (4, 6)] == [over_ipv4, over_ipv6]
    assert mtu.inside(9000, tunnel, 4) == 9000 - over_ipv4


def test_each_header_and_each_way_of_a_provider_names_its_source() -> None:
    ways = [tunnel for tunnels in TUNNELS.values() for tunnel in tunnels.values()]
    named = [header for way in ways for version in (4, 6) for header in mtu.headers(way, version)]
    assert all(header.source for header in [*named, mtu.WIREGUARD, *mtu.ECHO.values()])
    assert all(way.source for way in ways)


def test_a_link_carries_its_largest_network() -> None:
    assert mtu.carrier([1500, 9000, 1400]) == 9000
    assert mtu.carrier([1500, 9000], 9216) == 9216
    assert mtu.carrier([1500, 9000], 1500) == 9000
    assert mtu.carrier([]) == mtu.ETHERNET
    assert mtu.carrier([], 1400) == 1400


@pytest.mark.parametrize(
    ("size", "version", "passes"), [(1500, 4, 1472), (9000, 4, 8972), (1280, 6, 1232), (1500, 6, 1452)]
)
def test_the_largest_echo_request_that_passes_and_the_smallest_that_does_not(
    size: int, version: int, passes: int
) -> None:
    assert mtu.echo(size, version) == mtu.Echo(passes, passes + 1)


def test_the_kernel_agrees_about_the_exact_size() -> None:
    """The loopback interface of a network namespace of its own, with the MTU of a tunnel over 1500 bytes."""
    size = mtu.inside(1500, Tunnel(VXLAN), 4)
    echo = mtu.echo(size, 4)
    script = f"""ip link set lo mtu {size} up
    ping -q -c 1 -W 5 -M do -s {echo.passes} 127.0.0.1 && ! ping -c 1 -W 5 -M do -s {echo.refused} 127.0.0.1"""
    done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr:
        pytest.skip("network namespaces need root")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "message too long" in (done.stdout + done.stderr).lower()
