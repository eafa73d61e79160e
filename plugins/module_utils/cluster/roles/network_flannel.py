# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role network_flannel."""

from __future__ import annotations

from .. import network_flannel
from ..layer import ClusterLayer

LAYER = ClusterLayer(
    network_flannel.ROLE, network_flannel.render, namespaces=(network_flannel.NAMESPACE,), network="flannel"
)
