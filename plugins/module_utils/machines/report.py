# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress messages of deployments: one short line per machine and stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plan.base import Change, Changes, Diff
from .planner import Plan, Step
from .types import Desired, Phase, Record

WORDS = {
    Phase.NEW: "discovered",
    Phase.ARMED: "armed, waiting for its ramdisk",
    Phase.RUNNING: "ramdisk started",
    Phase.FAILED: "failed",
    Phase.WRITTEN: "image written and verified",
    Phase.BOOTING: "starting its operating system",
    Phase.DEPLOYED: "deployed",
}
STAGES = {
    "network": "requesting its plan",
    "inventory": "reading its disks",
    "wipe": "wiping",
    "write": "writing",
    "grow": "growing the root file system",
    "seed": "seeding",
    "finish": "finishing",
}


def stage_of(record: Record) -> str:
    """Return the stage as one word; while the ramdisk works, the stage that it reports."""
    if record.phase is Phase.RUNNING and record.progress:
        return str(record.progress.get("stage"))
    return record.phase.value


def line_of(record: Record, now: float) -> str:
    """Return e.g. ``writing 45 % 31s``: stage, progress, seconds since the machine was armed."""
    words = WORDS[record.phase]
    if record.phase is Phase.RUNNING and record.progress:
        words = STAGES.get(str(record.progress.get("stage")), words) + _percent(record.progress)
    return f"{words} {max(0.0, now - record.began):.0f}s" if record.began else words


def _percent(progress: Mapping[str, Any]) -> str:
    done, total = progress.get("done"), progress.get("total")
    return f" {100 * done / total:.0f} %" if done is not None and total else ""


def would(desired: Desired, plan: Plan) -> str:
    """Return the action of the next step as a sentence, for check mode."""
    acts = {
        Step.ARM: f"would deploy image {desired.image} to disk {desired.disk} of {desired.name}",
        Step.BOOT_DISK: f"would start {desired.name} from its disk",
        Step.CONFIRM: f"would record {desired.name} as deployed",
        Step.WAIT: f"would wait for {desired.name}",
    }
    return f"{acts.get(plan.step, f'{desired.name} needs no change')} ({plan.reason})"


def diff(desired: Desired, record: Record, plan: Plan) -> Diff:
    """Return both sides of what the plan changes for --diff."""
    if not plan.changed:
        return []
    before = f"{record.good.image} ({record.good.deploy_id})" if record.good else "nothing"
    after = f"{desired.image} on {desired.disk}" if plan.step is Step.ARM else before
    sides = f"system: {before}\nstate: {record.phase.value}\n", f"system: {after}\nstate: deployed\n"
    return Changes((Change(f"deploy {desired.name}", *sides),)).diff()
