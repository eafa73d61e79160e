# SPDX-License-Identifier: GPL-3.0-or-later
"""Route tables of networks: what is refused, what the kernel has, and differences from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.links import live
from ansible_collections.groundup.cloud.plugins.module_utils.links.parts import NetworkSpec
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse

from .cases import nic

STORAGE = {"network": "storage", "address": "10.40.0.21/24", "gateway": "10.40.0.1", "table": 40}
ROUTES = [
    {"dst": "default", "gateway": "10.40.0.1", "dev": "nic0"},
    {"dst": "10.40.0.0/24", "dev": "nic0", "scope": "link"},
]
RULES = [{"priority": 0, "src": "all", "table": "local"}, {"priority": 1000, "src": "10.40.0.21", "table": "40"}]


def spec(*addresses: dict[str, Any]) -> NetworkSpec:
    return parse({"links": [{"nic": nic(0)}], "addresses": list(addresses)})


class Kernel(System):
    """Answers of `ip` of a double of a kernel."""

    def __init__(self, routes: list[dict[str, Any]], rules: list[dict[str, Any]]) -> None:
        super().__init__()
        address = {"local": "10.40.0.21", "prefixlen": 24}
        link = {"ifname": "nic0", "address": nic(0)["mac"], "link_type": "ether", "mtu": 1500, "flags": ["UP"]}
        self.answers = {
            "address": [{**link, "addr_info": [address]}],
            "table 40": routes,
            "rule": rules,
            "table main": [{"dst": "10.40.0.0/24", "dev": "nic0"}],
        }
        self.asked: list[str] = []

    def run(self, argv: Sequence[str], *, check: bool = True, **_more: Any) -> str:
        self.asked.append(" ".join(argv))
        return json.dumps(next(answer for words, answer in self.answers.items() if words in self.asked[-1]))


@pytest.mark.parametrize(
    ("routes", "rules", "expected"),
    [
        (ROUTES, RULES, []),
        ([], RULES, ["route of table 40: 10.40.0.0/24", "route of table 40: default via 10.40.0.1"]),
        (ROUTES[1:], RULES, ["route of table 40: default via 10.40.0.1"]),
        (ROUTES, RULES[:1], ["rule: from 10.40.0.21 table 40"]),
    ],
)
def test_routes_and_rules_that_are_missing_are_found(
    routes: list[dict[str, Any]], rules: list[dict[str, Any]], expected: list[str]
) -> None:
    wanted, kernel = spec(STORAGE), Kernel(routes, rules)
    found = live.differences(wanted, live.read(kernel, six=wanted.six, tables=wanted.tables))
    assert [f"{item.what}: {item.want}" for item in found] == expected
    assert len(kernel.asked) == 4


def test_the_kernel_is_not_asked_for_tables_without_one() -> None:
    kernel = Kernel([], [])
    live.read(kernel, tables=spec({**STORAGE, "table": None}).tables)
    assert len(kernel.asked) == 2


def test_the_gateway_of_a_table_is_not_that_of_the_host() -> None:
    management = {"network": "management", "vlan": 20, "address": "10.20.0.21/24", "gateway": "10.20.0.1"}
    wanted = spec(management, STORAGE)
    assert [item.router for item in wanted.addresses] == ["10.20.0.1", None]


@pytest.mark.parametrize(
    ("addresses", "error"),
    [
        ([{**STORAGE, "gateway": None}], "table: needs a gateway"),
        ([{**STORAGE, "table": 254}], "table: 254 is a table of the kernel; give another number"),
        ([{**STORAGE, "table": 0}], "table: 0 is not from 1 to 4294967295"),
        (
            [
                STORAGE,
                {"network": "backup", "vlan": 50, "address": "10.50.0.21/24", "gateway": "10.50.0.1", "table": 40},
            ],
            "storage and backup both have the route table 40; give one of them another number",
        ),
    ],
)
def test_wrong_tables_are_refused(addresses: list[dict[str, Any]], error: str) -> None:
    with pytest.raises(HostError, match=error):
        spec(*addresses)
