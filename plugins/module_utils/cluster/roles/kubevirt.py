# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role kubevirt."""

from __future__ import annotations

from .. import kubevirt, kubevirt_layer
from ..kubevirt_layer import KubeVirtLayer

LAYER = KubeVirtLayer(
    kubevirt.ROLE,
    kubevirt.render,
    namespaces=(kubevirt.NAMESPACE,),
    operated=kubevirt_layer.OPERATED,
    version=kubevirt_layer.wanted,
)
