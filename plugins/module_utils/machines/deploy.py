# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the module machine_deploy; its action plugin repeats the call until ``finished``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ..bmc.errors import BmcError, BmcLibraryMissing, BmcUnreachable
from .advance import Advance
from .planner import Plan, Step
from .report import diff, line_of, stage_of, would
from .seed import build
from .store import Store
from .types import Desired, HostState, HostView, MachineError, Phase, Record

#: Input of role host_network -> the files of its network, as [{path, content}].
NetworkFiles = Callable[[dict[str, Any]], list[dict[str, str]]]


def step(params: Mapping[str, Any], check: bool, network_files: NetworkFiles) -> dict[str, Any]:
    """Advance the machine, or with ``check`` plan the next step; returns the module's result."""
    try:
        return _step(params, check, network_files)
    except BmcLibraryMissing as error:
        return {"failed": True, "msg": str(error), "missing_library": error.library, "evidence": list(error.evidence)}
    except (MachineError, BmcError) as error:
        return {"failed": True, "msg": str(error), "evidence": list(error.evidence), "error": type(error).__name__}
    except OSError as error:
        problem = f"{params['machine']['name']}: the files of its deployment can't be read or written: {error}"
        remedy = f"make room, or correct the permissions, below {params['state_dir']} on the provisioner"
        return {"failed": True, "msg": f"{problem}; {remedy}", "evidence": [], "error": type(error).__name__}


def _step(params: Mapping[str, Any], check: bool, network_files: NetworkFiles) -> dict[str, Any]:
    machine, network = params["machine"], params.get("host_network")
    desired = Desired.from_params(
        machine,
        build(machine, network_files(dict(network)) if network else [], params.get("ca_file")),
        reinstall=params["reinstall"],
        wipe=params["wipe"] or bool(machine.get("wipe")),
        wipe_storage=params["wipe_storage"],
    )
    given = params.get("host")
    host = HostView(HostState(given["state"]), given.get("detail") or "") if given else None
    advance = Advance(desired, Store(params["state_dir"], desired.name), params["run"])
    return _checked(advance, desired, host) if check else _acted(advance, desired, host, params["patience"])


def _acted(advance: Advance, desired: Desired, host: HostView | None, patience: float) -> dict[str, Any]:
    outcome = advance.until(patience, host)
    result = _result(outcome.plan, outcome.record)
    details = {"diff": diff(desired, outcome.record, outcome.plan)} if outcome.plan.changed else {}
    return {**result, **details, "changed": outcome.changed, "finished": outcome.finished, "notes": outcome.notes}


def _checked(advance: Advance, desired: Desired, host: HostView | None) -> dict[str, Any]:
    try:
        choice, record = advance.decide(host)
    except BmcUnreachable as error:
        # On a first run in check mode the network to the BMCs may not exist yet, as the switches are not configured.
        choice, record = Plan(Step.ARM, f"its BMC does not answer yet: {error.what}"), Record(Phase.NEW)
    if choice.step is Step.STOP:
        raise MachineError(choice.reason, desired.name, choice.remedy, record.trail)
    result = _result(choice, record)
    more = {"changed": choice.changed, "finished": choice.step is not Step.LOOK_AT_HOST, "notes": []}
    return {**result, **more, "diff": diff(desired, record, choice), "line": would(desired, choice)}


def _result(choice: Plan, record: Record) -> dict[str, Any]:
    good = record.good
    look = choice.step in (Step.LOOK_AT_HOST, Step.WAIT) and record.phase is not Phase.ARMED and good is not None
    return {
        "stage": stage_of(record),
        "line": line_of(record, time.time()),
        "reason": choice.reason,
        "look": bool(look and record.phase is not Phase.RUNNING),
        # With this, a machine that answers as expected needs no second call.
        "settled": record.phase is Phase.DEPLOYED and choice.step is Step.LOOK_AT_HOST,
        "deployed": vars(good) if good else None,
    }
