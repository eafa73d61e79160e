# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing of flannel is left, what others use stays, and a node with another network is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

CONFLIST = "/etc/cni/net.d/10-flannel.conflist"


def run(host: Any, check: bool = False, **config: Any) -> dict[str, Any]:
    given = json.dumps({"config": config})
    return host.ansible("groundup.cloud.network_leftovers", given, check=check, become=False)


def test_nothing_of_flannel_is_left(host: Any) -> None:
    for path in (CONFLIST, "/run/flannel", "/opt/cni/bin/flannel", "/var/lib/cni/networks/cbr0"):
        assert not host.file(path).exists, path
    assert not host.interface("flannel.1").exists
    assert "flannel-ipv4" not in host.check_output("nft list tables")


def test_what_others_use_stays(host: Any) -> None:
    assert host.interface("cni0").exists and host.file("/opt/cni/bin/bridge").exists
    assert "inet others" in host.check_output("nft list tables")


def test_another_network_is_refused_and_removed_by_consent_only(
    host: Any, refusal: Callable[[str, dict[str, Any]], str]
) -> None:
    host.check_output(f"echo x > {CONFLIST}")
    said = refusal("groundup.cloud.network_leftovers", {"config": {"provider": "basic"}})
    assert "there is the network flannel" in said
    assert host.file(CONFLIST).exists
    planned = run(host, check=True, provider="basic", remove=["flannel"])
    assert planned["steps"] == [f"remove {CONFLIST}"] and host.file(CONFLIST).exists
    assert run(host, provider="basic", remove=["flannel"])["changed"] and not host.file(CONFLIST).exists
    assert not run(host, provider="basic")["changed"]
