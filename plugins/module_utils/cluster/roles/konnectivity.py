# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role konnectivity."""

from __future__ import annotations

from .. import konnectivity
from ..layer import ClusterLayer

LAYER = ClusterLayer(konnectivity.ROLE, konnectivity.render)
