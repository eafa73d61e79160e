# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest beside a raw image: its size, its sha256, and the sha256 of every 16 MiB of it.

With the chunk digests a machine verifies what it writes while it writes, and fetches a bad chunk again, not the image.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

CHUNK = 16 * 1024 * 1024


def digest(path: str, chunk: int = CHUNK) -> dict[str, Any]:
    """`{size, sha256, chunk_size, chunks: [sha256, …]}` of a raw image."""
    whole, parts, size = hashlib.sha256(), [], 0
    with open(path, "rb") as image:
        while block := image.read(chunk):
            whole.update(block)
            parts.append(hashlib.sha256(block).hexdigest())
            size += len(block)
    return {"size": size, "sha256": whole.hexdigest(), "chunk_size": chunk, "chunks": parts}


def write_json(path: str, value: Any, mode: int = 0o644) -> None:
    """Writes `value` so that a reader sees the old or the new file, never half of one."""
    temporary = f"{path}.tmp{os.getpid()}"
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as out:
        json.dump(value, out, indent=1, sort_keys=True)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    os.chmod(temporary, mode)
    os.replace(temporary, path)
