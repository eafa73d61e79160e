# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules for management controllers, as plain data. `BMC` follows from the role machine's input."""

from __future__ import annotations

from typing import Any

from ..specs.bmc import BMC
from ..specs.machine import CONFIG

__all__ = ["BMC", "CIPHERS", "FIRMWARE", "IDENTITY", "LONGEST_PASSWORD", "LONGEST_USER", "PORTS"]

#: Cipher suites of IPMI, the better one first.
CIPHERS: tuple[int, ...] = tuple(sorted(BMC["ipmi"]["options"]["cipher"]["choices"], reverse=True))
LONGEST_USER, LONGEST_PASSWORD = 16, 20  # bytes, of IPMI (2.0, 22.28 and 22.30)
PORTS = {"redfish": 443, "ipmi": 623}
IDENTITY: dict[str, Any] = {
    "identity": {
        "type": "dict",
        "options": {
            "serial": {"type": "str"},
            "uuid": {"type": "str"},
            "macs": {"type": "list", "elements": "str", "default": []},
        },
    },
}
FIRMWARE: dict[str, Any] = {"firmware": CONFIG["options"]["firmware"]}
