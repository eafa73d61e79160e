# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of addresses, written FIRST-LAST or as a subnet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadRange(ValueError):
    """A text is no range of addresses; it says what is wrong."""


@dataclass(frozen=True)
class AddressRange:
    """The addresses from ``first`` to ``last``, both included.

    :ivar text: the range as it was written.
    """

    first: Address
    last: Address
    text: str

    def __str__(self) -> str:
        return self.text

    def __contains__(self, address: Address) -> bool:
        return self.version == address.version and int(self.first) <= int(address) <= int(self.last)

    @property
    def version(self) -> int:
        """The IP version."""
        return self.first.version

    def overlaps(self, other: AddressRange) -> bool:
        """Whether the ranges have an address in common."""
        return (
            self.version == other.version and int(self.first) <= int(other.last) and int(other.first) <= int(self.last)
        )

    def inside(self, subnet: Subnet) -> bool:
        """Whether all of its addresses are in a subnet."""
        return self.version == subnet.version and self.first in subnet and self.last in subnet


def of_subnet(subnet: Subnet) -> AddressRange:
    """All addresses of a subnet."""
    return AddressRange(subnet.network_address, subnet.broadcast_address, str(subnet))


def parse(text: str) -> AddressRange:
    """Return the range that a text means.

    :raises BadRange: it is none.
    """
    try:
        if "-" not in text:
            if "/" not in text:
                raise BadRange("has neither a prefix length nor a second address")
            return of_subnet(ipaddress.ip_network(text))
        first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-", 1))
    except BadRange:
        raise
    except ValueError as error:
        raise BadRange(f"is no range of addresses ({error})") from None
    if first.version != last.version:
        raise BadRange("has addresses of two IP versions")
    if int(first) > int(last):
        raise BadRange("ends before it begins")
    return AddressRange(first, last, f"{first}-{last}")


def overlaps(named: Iterable[tuple[str, AddressRange]]) -> Iterator[tuple[tuple[str, AddressRange], str]]:
    """Each range that overlaps an earlier one of the list, with the name of that one."""
    seen: list[tuple[str, AddressRange]] = []
    for name, one in named:
        found = next((other for other, before in seen if one.overlaps(before)), None)
        if found is not None:
            yield (name, one), found
        seen.append((name, one))
