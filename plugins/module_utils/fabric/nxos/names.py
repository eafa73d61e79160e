# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and texts in commands of NX-OS: what may be written, and how people and tables abbreviate ports."""

from __future__ import annotations

import re

from ..config import FabricError

#: Ethernet1/2, Eth1/2, e1/2; with a third number the lane of a breakout cable (Ethernet1/49/1).
_PORT = re.compile(r"e(?:th(?:ernet)?)?(\d+(?:/\d+){1,2})\Z", re.IGNORECASE)
_CHANNEL = re.compile(r"po(?:rt-channel)?(\d+)\Z", re.IGNORECASE)
#: Descriptions. Refused are ``;`` (NX-API separates commands by it), ``|`` and ``>`` (pipe and redirection), ``?``
#: (help), quotes, backslashes and control characters.
_DESCRIPTION = re.compile(r"[A-Za-z0-9(#][A-Za-z0-9 _.,:/()@#+=*-]*\Z")
#: Names of VLANs: at most 32 characters unless ``system vlan long-name`` is configured.
_VLAN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,31}\Z")
LONGEST_DESCRIPTION = 254


def port_name(text: str) -> str | None:
    """The name of a physical port as the running configuration has it (``Ethernet1/2``); None for another name."""
    found = _PORT.match(text)
    return f"Ethernet{found[1]}" if found else None


def channel_number(text: str) -> int | None:
    """The number of a port channel by its name (``port-channel7``, ``Po7``); None for another name."""
    found = _CHANNEL.match(text)
    return int(found[1]) if found else None


def channel_name(number: int) -> str:
    """The name of a port channel in the running configuration."""
    return f"port-channel{number}"


def required_port(switch: str, text: str) -> str:
    """The name of a physical port in commands. Another name is a FabricError."""
    name = port_name(text)
    if name is None:
        why = "is not the name of a port on NX-OS"
        raise FabricError(f"switches.{switch}.ports.{text}", why, "write it like Ethernet1/2 in the model")
    return name


def required_description(where: str, text: str) -> str:
    """A description that is safe in a command."""
    if len(text) > LONGEST_DESCRIPTION or text != text.rstrip() or not _DESCRIPTION.match(text):
        why = f"{text!r} cannot be a description on NX-OS"
        raise FabricError(
            where, why, f"use up to {LONGEST_DESCRIPTION} letters, digits, blanks and _ . , : / ( ) @ # + = * -"
        )
    return text


def required_vlan_name(where: str, text: str) -> str:
    """A name of a VLAN that is safe in a command."""
    if not _VLAN.match(text):
        raise FabricError(
            where, f"{text!r} cannot be the name of a VLAN on NX-OS", "use up to 32 letters, digits and _ . : / + -"
        )
    return text
