# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules that bring about a layer which is objects of the Kubernetes API, beside those of access."""

from __future__ import annotations


class ModuleDocFragment:
    """Beside the spec in module_utils/cluster/run.py."""

    DOCUMENTATION = r"""
options:
  state:
    description: Whether the layer is there. V(absent) removes its objects.
    type: str
    choices: [present, absent]
    default: present
  timeout:
    description: Seconds for everything.
    type: int
    default: 900
"""
