# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether texts are addresses, ranges of them, or DNS names that kubeadm takes."""

from __future__ import annotations

import ipaddress
import re
import typing as t

#: IP versions that a cluster can have as its first or only one; IPv6 needs other arguments of kubeadm and keepalived.
IP_VERSIONS = (4,)
#: names end up in certificates, in keepalived.conf and in haproxy.cfg: DNS labels, dots between, and nothing else
NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")
MAX_NAME = 253


def is_ipv4(value: t.Any) -> bool:
    """Whether a value is an address of a version that a cluster can have as its first one."""
    try:
        return ipaddress.ip_address(value).version in IP_VERSIONS
    except ValueError:
        return False


def is_ipv6(value: t.Any) -> bool:
    """Whether a value is an IPv6 address by which others reach a node: a link-local one means something on a link."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return address.version == 6 and not address.is_link_local


def is_ip(value: str) -> bool:
    """Whether a text is an address."""
    try:
        return bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def is_api_name(value: str) -> bool:
    """Whether kubeadm takes a value as a name of the API: a DNS name, which may begin with ``*.``, or an address."""
    try:
        return str(ipaddress.ip_address(value)) == value
    except ValueError:
        last = value.rpartition(".")[2]
        return len(value) <= MAX_NAME and bool(NAME.match(value.removeprefix("*."))) and not last.isdigit()


def versions(value: str) -> tuple[int, ...]:
    """The IP versions of one range or two with a comma between, in their order; empty where it is neither."""
    try:
        found = tuple(ipaddress.ip_network(part).version for part in value.split(","))
    except ValueError:
        return ()
    return found if len(found) == len(set(found)) else ()
