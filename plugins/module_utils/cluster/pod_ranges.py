# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of addresses in inputs of roles: one of IPv4, or that and one of IPv6 with a comma between, as kubeadm has."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from .upstream import ClusterLayerError


@dataclass(frozen=True)
class Ranges:
    """A range of IPv4, and perhaps one of IPv6."""

    four: ipaddress.IPv4Network
    six: ipaddress.IPv6Network | None = None

    def __str__(self) -> str:
        return f"{self.four},{self.six}" if self.six else str(self.four)

    @property
    def all(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The ranges."""
        return (self.four,) if self.six is None else (self.four, self.six)


def ranges(place: str, value: Any) -> Ranges:
    """The ranges of a value.

    :param place: the key of the input, for messages.
    :raises ClusterLayerError: it is neither a range of IPv4 nor that and one of IPv6.
    """
    found = []
    for text in str(value).split(","):
        try:
            found.append(ipaddress.ip_network(text.strip()))
        except ValueError as error:
            raise ClusterLayerError(f"{place}: {text} is not a subnet ({error})") from error
    first, *rest = found
    if not isinstance(first, ipaddress.IPv4Network):
        raise ClusterLayerError(
            f"{place}: {first} is not IPv4; this role supports IPv4 only, or IPv4 first and IPv6 as the second"
        )
    if not rest:
        return Ranges(first)
    if len(rest) > 1 or not isinstance(rest[0], ipaddress.IPv6Network):
        raise ClusterLayerError(f"{place}: {value} is not a range of IPv4 and one of IPv6; give one of each")
    return Ranges(first, rest[0])
