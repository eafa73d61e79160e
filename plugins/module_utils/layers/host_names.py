# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of a machine: set by host_network, and by host_base on a machine whose network is not configured."""

from __future__ import annotations

from dataclasses import dataclass

from ..host.state import Block, File


@dataclass(frozen=True)
class Names:
    """What a host name and its full name need; all of it is empty without a host name."""

    hostname: str | None = None
    fqdn: str | None = None

    @property
    def files(self) -> tuple[File, ...]:
        """The name for the next boot."""
        return (File("/etc/hostname", f"{self.hostname}\n"),) if self.hostname else ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The machine's own name in /etc/hosts, which resolves while DNS is down."""
        if not self.hostname:
            return ()
        own = " ".join(dict.fromkeys(filter(None, (self.fqdn, self.hostname))))
        return (Block("/etc/hosts", "own name", f"127.0.1.1 {own}\n"),)

    @property
    def sysctls(self) -> dict[str, str]:
        """The name now."""
        return {"kernel/hostname": self.hostname} if self.hostname else {}
