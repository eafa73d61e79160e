# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which action brings a VM into a state of power. Pure.

What each run strategy takes: kubevirt v1.9.0, pkg/virt-api/rest/lifecycle.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..conditions.fields import Item, at
from .vmi import STARTING, is_final, is_paused, phase_of, run_strategy


@dataclass(frozen=True)
class Decision:
    """The action, empty where only the state is waited for or is there already; or why there is no way."""

    action: str = ""
    refusal: str = ""


NOTHING = Decision()


def decide(state: str, vm: Item, vmi: Item | None) -> Decision:
    """The next action for a wanted state, one of started, stopped, restarted, paused and unpaused."""
    if state == "stopped":
        return _stopped(vm, vmi)
    if state in ("paused", "unpaused"):
        return _paused(state == "paused", vm, vmi)
    runs = vmi is not None and not is_final(vmi) and not _ends(vmi)
    if state == "restarted" and runs:
        strategy = run_strategy(vm)
        if strategy in ("Halted", "Once"):
            return Decision(refusal=f"its runStrategy is {strategy}, with which KubeVirt restarts nothing")
        return Decision("restart")
    return NOTHING if runs else _start(vm, vmi)


def _start(vm: Item, vmi: Item | None) -> Decision:
    strategy = run_strategy(vm)
    if strategy == "WaitAsReceiver":
        return Decision(refusal="its runStrategy is WaitAsReceiver; it starts when another cluster migrates it to here")
    if strategy == "Once" and is_final(vmi):
        return Decision(refusal="its runStrategy is Once and it has run; set another runStrategy")
    if strategy in ("Always", "Once") or (strategy == "RerunOnFailure" and phase_of(vmi) == "Failed"):
        return NOTHING  # KubeVirt starts it by itself
    return Decision("start")


def _stopped(vm: Item, vmi: Item | None) -> Decision:
    strategy = run_strategy(vm)
    if strategy == "Always":
        return Decision("stop")
    if vmi is None or is_final(vmi) or _ends(vmi) or strategy == "Halted":
        return NOTHING
    return Decision("stop")


def _paused(wanted: bool, vm: Item, vmi: Item | None) -> Decision:
    if phase_of(vmi) != "Running" or _ends(vmi):
        phase = "it does not run" if vmi is None else f"its phase is {phase_of(vmi) or 'not set'}"
        return Decision(refusal=f"{phase}; only a VM that runs can be paused and unpaused; start it first")
    if is_paused(vmi) is wanted:
        return NOTHING
    if not wanted and at(vm, "status", "snapshotInProgress"):
        return Decision(refusal=f"its snapshot {at(vm, 'status', 'snapshotInProgress')} is not complete; wait for that")
    return Decision("pause" if wanted else "unpause")


def is_there(state: str, vmi: Item | None, before: str = "") -> bool:
    """Whether a VM is in the wanted state.

    :param before: uid of the instance that a restart ends.
    """
    if state == "stopped":
        return vmi is None or (is_final(vmi) and not _ends(vmi))
    if vmi is None or phase_of(vmi) != "Running" or _ends(vmi):
        return False
    if state in ("paused", "unpaused"):
        return is_paused(vmi) is (state == "paused")
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in at(vmi, "status", "conditions") or ())
    return at(vmi, "metadata", "uid") != before and (ready or is_paused(vmi))


def missing(state: str, vm: Item, vmi: Item | None) -> str:
    """Why a VM is not in the wanted state yet, as its objects say."""
    shown = str(at(vm, "status", "printableStatus") or "unknown")
    parts = [f"its status is {shown}"]
    if vmi is not None:
        parts.append(f"its phase is {phase_of(vmi) or 'not set'}")
        if _ends(vmi):
            grace = at(vmi, "spec", "terminationGracePeriodSeconds")
            limit = f", for which it has {grace} s" if grace is not None else ""
            parts.append(f"its guest is shutting down since {at(vmi, 'metadata', 'deletionTimestamp')}{limit}")
    for item in (vm, vmi):
        for one in at(item, "status", "conditions") or ():
            good = "False" if one["type"] in ("Paused", "Failure", "RestartRequired") else "True"
            if one.get("status") != good and (one.get("message") or one.get("reason")) and _tells(state, vmi):
                parts.append(f"{one['type']} is {one['status']} ({one.get('message') or one['reason']})")
    failure = at(vm, "status", "startFailure") or {}
    if failure.get("retryAfterTimestamp"):
        count = failure.get("consecutiveFailCount")
        parts.append(f"its start failed {count} times; KubeVirt tries again at {failure['retryAfterTimestamp']}")
    return "; ".join(dict.fromkeys(parts))


def _tells(state: str, vmi: Item | None) -> bool:
    """Whether conditions say why: those of a start do while it starts."""
    return state in ("started", "restarted") and phase_of(vmi) in (*STARTING, "Running")


def _ends(vmi: Item | None) -> bool:
    return bool(at(vmi, "metadata", "deletionTimestamp"))
