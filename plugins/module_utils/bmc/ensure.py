# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions of the modules bmc_power, bmc_boot and bmc_info."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .boot import apply_boot, judge, mode_of, plan_boot
from .connect import connected
from .errors import BmcError, BmcLibraryMissing, BmcProtocolError, BmcSessionLeft
from .identity import check_identity
from .power import PowerRules, apply_power, plan_power, settled_state
from .redfish import RedfishBmc
from .types import Bmc, BmcSettings, BootDevice

Work = Callable[[Bmc, Mapping[str, Any], bool], dict[str, Any]]


def perform(work: Work, params: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Connect, compare the machine's identity, call ``work``; return a module's result, with ``failed`` on an error.

    ``missing_library`` names the Python library if one is not installed.
    """
    settings = BmcSettings.from_params(params)
    result: dict[str, Any] = {}
    try:
        with connected(settings) as bmc:
            wanted = params.get("identity") or {}
            if any(wanted.values()):
                check_identity(bmc, wanted.get("serial"), wanted.get("uuid"), wanted.get("macs") or [])
            result = work(bmc, params, check)
    except BmcSessionLeft as error:
        return {**result, "warnings": [*result.get("warnings", []), str(error)]}
    except BmcLibraryMissing as error:
        return {"failed": True, "msg": str(error), "missing_library": error.library, "evidence": list(error.evidence)}
    except BmcError as error:
        return {"failed": True, "msg": str(error), "evidence": list(error.evidence), "error": type(error).__name__}
    return result


def power(bmc: Bmc, params: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Bring the machine to the wanted power state."""
    plan = plan_power(params["state"], settled_state(bmc))
    rules = PowerRules(params["graceful"], params["grace"], params["force"], params["wait_timeout"])
    if not check:
        apply_power(bmc, plan, rules)
    return {
        "changed": plan.changed,
        "diff": plan.diff(),
        "state_before": plan.before.value,
        "state_after": plan.after.value,
        "steps": list(plan.steps),
        "evidence": list(bmc.evidence()),
    }


def boot(bmc: Bmc, params: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Set the boot device and read it back."""
    mode = mode_of(params["protocol"], params.get("firmware"))
    plan = plan_boot(BootDevice(params["device"]), params["once"], bmc.boot_override(), mode)
    result = judge(plan.wanted, plan.wanted) if check else apply_boot(bmc, plan)
    return {"changed": plan.changed, "diff": plan.diff(), **result.describe(), "evidence": list(bmc.evidence())}


def info(bmc: Bmc, params: Mapping[str, Any], _check: bool) -> dict[str, Any]:
    """Read identity, power and boot override; an override that can't be read is a warning."""
    found: dict[str, Any] = {}
    if params.get("tree"):
        if not isinstance(bmc, RedfishBmc):
            raise BmcProtocolError("IPMI has no tree of resources", bmc.where, "use tree with protocol redfish only")
        found = bmc.tree()
    found |= {"identity": bmc.identity().describe(), "power": bmc.power_state().value}
    try:
        return {"changed": False, **found, "boot": bmc.boot_override().describe()}
    except BmcProtocolError as error:
        return {"changed": False, **found, "boot": None, "warnings": [str(error)]}
