# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters bundle_files and bundle_manifests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.bundle.index import addressed, copied


class FilterModule:
    """``bundle_files`` and ``bundle_manifests``; see their documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"bundle_files": addressed, "bundle_manifests": copied}
