# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role vm_example. It is no layer of a model: its module alone compares it with a cluster."""

from __future__ import annotations

from .. import vm_example
from ..vm_example_layer import VmExampleLayer

LAYER = VmExampleLayer(vm_example.ROLE, vm_example.render, (vm_example.NAMESPACE,), by_set=True)
