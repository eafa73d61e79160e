# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantities of Kubernetes in their canonical form.

An operator that updates its own object writes all quantities in it in that form, and owns those that looked different
(seen of CDI 1.66.0, which made 2Gi of 2048Mi). So ours are written in it from the start.
"""

from __future__ import annotations

import re

_QUANTITY = re.compile(r"([0-9]+)([KMGTPE]i|[kMGTPE]?)")
_FAMILIES = {1024: ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1000: ("", "k", "M", "G", "T", "P", "E")}


def canonical(quantity: str) -> str:
    """The canonical form of a whole quantity: the largest suffix of its kind with which the number stays whole.

    2048Mi becomes 2Gi, 1500M stays, 3000 becomes 3k (k8s.io/apimachinery, pkg/api/resource: CanonicalizeBytes).

    :raises ValueError: it is no whole quantity without a sign.
    """
    found = _QUANTITY.fullmatch(quantity)
    if found is None:
        raise ValueError(f"{quantity} is no whole quantity, such as 500Mi")
    number, suffix = int(found[1]), found[2]
    if not number:
        return "0"
    base = 1024 if suffix.endswith("i") else 1000
    suffixes = _FAMILIES[base]
    at = suffixes.index(suffix)
    while number % base == 0 and at + 1 < len(suffixes):
        number, at = number // base, at + 1
    return f"{number}{suffixes[at]}"
