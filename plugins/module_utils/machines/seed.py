# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ramdisk writes into the new root besides the image: name, keys, network, CA. No secrets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..layers.host_network import network_files


def build(machine: Mapping[str, Any], host_network: Mapping[str, Any] | None, ca_file: str | None) -> dict[str, Any]:
    """Return the plan's ``seed``: what the machine's own ``seed`` names wins over what is derived.

    ``host_network`` is the input of the role of that name: the machine starts with the same files that the role would
    write, so that the role finds nothing to do. ``ca_file`` may be missing before the provisioner was set up.
    """
    files = network_files(dict(host_network)) if host_network else []
    derived = {
        "hostname": machine["name"],
        "fqdn": machine.get("fqdn") or machine["name"],
        "machine_id": None,
        "network_files": [{"path": file["path"], "content": file["content"]} for file in files],
        "ca_certificate": Path(ca_file).read_text() if ca_file and Path(ca_file).exists() else None,
    }
    given = {key: value for key, value in (machine.get("seed") or {}).items() if value not in (None, [])}
    return {**derived, **given}
