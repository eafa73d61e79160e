# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the bundle as desired state: programs below /usr/local/bin with the links that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..host.state import Archive, File, HostError, Link

PROGRAMS = "/usr/local/bin"


def artefact(layer: str, files: Mapping[str, Mapping[str, Any]], name: str) -> tuple[str, str]:
    """(url, sha256) of ``name`` in a role's ``files``; HostError when it is missing."""
    entry = files.get(name) or {}
    if not entry.get("url") or not entry.get("sha256"):
        raise HostError(f"{layer}.files.{name}: needs url and sha256; does the bundle hold it?")
    return str(entry["url"]), str(entry["sha256"])


def located(files: Mapping[str, Mapping[str, Any]], base: str | None) -> dict[str, dict[str, Any]]:
    """``files`` with URLs below ``base`` (…/bundle/files) for entries that name a sha256 only, as bundle.json does."""
    return {
        name: {
            "sha256": entry.get("sha256"),
            "url": entry.get("url") or (f"{base}/sha256/{entry['sha256']}" if base else None),
        }
        for name, entry in files.items()
    }


def programs(layer: str, files: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> tuple[File, ...]:
    """Files ``names`` of the bundle as programs."""
    return tuple(File(f"{PROGRAMS}/{n}", None, *artefact(layer, files, n), mode=0o755) for n in names)


def links(name: str, programs_of_it: Iterable[str]) -> tuple[Link, ...]:
    """Links for a program that acts by the name it is called (``kubernetes`` is kubelet, kubeadm and kubectl)."""
    return tuple(Link(f"{PROGRAMS}/{program}", name) for program in programs_of_it)


def archive(layer: str, files: Mapping[str, Mapping[str, Any]], name: str, directory: str) -> Archive:
    """A tar of the bundle unpacked into ``directory``."""
    url, sha256 = artefact(layer, files, name)
    return Archive(name, url, sha256, directory)
