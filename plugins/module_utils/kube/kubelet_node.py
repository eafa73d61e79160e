# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the cluster has this machine as a ready node: before its kubelet is restarted with other settings, and after.

A kubelet that answers on its machine may still be lost to the cluster: it does not reach the API, renews its lease too
rarely, or reports that memory or disk are short, so that pods are evicted. The cluster notices a silent kubelet only
after ``node-monitor-grace-period``, so the report that counts is one that the restarted kubelet made itself, and the
machine on which others wait is watched for longer than that period.

Each machine reads its own Node with the credentials of its kubelet, so no machine depends on another one.
"""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from ..conditions.fields import because, condition, is_true, moment
from ..conditions.serving import PRESSURE, unready
from ..host.system import System
from ..waiting.deadline import Clock, Deadline, SystemClock
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from . import kubelet_check, observe, paths
from .api import Refused, Unreachable
from .errors import KubeError, KubeRefusedError
from .probe import as_kubelet
from .processes import started
from .settings import Settings

#: Seconds for which a node on which others wait has to be ready without a break. The controller manager notices a
#: silent kubelet after 50 s by default, and after 120 s on slow machines (config.py).
WATCH = {"default": 60.0, "slow": 150.0}
Node = t.Mapping[str, t.Any]


def ready(settings: Settings, system: System, *, required: bool = False) -> Node | None:
    """The Node of this machine if the cluster has it as ready; else None, since then a change can lose nothing.

    A control plane may be what the API waits for, so where no API answers, its change may be a repair.

    :param required: other workers wait for this one, so it has to be ready; does not concern control planes.
    :raises KubeRefusedError: this worker may be a ready node and the API does not tell, or it is not and has to be.
    """
    record, found = observe.attempt(Path(system.root)), None
    if system.path(paths.KUBELET_CONF).exists() and not (record and not record["done"]):
        try:
            item = _read(settings, system)
            found = None if item is None or unready(item) else item
        except (Refused, FileNotFoundError):  # the cluster does not know this machine (any longer)
            found = None
        except Unreachable as error:
            if not settings.node.control_plane:
                raise _refusal(
                    settings,
                    f"the API does not tell whether its node is ready ({error}); run again when the API answers, or "
                    "give that cluster up by `kubeadm reset -f` here",
                ) from error
    if found is None and required and not settings.node.control_plane:
        raise _refusal(settings, "its node was ready when this run began, and is not any longer; run again")
    return found


def _refusal(settings: Settings, reason: str) -> KubeRefusedError:
    return KubeRefusedError(f"{settings.node.name}: its kubelet is not restarted with other settings, since {reason}")


def shortages(settings: Settings, system: System) -> list[str] | None:
    """What this worker is short of, if it is a node that has to stay ready; else None.

    Where the API does not tell whether the node is ready, it has to be: a change of all workers could take all.
    """
    if settings.node.control_plane:
        return None
    try:
        found = ready(settings, system)
    except (KubeError, OSError):  # no answer, or no credentials to read it with
        return []
    return None if found is None else [kind for kind in PRESSURE if is_true(found, kind)]


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_node_ready. In check mode nothing was changed before, so nothing is read."""
    if not check:
        before = {"status": {"conditions": [{"type": kind, "status": "True"} for kind in params["short"]]}}
        seconds = WATCH[settings.timings] if params["watched"] else 0
        await_ready(settings, System(settings.root), before, seconds, done=params["done"])
    return {"changed": False, "steps": []}


def await_ready(
    settings: Settings,
    system: System,
    before: Node,
    seconds: float = 0,
    clock: Clock | None = None,
    done: str = "its kubelet runs with the changed settings",
) -> None:
    """Wait until the restarted kubelet has reported this node as ready, and it was so for ``seconds`` without a break.

    :param before: the Node before the restart; a shortage that it reported then is no reason.
    :param done: what was changed, for the error.
    :raises KubeError: with what the node lacks, and the end of the kubelet's journal.
    """
    clock = clock or SystemClock()
    began: float | None = None

    def probe() -> Missing | None:
        nonlocal began
        missing = _lacking(settings, system, before)
        if missing:
            began = None
            return missing
        began = clock.now() if began is None else began
        held = clock.now() - began
        return None if held >= seconds else Missing.of(settings.node.name, f"ready for {held:.0f} s only")

    try:
        wait(probe, Deadline(kubelet_check.LIMIT[settings.timings] + seconds, clock), what="its node to be ready")
    except TimedOut as error:
        raise KubeError(
            f"{settings.node.name}: {done}, and the cluster does not have it as a ready node: {error}; correct the "
            f"settings and run again\n{kubelet_check.journal(system)}"
        ) from error


def _read(settings: Settings, system: System) -> Node | None:
    return t.cast("Node | None", as_kubelet(system).get(f"/api/v1/nodes/{settings.node.name}"))


def _lacking(settings: Settings, system: System, before: Node) -> Missing | None:
    """What this node lacks after its kubelet was restarted; None when it lacks nothing."""
    name, since = settings.node.name, started(system, "kubelet")
    if not since:
        return Missing.of("kubelet", "it does not run", name)
    try:
        item = _read(settings, system)
    except (Unreachable, Refused) as error:
        return Missing.of("the API", str(error), name)
    if item is None:
        return Missing.of(name, "it is not registered")
    row = unready(item)
    if row:
        return Missing((row,))
    reported = moment(str(condition(item, "Ready").get("lastHeartbeatTime") or ""))
    # Both are of this machine's clock, and the report tells whole seconds.
    if reported is None or reported.timestamp() < int(_wall(since)):
        return Missing.of(name, "its restarted kubelet has not reported yet")
    short = [kind for kind in PRESSURE if is_true(item, kind) and not is_true(before, kind)]
    rows = tuple(Row(name, because(f"it reports {kind}", condition(item, kind))) for kind in short)
    return Missing(rows) if rows else None


def _wall(since_boot: float) -> float:
    """A time after boot as seconds since 1970."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot
