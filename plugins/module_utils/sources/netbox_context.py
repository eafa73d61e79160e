# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a machine that a config context of NetBox holds."""

from __future__ import annotations

import difflib
from typing import Any

from .fragment import Fragment
from .names import get
from .netbox_options import Options
from .netbox_read import Object

#: Keys that may stand there: what NetBox has no place for, and no secret. The rest is made of NetBox's own objects.
KEYS = (
    "boot_nic",
    "deploy",
    "firmware",
    "host",
    "kubelet",
    "labels",
    "number",
    "os",
    "roles",
    "root_disk",
    "storage_disks",
    "taints",
)


def context_of(name: str, device: Object, options: Options, fragment: Fragment) -> dict[str, Any]:
    """The keys of the machine below the key of its config context that the user names."""
    if options.context is None:
        return {}
    given = get(device, "config_context", options.context)
    where = f"machines.{name}: config context {options.context}"
    if given is None:
        return {}
    if not isinstance(given, dict):
        fragment.refuse(where, "is not a mapping", "write keys of a machine below it")
        return {}
    for key in given:
        if key not in KEYS:
            close = difflib.get_close_matches(str(key), KEYS, n=1)
            remedy = f"did you mean {close[0]}?" if close else f"write only {', '.join(KEYS)} there"
            fragment.refuse(f"{where}.{key}", "is not taken from a config context", remedy)
    return {key: given[key] for key in KEYS if given.get(key) is not None}
