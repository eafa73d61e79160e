# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role network_cilium."""

from __future__ import annotations

from .. import cilium_guard, network_cilium
from ..cilium_layer import CiliumLayer

LAYER = CiliumLayer(
    network_cilium.ROLE,
    network_cilium.render,
    namespaces=(network_cilium.SECRETS,),
    secrets=network_cilium.PASSWORDS,
    guard=cilium_guard.guard,
    consent=cilium_guard.CONSENT,
    network="cilium",
    release=network_cilium.RELEASE,
)
