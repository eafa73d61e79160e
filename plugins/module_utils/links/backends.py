# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What configures links on a host, systemd-networkd or NetworkManager, and where its files are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .files import DIRECTORY, PREFIX, networkd_files
from .keyfiles import KEYFILE_PREFIX, KEYFILE_SUFFIX, KEYFILES, keyfiles
from .parts import NetworkSpec

#: directories with files of ours, and how their names begin
PLACES = {DIRECTORY: PREFIX, KEYFILES: KEYFILE_PREFIX}


@dataclass(frozen=True)
class Backend:
    """A program that configures links: its name for people, its unit, and its files for a NetworkSpec.

    :ivar directory: where its files are, of which ours begin with ``prefix``.
    """

    title: str
    service: str
    directory: str
    prefix: str
    files: Callable[[NetworkSpec], dict[str, str]]


BACKENDS: Mapping[str, Backend] = {
    "networkd": Backend("systemd-networkd", "systemd-networkd.service", DIRECTORY, PREFIX, networkd_files),
    "networkmanager": Backend("NetworkManager", "NetworkManager.service", KEYFILES, KEYFILE_PREFIX, keyfiles),
}


def files_of(spec: NetworkSpec) -> dict[str, str]:
    """{absolute path: text} of the files by which the backend configures the links."""
    return BACKENDS[spec.backend].files(spec)


def mode_of(path: str) -> int:
    """The mode of a file of ours: NetworkManager ignores keyfiles that others than root may read."""
    return 0o600 if path.startswith(f"{KEYFILES}/") else 0o644


def device_of(name: str, text: str) -> tuple[str, str]:
    """The device that a file of ours configures, and its kind: ``bond``, ``vlan``, ``bridge``, ``port`` or ``nic``;
    ("", "") if it defines none."""
    if name.endswith(".netdev"):
        return name.removeprefix(PREFIX).removesuffix(".netdev"), value(text, "Kind")
    if Path(name).suffix != KEYFILE_SUFFIX:
        return "", ""
    kind = "port" if value(text, "slave-type") == "bond" else value(text, "type")
    return name.removeprefix(KEYFILE_PREFIX).removesuffix(KEYFILE_SUFFIX), "nic" if kind == "ethernet" else kind


def value(text: str, key: str) -> str:
    """The first value of a key in a file of sections; empty without one."""
    found = [line.partition("=")[2].strip() for line in text.splitlines() if line.partition("=")[0].strip() == key]
    return found[0] if found else ""
