# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and paths of a virtual rack; all of them depend only on the lab's name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..homes import state_home

#: Beside a model, the digests of its bundle's artefacts, which the playbook `bundle` reads and writes; the twin has the
#: same bundle.
DIGESTS = "group_vars/provisioners/bundle_digests.yml"
#: All files of a twin, relative to its directory.
TWIN_FILES = ("cloud.yml", "run", DIGESTS)

INTERFACE_LIMIT = 15
"""Longest name of a Linux network interface (IFNAMSIZ less the terminating zero)."""


def short(name: str, limit: int = INTERFACE_LIMIT) -> str:
    """`name` if it has at most `limit` characters, else its beginning and a digest of the whole name."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:5]
    return f"{name[: limit - len(digest) - 1]}-{digest}"


@dataclass(frozen=True)
class Places:
    """Directories of one lab: `state` survives a reboot (disks, keys, switch configuration), `run` does not."""

    name: str
    state: str
    run: str

    @property
    def rack(self) -> str:
        """Network namespace of the switches, libvirt and the machines."""
        return f"{self.name}-rack"

    @property
    def ctl(self) -> str:
        """Network namespace of the controller and the provisioner."""
        return f"{self.name}-ctl"

    @property
    def bmc(self) -> str:
        """Network namespace of the management controllers."""
        return f"{self.name}-bmc"

    @property
    def router(self) -> str:
        """Network namespace of the router between racks, where networks have a subnet for each rack."""
        return f"{self.name}-router"

    @property
    def namespaces(self) -> tuple[str, str, str, str]:
        """All network namespaces of the lab."""
        return (self.rack, self.ctl, self.bmc, self.router)

    @property
    def lab(self) -> str:
        """The lab's part of the state directory; it exists only if the state directory belongs to a lab."""
        return f"{self.state}/lab"

    @property
    def database(self) -> str:
        """OVSDB connection of all switches of the lab."""
        return f"unix:{self.run}/ovs/db.sock"

    @property
    def libvirt(self) -> str:
        """libvirt connection URI of the lab's daemon."""
        return f"qemu+unix:///system?socket={self.run}/libvirt/libvirt-sock"

    def machine(self, name: str) -> str:
        """Directory of one machine: disks, UEFI variables, `console.log`."""
        return f"{self.lab}/machines/{name}"


def places(name: str) -> Places:
    """The directories of the lab with that name."""
    return Places(name=name, state=f"{state_home()}/groundup/{name}", run=f"/run/groundup/{name}")
