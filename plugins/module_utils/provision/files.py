# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and directories of the provisioner, compared and written by the engine of the host layers.

Packages and daemons are handled in `provisioner` and `managers`: packages are recognised by their programs and are
installed without starting their own units, and daemons also run where there is no systemd.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ..host.act import ACTIONS
from ..host.plan import directory_steps, file_steps
from ..host.read import read_paths
from ..host.state import Actual, Directory, File, HostState
from ..host.system import System
from .steps import Plan


def require(found: Plan, files: Iterable[File] = (), directories: Iterable[Directory] = ()) -> bool:
    """Appends a step for each that differs in content, mode or owner; returns whether one does."""
    system, state = System(), HostState("provisioner", files=tuple(files), directories=tuple(directories))
    actual = Actual(paths=read_paths(state, system))
    steps = [*directory_steps(state.directories, actual), *file_steps(state, actual)]
    for step in steps:
        found.add(str(step), partial(ACTIONS[step.action], step, system), step.before, step.after)
    return bool(steps)
