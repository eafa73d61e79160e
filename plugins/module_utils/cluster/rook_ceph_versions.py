# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that judges versions of Rook and of Ceph: which may follow which."""

from __future__ import annotations

import re

Numbers = tuple[int, int, int]
_NUMBERS = re.compile(r"v?([0-9]+)\.([0-9]+)\.([0-9]+)(?![0-9])")
#: The oldest Ceph that Rook 1.20 runs (its documentation, Ceph Upgrades), and the one that it should not run at all.
OLDEST_CEPH: Numbers = (19, 2, 0)
#: Ceph is upgraded from its last two releases (Ceph's documentation, releases).
RELEASES = 2
#: The first Ceph of each release whose health is in error until keys of daemons are of the new type (CVE-2025-30156).
NEW_KEYS: tuple[Numbers, ...] = ((19, 2, 6), (20, 2, 4))


def numbers(text: str) -> Numbers | None:
    """A version, or the tag of an image, as numbers; None where there are none.

    What follows them, as in ``v20.2.4-20260818``, is a build of the same version.
    """
    last = text.partition("@")[0].rpartition("/")[2]
    found = _NUMBERS.match(last.rpartition(":")[2])
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def spelled(version: Numbers) -> str:
    """A version as people write it."""
    return ".".join(map(str, version))


def rook(has: str, wanted: str) -> str:
    """Why Rook does not become another version, with the remedy; empty where it may.

    :param has: version or image of the operator that runs.
    """
    known, target = numbers(has), numbers(wanted)
    if known is None or target is None:
        return f"{has} is no release of Rook, so nobody can tell whether {wanted} may follow; install a release before"
    if target < known:
        return (
            f"Rook {spelled(known)} runs, and there is no way back to {spelled(target)}; use the release of this "
            "collection that has it, or a newer one"
        )
    if target[0] != known[0] or target[1] - known[1] > 1:
        return (
            f"from Rook {spelled(known)} to {spelled(target)} a minor version is left out, and Rook is upgraded one at "
            f"a time; take {known[0]}.{known[1] + 1} before, with the release of this collection that has it"
        )
    return ""


def ceph(has: str, wanted: str) -> str:
    """Why Ceph does not become another version, with the remedy; empty where it may.

    :param has: version or image of the Ceph that runs.
    """
    known, target = numbers(has), numbers(wanted)
    if known is None or target is None:
        return f"{has} is no release of Ceph, so nobody can tell whether {wanted} may follow; run a release before"
    if target < known:
        return (
            f"Ceph {spelled(known)} runs, and there is no way back to {spelled(target)}; use the release of this "
            "collection that has it, or a newer one"
        )
    if target[0] - known[0] > RELEASES:
        return (
            f"from Ceph {spelled(known)} to {spelled(target)} more than {RELEASES} releases are left behind; upgrade "
            f"to {known[0] + RELEASES} before, with a Rook that runs both"
        )
    if known < OLDEST_CEPH:
        return (
            f"Ceph {spelled(known)} is older than {spelled(OLDEST_CEPH)}, the oldest that this Rook runs; upgrade Ceph "
            "before, with the Rook that is there"
        )
    return ""


def needs_new_keys(has: str, wanted: str) -> bool:
    """Whether keys of daemons are of a type with which the wanted Ceph is in error, as an older Ceph has made them."""
    return not makes_new_keys(has) and makes_new_keys(wanted)


def makes_new_keys(text: str) -> bool:
    """Whether a Ceph makes keys of the new type, and reports those of the old one; not where its version is unknown."""
    known = numbers(text)
    if known is None:
        return False
    first = next((one for one in NEW_KEYS if one[0] == known[0]), None)
    return known >= first if first else known > NEW_KEYS[-1]
