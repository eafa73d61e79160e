# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument of every check: the cloud, its layout, and the list of problems found.

Checks also run on a cloud with unreadable values (their fields are None), so that one run reports all problems.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .layout import Layout
from .management import Tls
from .problems import HIDDEN, Problem, show
from .scalars import Address, Subnet
from .sources import Origins
from .types import Cloud


class Report:
    """One run of the checks. `unread` are the paths of values that could not be read and have been reported."""

    def __init__(self, cloud: Cloud, unread: frozenset[str] = frozenset(), origins: Origins | None = None) -> None:
        self.unread = unread
        self.origins = origins
        self.cloud = cloud
        self.layout = Layout(cloud)
        self.problems: list[Problem] = []

    def origin(self, path: str) -> str:
        """Where the value at a path is from if it is not written there, else an empty string."""
        return self.origins.of(path) if self.origins else ""

    def named(self, path: str) -> str:
        """A path as it is named in a message about another one, with the origin of its value."""
        origin = self.origin(path)
        return f"{path} ({origin})" if origin else path

    def is_unreadable(self, prefix: str, suffix: str = "") -> bool:
        """Whether a value under `prefix` could not be read; the parser has already reported it."""
        return any(path.startswith(prefix) and suffix in path for path in self.unread)

    def is_incomplete(self, section: str, key: str) -> bool:
        """Whether in some object of a section the value of `key`, or the whole object, could not be read."""
        for path in self.unread:
            if path == section:
                return True
            name = path.removeprefix(f"{section}.")
            if name != path and (name in getattr(self.cloud, section) or re.search(rf"\.{key}($|[.\[])", name)):
                return True
        return False

    def add(self, path: str, value: t.Any, message: str, remedy: str, hidden: bool = False) -> None:
        """Add one problem; `value` is quoted unless it is None or hidden."""
        quoted = HIDDEN if hidden else "" if value is None else show(value)
        self.problems.append(Problem(path, quoted, message, remedy))

    def check_host_address(self, address: Address | None, subnet: Subnet | None, path: str) -> None:
        """Report the network and broadcast address of a subnet (except in a /31 or /32): no host may have them."""
        if address is None or subnet is None or subnet.prefixlen >= subnet.max_prefixlen - 1:
            return
        if address in (subnet.network_address, subnet.broadcast_address):
            self.add(
                path, str(address), f"is the network or broadcast address of {subnet}", "give another address of it"
            )


@dataclasses.dataclass
class Claims:
    """Values that must be unique: a second owner of a value is reported with the path of the first."""

    report: Report
    what: str
    remedy: str
    owners: dict[t.Any, str] = dataclasses.field(default_factory=dict)

    def claim(self, key: t.Any, path: str, owner: str = "", remedy: str = "", shown: t.Any = None) -> bool:
        """Register `owner` (default: `path`) for `key`; False, and a problem at `path`, if it has another owner."""
        if key is None:
            return True
        owner = owner or path
        first = self.owners.setdefault(key, owner)
        if first == owner:
            return True
        value = str(key if shown is None else shown)
        self.report.add(path, value, f"is already {self.what} {self.report.named(first)}", remedy or self.remedy)
        return False


def check_tls(report: Report, tls: Tls | None, path: str) -> None:
    """The certificate of a device is verified in one way."""
    if tls and tls.ca_file and tls.fingerprint:
        report.add(path, None, "has a CA and a fingerprint", "keep one of ca_file and fingerprint")
