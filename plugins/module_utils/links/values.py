# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single values of the role input ``host_network_config``, checked. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from ..host.state import HostError
from ..network.mtu import IPV6_LEAST, IPV6_SOURCE

LAYER = "host_network"
#: names become part of file names, of lines in those files and of lists for a shell script; the kernel allows 15
#: characters
LINK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}\Z")
MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}\Z")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")


def number(where: str, value: Any, least: int, most: int) -> int:
    """The value as an integer within limits; else a HostError."""
    try:
        found = int(value)
    except (TypeError, ValueError):
        raise HostError(f"{where}: {value!r} is not a number; give one from {least} to {most}") from None
    if not least <= found <= most:
        raise HostError(f"{where}: {found} is not from {least} to {most}")
    return found


def matching(where: str, value: Any, pattern: re.Pattern[str], what: str) -> str:
    """The value as text if it matches the pattern; else a HostError."""
    if not pattern.match(str(value)):
        raise HostError(f"{where}: {value!r} is not {what}")
    return str(value)


def chosen(where: str, value: Any, known: tuple[str, ...]) -> str:
    """The value if it is one of those that are known; else a HostError."""
    if value not in known:
        raise HostError(f"{where}: {value} is not one of {', '.join(known)}")
    return str(value)


def ip(where: str, value: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The value as an IP address; else a HostError."""
    try:
        return ipaddress.ip_address(value)
    except ValueError as error:
        raise HostError(f"{where}: {error}") from error


def interface(where: str, value: Any) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    """The value as an address with its prefix length; else a HostError."""
    try:
        return ipaddress.ip_interface(value)
    except ValueError as error:
        raise HostError(f"{where}: {error}; write address/prefix") from error


def size(where: str, value: Any, version: int) -> int:
    """An MTU with which a link can have an address of an IP version."""
    found = number(f"{where}.mtu", value, 68, 65535)
    if version == 6 and found < IPV6_LEAST:
        raise HostError(
            f"{where}.mtu: {found} is less than the {IPV6_LEAST} of IPv6 ({IPV6_SOURCE}); give at least that"
        )
    return found
