# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of this package."""

from __future__ import annotations

from ..host.state import HostError, RefusedError


class KubeError(HostError):
    """A cluster or a node that can't be read or brought to its state; the text says what, where and the remedy."""


class KubeRefusedError(KubeError, RefusedError):
    """What is wanted must not, or cannot, be done to this node or cluster; nothing was changed."""
