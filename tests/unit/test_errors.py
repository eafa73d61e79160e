# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of Python, of the operating system and of libraries, as a reader sees them."""

from __future__ import annotations

import pytest
import requests
import urllib3
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError, said
from ansible_collections.groundup.cloud.plugins.module_utils.web.reason import innermost

POOL = "HTTPSConnectionPool(host='10.20.0.11', port=443)"
REFUSED = urllib3.exceptions.SSLError('Fingerprints did not match. Expected "3f", got "95"')


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FileNotFoundError(2, "No such file or directory", "/etc/x.json"), "there is no file /etc/x.json"),
        (
            FileNotFoundError(2, "No such file or directory", "ip"),
            "the program ip is missing; install the package iproute2",
        ),
        (PermissionError(13, "Permission denied", "/etc/shadow"), "/etc/shadow: Permission denied"),
        (ConnectionRefusedError(111, "Connection refused"), "[Errno 111] Connection refused"),
        (KeyError("dbSize"), "an answer lacks dbSize"),
        (CloudError("leaf1: it is off; switch it on"), "leaf1: it is off; switch it on"),
        (ValueError("odd"), "ValueError: odd"),
    ],
)
def test_an_error_is_a_sentence(error: Exception, text: str) -> None:
    assert said(error) == text


def test_the_reason_of_a_request_has_no_libraries_around_it() -> None:
    wrapped = urllib3.exceptions.MaxRetryError(None, "/command-api", REFUSED)  # type: ignore[arg-type]
    assert innermost(requests.exceptions.SSLError(wrapped)) == 'Fingerprints did not match. Expected "3f", got "95"'
    assert innermost(requests.exceptions.ReadTimeout(f"{POOL}: Read timed out.")) == "Read timed out."
