# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role network_calico."""

from __future__ import annotations

from .. import calico_guard, network_calico
from ..layer import ClusterLayer

LAYER = ClusterLayer(
    network_calico.ROLE,
    network_calico.render,
    secrets=network_calico.PASSWORDS,
    guard=calico_guard.guard,
    consent=calico_guard.CONSENT,
    network="calico",
    release=network_calico.RELEASE,
)
