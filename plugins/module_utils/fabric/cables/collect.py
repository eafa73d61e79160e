# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plays of ``cabling.yml`` registered on each host, as the options of the module ``cabling``. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

SEEN, HEARD = "groundup_switch_seen", "groundup_machine_heard"
#: What a host tells nothing for that a limit left out.
LEFT_OUT = "the limit of this run left it out"


def collect(hostvars: Mapping[str, Mapping[str, Any]], hosts: Collection[str]) -> dict[str, dict[str, Any]]:
    """``switches`` and ``machines`` for the cables that touch a host of the run.

    :param hosts: the hosts of the run, those that could not be reached included.
    """
    switches: dict[str, dict[str, Any]] = {}
    machines: dict[str, dict[str, Any]] = {}
    chosen = set(hosts)
    for host in sorted(hostvars):
        config = hostvars[host].get("switch_config")
        if not config:
            continue
        name = str(config["name"])
        cabling = [dict(cable) for cable in config.get("cabling") or [] if host in chosen or cable["machine"] in chosen]
        answer = _answer(hostvars[host].get(SEEN), "ports", host in chosen)
        why = answer["why"].removeprefix(f"switches.{name}: ")
        switches[name] = {"cabling": cabling, "facts": answer["found"], "why": why}
    for machine in sorted({cable["machine"] for item in switches.values() for cable in item["cabling"]}):
        variables = hostvars.get(machine, {})
        answer = _answer(variables.get(HEARD), "nics", machine in chosen)
        network = variables.get("host_network_config") or {}
        machines[machine] = {"network": network, "lldp": answer["found"], "why": answer["why"]}
    return {"switches": switches, "machines": machines}


def _answer(result: Any, key: str, chosen: bool) -> dict[str, Any]:
    """The result of a module, or why there is none."""
    if isinstance(result, Mapping) and key in result:
        return {"found": dict(result), "why": ""}
    if not chosen:
        return {"found": None, "why": LEFT_OUT}
    if not isinstance(result, Mapping):
        return {"found": None, "why": "it was not asked"}
    told = " ".join(str(result.get("msg") or "it gave no answer").split())
    return {"found": None, "why": f"it cannot be reached: {told}" if result.get("unreachable") else told}
