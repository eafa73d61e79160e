# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter bundle_lock_id. Imports are in the function; see layers.py."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

#: The role's lock and Go modules, which are used where a model names no lock.
FILES = pathlib.Path(__file__).resolve().parents[2] / "roles/bundle/files"


def bundle_lock_id(
    bundle: Mapping[str, Any], digests: Mapping[str, Any] | None = None, needs: Mapping[str, Any] | None = None
) -> str:
    """What a bundle is named by that is made from the model's ``bundle``, these digests and these needs now."""
    import yaml
    from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import lock_id

    path = pathlib.Path(bundle.get("lock") or FILES / "lock.yml").expanduser()
    lock = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    own, sources = dict(bundle.get("images") or {}), FILES / "source"
    additions = dict(bundle.get("additions") or {})
    return lock_id(lock, dict(digests or {}), own, sources, bundle["source"], dict(needs or {}), additions)


class FilterModule:
    """``bundle_lock_id``; see its documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"bundle_lock_id": bundle_lock_id}
