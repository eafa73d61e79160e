# SPDX-License-Identifier: GPL-3.0-or-later
"""Breakout ports: which port of a platform is a part of which other, and how one is broken out. Pure.

Nothing here breaks a port out: it takes away the port and what is configured on it, reloads a module or restarts the
forwarding program of some switches (Cisco, "Configuring Breakout on High-Bandwidth Interfaces"; SONiC, "Dynamic Port
Breakout"), and can't be rolled back with a change. So drivers require that the ports exist, and say the command.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

#: e1/49/1, Eth1/49/1, Ethernet1/49/1 of NX-OS, and Et49/1 of EOS.
_ETHERNET = re.compile(r"e(?:t(?:h(?:ernet)?)?)?(\d+(?:/\d+)*)\Z", re.IGNORECASE)
#: FPC, PIC, port and channel of Junos; the letters change with the speed (et-0/0/1 has the channels xe-0/0/1:0 to 3).
_JUNOS = re.compile(r"[a-z]+-(\d+/\d+/\d+)(?::(\d+))?(?:\.0)?\Z")
_NVUE = re.compile(r"(swp\d+)s\d+\Z")
#: The labels of SONiC's ports; keys such as Ethernet49 don't tell whose lane they are.
_SONIC = (re.compile(r"(etp\d+)[a-h]\Z"), re.compile(r"(Eth\d+(?:/\d+)?)/\d+\Z"))
_ANY = re.compile(r"(.*\d)(?:/|:|s)\d+\Z")
_KEY = re.compile(r"Ethernet(\d+)\Z")
#: How many numbers a port has that is no part of another: Ethernet49 of EOS, Ethernet1/49 of NX-OS.
_WHOLE = {"eos": 1, "nxos": 2}


def identity(platform: str, name: str) -> str:
    """A text that is the same for all spellings of a port."""
    if platform in _WHOLE and (found := _ETHERNET.match(name)):
        return f"Ethernet{found[1]}"
    if platform == "junos" and (found := _JUNOS.match(name)):
        return found[1] if found[2] is None else f"{found[1]}:{found[2]}"
    return name.lower() if platform == "nvue" else name


def parent(platform: str, name: str) -> str | None:
    """The identity of the port that a port is a part of, if its name tells; that port need not exist."""
    same = identity(platform, name)
    if platform in _WHOLE:
        numbers = same.removeprefix("Ethernet").split("/")
        return same.rpartition("/")[0] if len(numbers) > _WHOLE[platform] else None
    if platform == "junos":
        return same.partition(":")[0] if ":" in same else None
    patterns = {"nvue": (_NVUE,), "sonic": _SONIC, "unmanaged": (_ANY,)}.get(platform, ())
    return next((found[1] for pattern in patterns if (found := pattern.match(same))), None)


def broken_out(platform: str, names: Collection[str]) -> dict[str, list[str]]:
    """The names that are at once those of whole ports and of ports with parts among them, and these parts."""
    parts: dict[str, list[str]] = {}
    for name in names:
        above = parent(platform, name)
        if above is not None:
            parts.setdefault(above, []).append(name)
    return {name: parts[same] for name in names if (same := identity(platform, name)) in parts}


def remedy(platform: str, missing: Collection[str], present: Collection[str]) -> str:
    """What to do about ports that a switch does not have, where it has the port that they are a part of, or parts of
    them; empty elsewhere. Begins with a semicolon.

    :param present: names of the ports that it has.
    """
    has = {identity(platform, name): name for name in present}
    parts = {above: name for name in sorted(present, reverse=True) if (above := parent(platform, name)) is not None}
    for name in sorted(missing):
        above, same = parent(platform, name), identity(platform, name)
        if above in has and (command := _command(platform, above)):
            return f"; to break {has[above]} out, which ends it and what is configured on it: {command}"
        if same in parts:
            return f"; {name} is broken out there: name one of its parts, such as {parts[same]}"
    return ""


def remedy_of_sonic(missing: Collection[str], lanes: Mapping[str, int], labels: Mapping[str, str]) -> str:
    """The same for SONiC, where Ethernet49 is a part of Ethernet48 if that has its lane.

    :param lanes: the number of lanes of each port that the switch has, by its key.
    :param labels: these keys by the ports' labels on the front, such as etp13.
    """
    for name in sorted(missing):
        key = labels.get(parent("sonic", name) or "") or _with_lane(name, lanes)
        if key is not None:
            command = f"sudo config interface breakout {key} '4x25G[10G]', with a mode of: show interface breakout"
            return f"; to break {key} out, which ends it and what is configured on it: {command}"
    return remedy("sonic", missing, labels)


def _with_lane(name: str, lanes: Mapping[str, int]) -> str | None:
    """The port that has the lane of which another one would have the key."""
    wanted = _KEY.match(name)
    for key, count in lanes.items():
        found = _KEY.match(key)
        if wanted and found and int(found[1]) < int(wanted[1]) < int(found[1]) + count:
            return key
    return None


def _command(platform: str, port: str) -> str:
    """The command that breaks a port out into four; empty for a platform that has each lane as a port of its own."""
    numbers = port.removeprefix("Ethernet").split("/")
    if platform == "nxos":
        return f"interface breakout module {numbers[0]} port {numbers[1]} map 25g-4x"
    if platform == "junos":
        fpc, pic, number = port.split("/")
        return f"set chassis fpc {fpc} pic {pic} port {number} channel-speed 25g"
    if platform == "nvue":
        return f"nv set interface {port} link breakout 4x, before release 5.4 4x25G"
    return ""
