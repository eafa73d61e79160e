# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that the ramdisk writes into the new root in addition to the image: name, keys, network, CA. No secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def build(
    machine: Mapping[str, Any], network_files: Sequence[Mapping[str, str]], ca_file: str | None
) -> dict[str, Any]:
    """Return the plan's ``seed``: keys of the machine's ``seed`` override derived values.

    ``network_files``: [{path, content}], the files that role host_network would write, so that a machine starts with
    its final network and the role has nothing to change. ``ca_file`` may not exist before the provisioner is set up.
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
