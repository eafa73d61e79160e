# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that all modules of virtual machines of KubeVirt take."""

from __future__ import annotations


class ModuleDocFragment:
    """The namespace and the deadline."""

    DOCUMENTATION = r"""
options:
  namespace:
    description: Namespace of the VM.
    type: str
    required: true
  timeout:
    description: Seconds for everything. The error at the end of them says what was missing, and why.
    type: int
    default: 300
    aliases: [wait_timeout]
requirements:
  - KubeVirt 1.8 or later in the cluster
"""
