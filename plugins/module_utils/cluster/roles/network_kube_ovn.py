# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role network_kube_ovn."""

from __future__ import annotations

from .. import network_kube_ovn
from ..kube_ovn_layer import KubeOvnLayer

LAYER = KubeOvnLayer(
    network_kube_ovn.ROLE,
    network_kube_ovn.render,
    network="kube_ovn",
    left=("Namespace",),
    release=network_kube_ovn.RELEASE,
)
