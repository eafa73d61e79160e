# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell of modules: results, errors for users, and errors of the system, each ending the module once."""

from __future__ import annotations

import subprocess
from typing import Any, NoReturn

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError, missing_program
from ansible_collections.groundup.cloud.plugins.module_utils.shell import run


class Ended(Exception):
    """The module ended with a verdict and its result."""


class Module:
    """A double of AnsibleModule that remembers how it ended."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self.check_mode = False

    def exit_json(self, **result: Any) -> NoReturn:
        raise Ended("exit", result)

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        raise Ended("fail", {"msg": msg, **result})

    def warn(self, warning: str) -> None:
        raise AssertionError(warning)


class Detailed(CloudError):
    details = {"evidence": ["GET /redfish/v1"]}


def no_file() -> dict[str, Any]:
    open("/nowhere/at/all").close()
    return {}


def refused() -> dict[str, Any]:
    raise Detailed("leaf1: is locked; unlock it")


@pytest.mark.parametrize(
    ("action", "verdict", "result"),
    [
        (lambda: {"changed": True}, "exit", {"changed": True}),
        (refused, "fail", {"msg": "leaf1: is locked; unlock it", "evidence": ["GET /redfish/v1"]}),
        (lambda: {"failed": True, "msg": "no", "evidence": []}, "fail", {"msg": "no", "evidence": []}),
    ],
)
def test_a_module_ends_once(action: Any, verdict: str, result: dict[str, Any]) -> None:
    with pytest.raises(Ended) as ended:
        run(Module(), action)
    assert ended.value.args == (verdict, result)


def test_an_error_of_the_system_names_the_file() -> None:
    with pytest.raises(Ended) as ended:
        run(Module(), no_file)
    assert ended.value.args[0] == "fail"
    assert ended.value.args[1]["msg"].startswith("/nowhere/at/all: No such file or directory; check")


def test_a_programming_error_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        run(Module(), lambda: {"changed": bool(1 // 0)})


@pytest.mark.parametrize(
    ("program", "package"),
    [("ovs-vsctl", "openvswitch-switch"), ("ipmitool", "ipmitool"), ("/usr/sbin/nft", "nftables")],
)
def test_a_missing_program_is_named_with_its_package(program: str, package: str) -> None:
    assert missing_program(program).endswith(f"is missing; install the package {package}")


def test_a_program_that_is_not_there_is_no_file_that_is_not_there() -> None:
    with pytest.raises(Ended) as ended:
        run(Module(), lambda: {"done": subprocess.run(["no-such-program"], check=True)})
    assert ended.value.args[1]["msg"] == "the program no-such-program is missing; install the package no-such-program"
