# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the modules which let machines join share."""

from __future__ import annotations


class ModuleDocFragment:
    """The secrets of one run, with which machines join."""

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
