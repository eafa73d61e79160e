# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python environment of the BMC emulators, made once and kept in the cache directory.

It sees the system's packages because libvirt's binding has to be the distribution's, and it is the system's Python for
the same reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil

from .names import cache_home
from .shell import LabError, run

PINS = ("bcrypt==5.0.0", "pyghmi==1.6.19", "sushy-tools==2.2.0", "virtualbmc==3.3.0")
PYTHON = "/usr/bin/python3"
_STAMP = "groundup-complete"
_SECONDS = 600


def default_directory() -> str:
    """One directory per set of pins, so that a new release never changes what a running lab uses."""
    return f"{cache_home()}/emulators-{hashlib.sha256(' '.join(PINS).encode()).hexdigest()[:8]}"


def missing_emulators(directory: str) -> list[str]:
    """What has to be installed."""
    return [] if os.path.exists(f"{directory}/{_STAMP}") else list(PINS)


def raise_emulators(directory: str) -> None:
    """Make the environment; one that was interrupted is made again.

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
