# SPDX-License-Identifier: GPL-3.0-or-later
"""One boot of a machine with the provisioner's image."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile


def timed(root: pathlib.Path) -> float:
    """Seconds from power-on to ssh of one machine with the provisioner's image, without a saved state."""
    with tempfile.TemporaryDirectory(prefix="groundup-bench-") as directory:
        done = subprocess.run(
            [sys.executable, "molecule/default/machine.py", "boot", "gu-bench", f"{directory}/machine"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(root / ".ansible/collections")},
        )
        return float(json.loads(done.stdout.splitlines()[-1])["seconds"])
