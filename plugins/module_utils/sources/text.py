# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a model as YAML that people review: a line for each key, comments above, always in the same order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .fragment import PLUGIN, SECTIONS, Fragment
from .names import natural

#: Keys whose value has a line for each entry.
_BLOCKS = frozenset({"nics", "links", "uplinks"})
#: The order of keys of an object; others follow by name.
_ORDER = (
    "vlan",
    "vlans",
    "subnet",
    "gateway",
    "first",
    "native",
    "mtu",
    "platform",
    "address",
    "username",
    "password",
    "mlag",
    "number",
    "roles",
    "location",
    "os",
    "bmc",
    "identity",
    "nics",
    "boot_nic",
    "bond",
    "links",
    "networks",
    "addresses",
    "root_disk",
    "storage_disks",
)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*|[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?|[0-9]+-[0-9]+")
# Dates, and numbers with a base of 60 or an exponent, look like plain text; so do the words for truth and nothing.
_OTHERWISE = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|[0-9]{4}-[0-9-]+")


def rendered(fragment: Fragment, head: Sequence[str]) -> str:
    """The file.

    :param head: lines of the comment at its top.
    """
    lines = [*(f"# {line}".rstrip() for line in head), f"plugin: {PLUGIN}"]
    for section in SECTIONS:
        objects = fragment.sections[section]
        if objects:
            lines += ["", f"{section}:"]
        for name in sorted(objects, key=natural):
            lines.append(f"  {flow(name)}:{'' if objects[name] else ' {}'}")
            lines += [f"    # {text}" for text in fragment.notes.get((section, name), ())]
            lines += _keys(objects[name])
    return "\n".join(lines) + "\n"


def _keys(values: Mapping[str, Any]) -> Iterable[str]:
    for key in sorted(values, key=_rank):
        value = values[key]
        if key in _BLOCKS and isinstance(value, Mapping) and value:
            yield f"    {key}:"
            yield from (f"      {flow(name)}: {flow(item)}" for name, item in value.items())
        else:
            yield f"    {flow(key)}: {flow(value)}"


def _rank(key: str) -> tuple[int, str]:
    return (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)


def flow(value: Any) -> str:
    """A value in one line. Text that YAML could read otherwise is quoted."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _OTHERWISE.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)
