# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every check is given: the cloud, its layout, and a place to report to.

Checks also run on clouds with unreadable values in them (those fields are None), so that one run tells everything.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .layout import Layout
from .problems import HIDDEN, Problem, show
from .scalars import Address, Subnet
from .types import Cloud


class Report:
    """One run of the checks. `unread` are the paths of values that could not be read and have been reported."""

    def __init__(self, cloud: Cloud, unread: frozenset[str] = frozenset()) -> None:
        self.unread = unread
        self.cloud = cloud
        self.layout = Layout(cloud)
        self.problems: list[Problem] = []

    def missing(self, prefix: str, suffix: str = "") -> bool:
        """Whether a value under `prefix` could not be read: then a check that needs it would only echo that."""
        return any(path.startswith(prefix) and suffix in path for path in self.unread)

    def unsure(self, section: str, key: str) -> bool:
        """Whether some object of a section has a `key` that could not be read, or could not be read as a whole."""
        parts = [path.split(".") for path in self.unread]
        return any(path[0] == section and (len(path) < 3 or path[2].partition("[")[0] == key) for path in parts)

    def say(self, path: str, value: t.Any, message: str, remedy: str, hidden: bool = False) -> None:
        """Report one problem; `value` is quoted unless it's None or hidden."""
        quoted = HIDDEN if hidden else "" if value is None else show(value)
        self.problems.append(Problem(path, quoted, message, remedy))

    def usable(self, address: Address | None, subnet: Subnet | None, path: str) -> None:
        """Report an address that no host of its subnet may have: the first and the last, except in a /31 or /32."""
        if address is None or subnet is None or subnet.prefixlen >= subnet.max_prefixlen - 1:
            return
        if address in (subnet.network_address, subnet.broadcast_address):
            self.say(
                path, str(address), f"is the network or broadcast address of {subnet}", "give another address of it"
            )


@dataclasses.dataclass
class Claims:
    """Things that only one may have: whoever claims one second is told who was first."""

    report: Report
    what: str
    remedy: str
    owners: dict[t.Any, str] = dataclasses.field(default_factory=dict)

    def claim(self, key: t.Any, path: str, owner: str = "", remedy: str = "", shown: t.Any = None) -> bool:
        """Claim `key` for `owner` (default: `path`); False, and a problem at `path`, if somebody else has it."""
        if key is None:
            return True
        owner = owner or path
        first = self.owners.setdefault(key, owner)
        if first == owner:
            return True
        value = str(key if shown is None else shown)
        self.report.say(path, value, f"is already {self.what} {first}", remedy or self.remedy)
        return False
