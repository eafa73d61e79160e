# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a machine that was not deployed from being configured."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.existing import obstacles

GOOD = "Welcome\r\nos=debian 13\r\nuid=1000\r\npython=3.13\r\nsystemd=yes\r\nsudo=0\r\n"


def said(old: str, new: str) -> dict[str, Any]:
    """The result of the command on a supported machine, with one difference."""
    assert old in GOOD
    return {"stdout": GOOD.replace(old, new)}


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"stdout": GOOD}, []),
        (said("debian 13", "debian 12"), []),
        (said("python=3.13", "python=3.11"), []),
        (said("uid=1000\r\npython=3.13\r\nsystemd=yes\r\nsudo=0", "uid=0\r\npython=3.13\r\nsystemd=yes"), []),
        (said("debian 13", "debian 11"), ["its operating system is debian 11"]),
        (said("debian 13", "ubuntu 24.04"), ["is ubuntu 24.04, and this release configures Debian 12 and 13"]),
        (said("3.13", "3.9"), ["it has Python 3.9 as /usr/bin/python3; install Debian's python3, 3.11 or later"]),
        (said("3.13", ""), ["it has no Python as"]),
        (said("systemd=yes\r\n", ""), ["systemd does not run on it"]),
        ({"stdout": "uid=0\nos= \npython=\n"}, ["operating system is unknown", "no Python", "systemd does not"]),
        (said("sudo=0", "sudo=sudo: a password is required"), ["ops can't become root by sudo (sudo: a password is"]),
        (said("sudo=0", "sudo=/bin/sh: 1: sudo: not found"), ["sudo: not found); install sudo and write `ops ALL="]),
        (said("sudo=0", "sudo=1000"), ["ops can't become root by sudo (1000)"]),
        (said(GOOD, "This account is not available."), ["(This account is not available.); give it a shell"]),
        ({"stderr": "sh: not found"}, ["the account ops could not run a command (sh: not found)"]),
        ({}, ["(no output)"]),
    ],
)
def test_each_obstacle_is_named_with_its_remedy(result: dict[str, Any], words: list[str]) -> None:
    found = obstacles(result, "ops")
    assert len(found) == len(words)
    assert all(word in text and ";" in text for word, text in zip(words, found, strict=True))


def test_another_way_to_become_root_is_accepted() -> None:
    """For example by a password that the command line asks for, which this command does not have."""
    assert obstacles(said("sudo=0", "sudo=sudo: a password is required"), "ops", other_way=True) == []
