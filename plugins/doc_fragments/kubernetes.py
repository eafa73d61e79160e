# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the modules for Kubernetes share."""

from __future__ import annotations


class ModuleDocFragment:
    """The machine and its cluster; with `.join_credentials` also the secrets of one run."""

    DOCUMENTATION = r"""
options:
  kubernetes:
    description: The machine and its cluster, as in the variable of the role P(groundup.cloud.kubernetes#role).
    type: dict
    required: true
"""

    JOIN_CREDENTIALS = r"""
options:
  token:
    description: Bootstrap token of this run, 6 and 16 small letters or digits with a dot between.
    type: str
    required: true
  certificate_key:
    description: Key of this run, 64 hex digits, that the certificates of the control plane are encrypted with.
    type: str
    required: true
"""
