# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of the simulated machines, and the inputs of their roles with what a run would have found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import model
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load

NAME, VERSION = "fleet", "1.36.3"
CONTROLLER = {"provision": "10.16.0.2", "management": "10.20.0.2"}
ENDPOINT = "10.30.0.10"


def write(machines: int, top: Path, public_key: str) -> Path:
    """The file of the model, as inventory/bench has it, whose switches are `unmanaged`."""
    cloud = model.cloud(machines)
    for switch in cloud["switches"].values():
        switch["platform"] = "unmanaged"
    cloud |= {
        "plugin": "groundup.cloud.cloud",
        "name": NAME,
        "provisioner": {"host": "localhost", "addresses": CONTROLLER},
        "access": {"user": "root", "public_keys": [public_key], "private_key_file": str(top / "id")},
        "bundle": {"dir": str(top / "bundle")},
    }
    cloud["kubernetes"]["version"] = VERSION
    path = top / "cloud.yml"
    path.write_text(json.dumps(cloud))
    return path


def hosts(path: Path, facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The variables of every host, templates replaced by ``facts`` (by their first word): {host: {name: value}}."""
    data = json.loads(path.read_text())
    data.pop("plugin")
    derived = derive(load(data))
    found = {}
    for host, own in derived.hostvars.items():
        groups = [group for group, members in derived.groups.items() if host in members]
        shared = [derived.all_vars, *(derived.group_vars.get(group, {}) for group in groups)]
        found[host] = filled({key: value for part in (*shared, own) for key, value in part.items()}, facts)
    return found


def filled(value: Any, facts: dict[str, Any]) -> Any:
    """The value with each string that is a template replaced by the fact that the template begins with."""
    if isinstance(value, str) and value.startswith("{{ "):
        return facts.get(value.split()[1], value)
    if isinstance(value, dict):
        return {key: filled(item, facts) for key, item in value.items()}
    return [filled(item, facts) for item in value] if isinstance(value, list | tuple) else value
