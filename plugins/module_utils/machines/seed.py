# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ramdisk writes into the new root besides the image: name, keys, network, CA. No secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def build(
    machine: Mapping[str, Any], network_files: Sequence[Mapping[str, str]], ca_file: str | None
) -> dict[str, Any]:
    """Return the plan's ``seed``: what the machine's own ``seed`` names wins over what is derived.

    ``network_files``: [{path, content}], those that role host_network would write, so that a machine starts with its
    final network and the role finds nothing to do. ``ca_file`` may be missing before the provisioner was set up.
    """
    derived = {
        "hostname": machine["name"],
        "fqdn": machine.get("fqdn") or machine["name"],
        "machine_id": None,
        "network_files": [{"path": file["path"], "content": file["content"]} for file in network_files],
        "ca_certificate": Path(ca_file).read_text() if ca_file and Path(ca_file).exists() else None,
    }
    given = {key: value for key, value in (machine.get("seed") or {}).items() if value not in (None, [])}
    return {**derived, **given}
