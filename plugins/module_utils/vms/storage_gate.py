# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate of storage before a drain: Ceph has to be healthy enough to lose a machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..ceph import gate
from .cluster import Cluster
from .kinds import CLUSTERS

#: Options of access that `kubectl` takes as well.
FLAGS = {"kubeconfig": "--kubeconfig", "context": "--context"}


def ask(cluster: Cluster, params: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """What `ceph_health` returns; with the only key `asked: false` where no machine of it has daemons of Ceph.

    :raises CephError: something is missing, and no drain may begin.
    """
    wanted = params["ceph_gate"]
    command = list(wanted.get("command") or ())
    if not command:
        # The daemons of an external cluster are on no machine of this one, and its users may not ask what is needed.
        found = [one for one in cluster.all(CLUSTERS) if not _external(one)]
        if not found:
            return {"asked": False}
        command = toolbox(params, found[0]["metadata"]["namespace"])
    keys = ("accept", "clean", "osds", "used_at_most", "timeout", "settle", "connect_timeout")
    health = gate.perform({"command": command, "forecast": False, **{key: wanted[key] for key in keys}}, check)
    return {"asked": True, **{key: health[key] for key in ("healthy", "missing")}}


def _external(ceph_cluster: Mapping[str, Any]) -> bool:
    """Whether others run the daemons of a CephCluster."""
    return bool(((ceph_cluster.get("spec") or {}).get("external") or {}).get("enable"))


def toolbox(params: Mapping[str, Any], namespace: str) -> list[str]:
    """The program `ceph` in Rook's toolbox, reached by `kubectl` with the same kubeconfig."""
    flags = [word for key, flag in FLAGS.items() if params.get(key) for word in (flag, str(params[key]))]
    return ["kubectl", *flags, "-n", namespace, "exec", "deploy/rook-ceph-tools", "--", "ceph"]
