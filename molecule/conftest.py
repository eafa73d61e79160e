# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of all scenarios share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def refusal(host: Any) -> Callable[[str, dict[str, Any]], str]:
    """A function of a module's name and arguments: runs it on the machine and returns what it says when it fails.

    What `ansible --tree` writes of a failure no longer says `failed` since ansible-core 2.19, by which testinfra knows
    one; a result with a message is one, too, for no module of this collection has one otherwise. What the module had
    changed by then is for the test to look at.
    """

    def said(module: str, arguments: dict[str, Any]) -> str:
        try:
            result = host.ansible(module, json.dumps(arguments), check=False, become=False)
        except host.ansible.AnsibleException as error:
            result = error.result
        assert "msg" in result, f"{module} did not refuse: {result}"
        return str(result["msg"])

    return said
