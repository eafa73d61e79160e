# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role cdi."""

from __future__ import annotations

from .. import cdi
from ..operated_layer import OperatedLayer

LAYER = OperatedLayer(cdi.ROLE, cdi.render, namespaces=(cdi.NAMESPACE,), operated=cdi.OPERATED, version=cdi.wanted)
