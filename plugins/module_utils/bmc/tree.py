# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources of a Redfish service that this collection reads, as one table that can be sent and served again.

Only GET requests are made. What may be a secret is left out: extensions of makers (`Oem`), BIOS attributes, and all
values whose names say so. Serial numbers, addresses and host names stay, as comparing them is what is tested.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from . import errors
from .answers import link, members, part
from .client import ROOT, RedfishClient
from .facts import text_of

SECRET = re.compile(r"passw|token|secret|credential|community|licen[sc]e|private|(^|[a-z_])key", re.IGNORECASE)
LEFT_OUT = frozenset({"Oem", "Attributes"})
COLLECTIONS = ("Systems", "Managers", "Chassis")
#: Links of a system that power, boot and identity follow.
LINKS: tuple[tuple[str, ...], ...] = (
    ("EthernetInterfaces",),
    ("Bios",),
    ("BootOptions",),
    ("Boot", "BootOptions"),
    ("@Redfish.Settings", "SettingsObject"),
)
MOST = 300


def tree_of(client: RedfishClient) -> dict[str, Any]:
    """Return ``tree`` (path: body) and ``unread`` (path: reason) of what a deployment may read."""
    tree: dict[str, Any] = {}
    unread: dict[str, str] = {}
    waiting = deque([ROOT])
    while waiting and len(tree) + len(unread) < MOST:
        path = waiting.popleft()
        if path.rstrip("/") in tree or path in unread:
            continue
        try:
            body = client.get(path, tries=1).body
        except errors.BmcError as error:
            if not error.status:
                raise
            unread[path] = error.what
            continue
        tree[path.rstrip("/")] = _without_secrets(body)
        waiting.extend(_links(body))
    return {"tree": tree, "unread": unread}


def _links(body: Mapping[str, Any]) -> list[str]:
    found = [link(body, name) for name in (*COLLECTIONS, "SessionService")] if "RedfishVersion" in body else []
    if part(body, "Actions", "#ComputerSystem.Reset"):
        found += [link(body, *names) for names in LINKS]
        found.append(text_of(part(body, "Actions", "#ComputerSystem.Reset", "@Redfish.ActionInfo")))
    return [path for path in (*found, *members(body)) if path]


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: None if SECRET.search(name) and not isinstance(item, (Mapping, list)) else _without_secrets(item)
            for name, item in value.items()
            if name not in LEFT_OUT
        }
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value
