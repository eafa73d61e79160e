# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all errors whose text tells a user what is wrong, where, and the remedy."""

from __future__ import annotations

from typing import Any


class CloudError(Exception):
    """An error for users. A module fails with its text and without a traceback.

    :ivar details: further results of the module that fails with it.
    """

    details: dict[str, Any] = {}
