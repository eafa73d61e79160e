# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role vm_images."""

from __future__ import annotations

from .. import vm_images
from ..vm_images_layer import VmImagesLayer

LAYER = VmImagesLayer(vm_images.ROLE, vm_images.render, by_set=True)
