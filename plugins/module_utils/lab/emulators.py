# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python environment of the BMC emulators, created once in the cache directory.

It uses the system's Python and sees the system's packages, because libvirt's Python binding must be the
distribution's.
"""

from __future__ import annotations

import hashlib
import os
import shutil

from ..homes import cache_home
from .shell import LabError, run

PINS = ("bcrypt==5.0.0", "pyghmi==1.6.19", "sushy-tools==2.2.0", "virtualbmc==3.3.0")
PYTHON = "/usr/bin/python3"
_STAMP = "groundup-complete"
_SECONDS = 600


def default_directory() -> str:
    """One directory per set of pinned versions, so that a new release does not change the programs of a running lab."""
    return f"{cache_home()}/emulators-{hashlib.sha256(' '.join(PINS).encode()).hexdigest()[:8]}"


def missing_emulators(directory: str) -> list[str]:
    """Names of what has to be installed; empty if the environment is complete."""
    return [] if os.path.exists(f"{directory}/{_STAMP}") else list(PINS)


def raise_emulators(directory: str) -> None:
    """Create the environment; an incomplete one is created again.

    :raises LabError: if the package index can't be reached or libvirt's binding isn't installed.
    """
    shutil.rmtree(directory, ignore_errors=True)
    run([PYTHON, "-m", "venv", "--system-site-packages", directory])
    pip = [f"{directory}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, *PINS], seconds=_SECONDS)
    try:
        run([f"{directory}/bin/python", "-c", "import libvirt, sushy_tools, virtualbmc"])
    except LabError as error:
        raise LabError(f"the BMC emulators can't be loaded; is python3-libvirt installed? {error}") from error
    with open(f"{directory}/{_STAMP}", "w", encoding="ascii") as file:
        file.write("\n".join(PINS) + "\n")
