# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role snapshot_controller."""

from __future__ import annotations

from .. import snapshot_controller, snapshot_controller_guard
from ..snapshot_controller_layer import SnapshotControllerLayer

LAYER = SnapshotControllerLayer(
    snapshot_controller.ROLE,
    snapshot_controller.render,
    guard=snapshot_controller_guard.guard,
    consent=snapshot_controller_guard.CONSENT,
)
