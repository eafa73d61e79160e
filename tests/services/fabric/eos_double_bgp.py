# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the double of an EOS switch that interprets BGP: prefix lists, a process and its address family."""

from __future__ import annotations

import re

FAMILY = "address-family ipv4"
Section = dict[str, None]
#: What may follow ``neighbor NAME`` in the process, and in the address family.
_SETTINGS = {
    "peer group": r" \S+|",
    "remote-as": r" \d+",
    "description": r" \S[ \S]*",
    "password": r" 0 \S+",
    "maximum-routes": r" \d+",
    "route-reflector-client": "",
    "shutdown": "",
    "bfd interval": r" \d+ min-rx \d+ multiplier \d+",
    "bfd": "",
}
_IN_FAMILY = {"activate": "", "prefix-list": r" \S+ (in|out)"}


def configure(config: dict[str, Section], section: str, command: str) -> str | None:
    """Perform a command of BGP; the section that it is in then, or None if it is none of BGP."""
    negated, plain = command.startswith("no "), command.removeprefix("no ")
    if re.fullmatch(r"ip prefix-list \S+", plain):
        if negated:
            config.pop(plain, None)
            return ""
        config.setdefault(plain, {})
        return plain
    if section.startswith("ip prefix-list ") and re.fullmatch(r"seq \d+ (permit|deny) [\d./]+( le \d+)?", command):
        config[section][command] = None
        return section
    if re.fullmatch(r"router bgp \d+", command):
        if any(name.startswith("router bgp ") and name.partition("|")[0] != command for name in config):
            return None
        config.setdefault(command, {})
        return command
    process = section.partition("|")[0]
    if not process.startswith("router bgp "):
        return None
    if command == FAMILY:
        config.setdefault(f"{process}|{FAMILY}", {})
        return f"{process}|{FAMILY}"
    if section == process and re.fullmatch(r"router-id [\d.]+", command):
        config[section][command] = None
        return section
    return section if _neighbor(config, section, process, command) else None


def _neighbor(config: dict[str, Section], section: str, process: str, command: str) -> bool:
    negated, plain = command.startswith("no "), command.removeprefix("no ")
    match = re.fullmatch(r"neighbor (\S+)( .+)?", plain)
    if not match:
        return False
    name, rest = match[1], (match[2] or "").strip()
    if negated and not rest:
        for lines in (config[process], config.get(f"{process}|{FAMILY}", {})):
            for line in [line for line in lines if line.startswith(f"neighbor {name} ")]:
                del lines[line]
        return True
    known = _SETTINGS if section == process else _IN_FAMILY
    key = next((word for word in known if rest == word or rest.startswith(f"{word} ")), "")
    value = rest.removeprefix(key)
    if not key or not re.fullmatch(rf"{known[key]}|" if negated else known[key], value):
        return False
    group = value.strip()
    if key == "peer group" and group and f"neighbor {group} peer group" not in config[process]:
        return False
    if key == "prefix-list":  # one in each direction
        key = f"{key} {value.split()[0]}" if negated else key
        same = [line for line in config[section] if line.startswith(f"neighbor {name} prefix-list ")
                and line.split()[-1] == value.split()[-1]]  # fmt: skip
    else:
        same = [line for line in config[section] if line == f"neighbor {name} {key}"
                or (key != "bfd" and line.startswith(f"neighbor {name} {key} "))]  # fmt: skip
    for line in same:
        del config[section][line]
    if not negated:
        shown = f"neighbor {name} password 7 {abs(hash(value)):x}" if key == "password" else command
        config[section][shown] = None
    return True


def nested(config: dict[str, Section]) -> dict[str, dict[str, object]]:
    """The sections as ``show running-config`` has them, with the address family inside the process."""
    found: dict[str, dict[str, object]] = {}
    for name, lines in config.items():
        above, __, family = name.partition("|")
        if family:
            found.setdefault(above, {})[family] = {"cmds": dict(lines), "comments": []}
        else:
            found.setdefault(name, {}).update(lines)
    return found
