# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role network_custom."""

from __future__ import annotations

from .. import network_custom
from ..layer import ClusterLayer

LAYER = ClusterLayer(network_custom.ROLE, network_custom.render, by_set=True, network="custom")
