# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role rook_ceph."""

from __future__ import annotations

from .. import rook_ceph, rook_ceph_external, rook_ceph_held
from ..rook_ceph_layer import RookCephLayer

LAYER = RookCephLayer(rook_ceph.ROLE, rook_ceph.render, secrets=rook_ceph_external.SECRETS, guard=rook_ceph_held.guard)
