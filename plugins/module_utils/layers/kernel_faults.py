# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of kernels by which a guest of KVM can take over its machine, and the releases that have the fixes.

Each branch of Linux has its own fixed release. Debian's kernels have the number of the release that they are made of,
with its fixes: in Debian 12 in /proc/version only, since their name stays 6.1.0 there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..host.system import System

VERSION = "/proc/version"
Release = tuple[int, int, int]
#: After the number of the build; before it is the compiler, which is Debian's as well.
_DEBIAN = re.compile(r" #[0-9]+ .*\bDebian ([0-9]+)\.([0-9]+)\.([0-9]+)[-~+]")
_NAME = re.compile(r"^Linux version ([0-9]+)\.([0-9]+)(?:\.([0-9]+))?")


@dataclass(frozen=True)
class Fault:
    """A fault.

    :ivar fixed: the first release of each branch that has the fix. Newer branches have it from their beginning.
    :ivar breaks: what a guest can do with it.
    :ivar nested: it can be reached only by a guest that has guests itself.
    :ivar source: where the releases are from.
    """

    name: str
    fixed: Sequence[Release]
    breaks: str
    nested: bool
    source: str


def _releases(text: str) -> tuple[Release, ...]:
    parts = (word.split(".") for word in text.split())
    return tuple((int(first), int(second), int(third)) for first, second, third in parts)


_ESCAPE = "a guest can run code in the kernel of its machine"
FAULTS: tuple[Fault, ...] = (
    Fault(
        "CVE-2026-53359",
        _releases("5.10.260 5.15.211 6.1.177 6.6.144 6.12.95 6.18.38 7.1.3"),
        _ESCAPE,
        nested=True,
        source="cozystack/ansible-cozystack#61; cozystack/cozystack#3234",
    ),
    Fault(
        "CVE-2026-46113",
        _releases("5.10.260 5.15.211 6.1.175 6.6.140 6.12.88 6.18.30 7.0.7"),
        _ESCAPE,
        nested=True,
        source="osv.dev/vulnerability/CVE-2026-46113; cozystack/ansible-cozystack#61",
    ),
    Fault(
        "CVE-2026-64561",
        _releases("5.15.218 6.1.183 6.6.148 6.12.101 6.18.42 7.1.6"),
        _ESCAPE,
        nested=True,
        source="osv.dev/vulnerability/CVE-2026-64561; github.com/V4bel/Zapscape",
    ),
    Fault(
        "CVE-2026-64562",
        _releases("5.10.265 5.15.216 6.1.183 6.6.148 6.12.101 6.18.42 7.1.6"),
        "a guest can change freed memory of its machine's kernel, on CPUs of Intel",
        nested=True,
        source="osv.dev/vulnerability/CVE-2026-64562",
    ),
)


def release_of(version: str) -> Release | None:
    """The release of Linux that a kernel is made of, from the text of /proc/version; None where it can't be told."""
    found = _DEBIAN.search(version) or _NAME.search(version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def has(fault: Fault, release: Release) -> bool:
    """Whether a release has a fault: it is before the fixed one of its branch, or its branch got no fix."""
    branches: Mapping[tuple[int, int], Release] = {one[:2]: one for one in fault.fixed}
    if release[:2] in branches:
        return release < branches[release[:2]]
    return release < max(fault.fixed)


def warnings(system: System) -> tuple[str, ...]:
    """What is wrong with the kernel that runs; nothing in a root without one."""
    path = system.path(VERSION)
    text = path.read_text(errors="replace") if path.is_file() else ""
    release = release_of(text)
    if release is None:
        return ()
    found = [fault for fault in FAULTS if has(fault, release)]
    if not found:
        return ()
    named = ", ".join(fault.name for fault in found)
    effects = "; ".join(dict.fromkeys(fault.breaks for fault in found))
    while_off = (
        "while guests do not nest, which is so here, it can't be reached"
        if all(fault.nested for fault in found)
        else "turning nested virtualization off does not keep guests from all of them"
    )
    own = [one for fault in found for one in fault.fixed if one[:2] == release[:2]]
    remedy = (
        f"install {_text(max(own))} or newer and reboot"
        if len(own) == len(found)
        else f"its branch {release[0]}.{release[1]} got no fix for all of them upstream: ask who made this kernel, or "
        "install one of another branch"
    )
    return (f"the kernel {_text(release)} has {named}, by which {effects}; {while_off}; {remedy}",)


def _text(release: Release) -> str:
    return ".".join(map(str, release))
