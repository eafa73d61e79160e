# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script network-change has to do to which devices, as lists for it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from .backends import device_of, files_of
from .live import NO_MASTER, Difference
from .parts import Link, NetworkSpec

#: the order in which NetworkManager activates profiles, each after what it is on. Members come with their bond.
ORDER = ("bridge", "bond", "nic", "vlan")
VIRTUAL = ("bond", "vlan", "bridge")


def link_lists(spec: NetworkSpec, found: list[Difference], old: Mapping[str, str]) -> dict[str, list[str]]:
    """The lists of links for the script. ``old``: texts of the present files by name.

    ``devices``: virtual devices to delete, because they are removed or have to be created again. ``created``: those
    that only the new files have. ``released``: links to take out of another bond or bridge, which no file does for
    a NIC that is in no link. ``reconfigure``: links changed by hand; links whose files changed are not among them,
    since a reload of systemd-networkd configures these. ``activate`` and ``restore``: devices whose profiles
    NetworkManager activates at the switch, and at a rollback.
    """
    new = {Path(path).name: text for path, text in files_of(spec).items()}
    before, after = virtual(old), virtual(new)
    recreated = {item.link for item in found if item.needs_new_device and item.link in after}
    return {
        "devices": sorted((before - after) | recreated),
        "created": sorted(after - before),
        "released": sorted({item.link for item in found if item.what == "master" and item.have != NO_MASTER}),
        "reconfigure": sorted({item.link for item in found} - recreated),
        "activate": in_order(new, changed(spec, found, old, new)),
        "restore": in_order(old, None),
    }


def virtual(files: Mapping[str, str]) -> set[str]:
    """Names of the virtual devices that these files define."""
    found = [device_of(name, text) for name, text in files.items()]
    return {device for device, kind in found if kind in VIRTUAL}


def changed(spec: NetworkSpec, found: list[Difference], old: Mapping[str, str], new: Mapping[str, str]) -> set[str]:
    """All devices of the links of which a profile changed or a device was changed by hand; others keep running.

    A device that is of no link, such as a NIC with its name of before, may be of any: then all are activated.
    """
    touched = {item.link for item in found}
    touched |= {device_of(name, text)[0] for name, text in new.items() if old.get(name) != text}
    touched -= {""}
    groups = [members(spec, link) for link in spec.links]
    known = set().union(*groups)
    return {device for group in groups for device in group if touched & group or touched - known}


def members(spec: NetworkSpec, link: Link) -> set[str]:
    """A link with its NICs, its VLANs and the bridges on these."""
    bridges = {bridge.name for bridge in spec.bridges if bridge.link == link.name}
    return {link.name, *(nic.name for nic in link.nics), *(vlan.name for vlan in spec.above(link)), *bridges}


def in_order(files: Mapping[str, str], wanted: Collection[str] | None) -> list[str]:
    """Devices of the profiles among these files, in the order of activation; all of them without ``wanted``."""
    found = [device_of(name, text) for name, text in sorted(files.items()) if not name.endswith(".netdev")]
    ranked = [(ORDER.index(kind), name) for name, kind in found if kind in ORDER and (wanted is None or name in wanted)]
    return [name for _rank, name in sorted(ranked)]
