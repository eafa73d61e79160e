# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters bundle_files and bundle_manifests. Imports are in functions; see layers.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def bundle_files(index: dict[str, Any], url: str) -> dict[str, Any]:
    """Files with the addresses that machines fetch them from."""
    from ansible_collections.groundup.cloud.plugins.module_utils.bundle.index import addressed

    return addressed(index, url)


def bundle_manifests(manifests: dict[str, Any], directory: str) -> dict[str, Any]:
    """Manifests by the paths of their copies."""
    from ansible_collections.groundup.cloud.plugins.module_utils.bundle.index import copied

    return copied(manifests, directory)


class FilterModule:
    """``bundle_files`` and ``bundle_manifests``; see their documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"bundle_files": bundle_files, "bundle_manifests": bundle_manifests}
