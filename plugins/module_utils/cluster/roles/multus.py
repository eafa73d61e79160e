# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role multus."""

from __future__ import annotations

from .. import multus, multus_guard
from ..layer import ClusterLayer

LAYER = ClusterLayer(
    multus.ROLE,
    multus.render,
    guard=multus_guard.guard,
    consent=multus_guard.CONSENT,
    left=("Namespace",),
)
