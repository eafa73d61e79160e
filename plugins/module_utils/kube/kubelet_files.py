# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's files as kubeadm wrote them, recorded so that a change by hand is noticed and undone on every node.

kubeadm generates these files from the cluster's configuration when a machine joins, so the role has no text of its own.
"""

from __future__ import annotations

import json
import stat
from dataclasses import replace

from ..host.state import File, HostState
from ..host.system import System
from . import paths

FILES = (paths.KUBELET_CONFIG, "/var/lib/kubelet/kubeadm-flags.env")
KUBELET = "kubelet.service"


def record(system: System) -> None:
    """Record the files as they stand: {path: [mode, text]}. Called right after kubeadm wrote them."""
    found = {}
    for name in FILES:
        path = system.path(name)
        if path.is_file():
            found[name] = [stat.S_IMODE(path.stat().st_mode), path.read_text()]
    system.write(paths.KUBELET_RECORD, json.dumps(found).encode(), mode=0o600)


def with_recorded(state: HostState, system: System) -> HostState:
    """The layer's state with the recorded files in it, on a machine that is a node; a kubelet whose file changed
    restarts."""
    recorded = system.path(paths.KUBELET_RECORD)
    if not (recorded.exists() and system.path(paths.KUBELET_CONF).exists()):
        return state
    files = tuple(File(name, text, mode=mode) for name, (mode, text) in json.loads(recorded.read_text()).items())
    units = tuple(
        replace(unit, restart_on=(*unit.restart_on, *(file.path for file in files))) if unit.name == KUBELET else unit
        for unit in state.units
    )
    return replace(state, files=(*state.files, *files), units=units)
