# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel says of a machine's CPUs in /proc/cpuinfo (Linux, arch/x86/kernel/cpu/proc.c)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .state import HostError
from .system import System

PATH = "/proc/cpuinfo"


@dataclass(frozen=True)
class Cpus:
    """The CPUs of one machine.

    :ivar vendor: as the CPU calls its maker, such as GenuineIntel; empty where it is none of x86.
    :ivar flags: features that all of them have, as the kernel calls them.
    :ivar bugs: faults of CPUs that one of them has, as the kernel calls them.
    """

    vendor: str = ""
    family: int = 0
    model: int = 0
    stepping: int = 0
    name: str = ""
    microcode: str = ""
    flags: frozenset[str] = frozenset()
    bugs: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> Cpus:
        """The CPUs that a text of /proc/cpuinfo lists. A machine of x86 has equal ones, apart from some features."""
        found = [_fields(part) for part in text.split("\n\n") if part.strip()]
        if not found:
            return cls()
        first, flags = found[0], [frozenset(one.get("flags", "").split()) for one in found]
        return cls(
            vendor=first.get("vendor_id", ""),
            family=_number(first.get("cpu family", "")),
            model=_number(first.get("model", "")),
            stepping=_number(first.get("stepping", "")),
            name=first.get("model name", ""),
            microcode=first.get("microcode", ""),
            flags=flags[0].intersection(*flags),
            bugs=frozenset(word for one in found for word in one.get("bugs", "").split()),
        )

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Cpus:
        """The CPUs that `facts` were made of."""
        return cls(
            vendor=str(facts.get("vendor") or ""),
            family=int(facts.get("family") or 0),
            model=int(facts.get("model") or 0),
            stepping=int(facts.get("stepping") or 0),
            name=str(facts.get("name") or ""),
            microcode=str(facts.get("microcode") or ""),
            flags=_words(facts, "flags"),
            bugs=_words(facts, "bugs"),
        )

    def facts(self) -> dict[str, Any]:
        """All of it as the result of a module."""
        return {
            "vendor": self.vendor,
            "family": self.family,
            "model": self.model,
            "stepping": self.stepping,
            "name": self.name,
            "microcode": self.microcode,
            "flags": sorted(self.flags),
            "bugs": sorted(self.bugs),
        }


def read(system: System | None = None) -> Cpus:
    """The CPUs of this machine.

    :raises HostError: the kernel lists none.
    """
    path = (system or System()).path(PATH)
    try:
        return Cpus.of(path.read_text(errors="replace"))
    except OSError as error:
        raise HostError(f"{PATH} can't be read ({error.strerror}); mount /proc") from error


def _fields(part: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in part.splitlines())
    return {key.strip(): value.strip() for key, __, value in pairs}


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _words(facts: Mapping[str, Any], key: str) -> frozenset[str]:
    words: Iterable[Any] = facts.get(key) or ()
    return frozenset(map(str, words))
