# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the double of a switch with NX-OS that interprets BGP: prefix lists, templates and neighbours."""

from __future__ import annotations

import re
from typing import Any

FAMILY = "address-family ipv4 unicast"
#: What may be set in a template and a neighbour, and in their address family.
_PEER = r"remote-as \d+|description \S[ \S]*|password 0 \S+|inherit peer \S+|shutdown|bfd"
_FAMILY = r"prefix-list \S+ (in|out)|maximum-prefix \d+|route-reflector-client|disable-peer-as-check"
_RULE = r"ip prefix-list \S+ seq \d+ (permit|deny) [\d./]+( le \d+)?"
Tree = dict[str, Any]


class Bgp:
    """A configuration as lines with those below them, and where the command line is in it."""

    def __init__(self) -> None:
        neighbor: Tree = {"remote-as 65001": {}, FAMILY: {"prefix-list PL in": {}}}
        process: Tree = {"router-id 10.0.0.9": {}, FAMILY: {}, "neighbor 10.0.0.1": neighbor}
        self.features = {"feature bgp"}
        self.lists = ["ip prefix-list PL seq 5 permit 0.0.0.0/0"]
        self.processes: Tree = {"router bgp 65000": process}
        self.path: list[str] = []

    def text(self) -> list[str]:
        """Its lines of ``show running-config``."""
        return [*sorted(self.features), *self.lists, *_lines(self.processes, 0)]

    def perform(self, line: str) -> bool:
        """Perform a command; whether it is one of BGP."""
        plain = line.removeprefix("no ")
        if line in ("feature bgp", "feature bfd"):
            self.features.add(line)
        elif re.fullmatch(_RULE, plain):
            self._rule(plain, line != plain)
        elif re.fullmatch(r"router bgp \d+", line):
            if "feature bgp" not in self.features or set(self.processes) - {line}:
                return False
            self.processes.setdefault(line, {})
            self.path = [line]
        else:
            return bool(self.path) and self._within(line, plain)
        return True

    def _rule(self, rule: str, remove: bool) -> None:
        if remove:
            self.lists.remove(rule)
        elif any(old.split()[2:5] == rule.split()[2:5] for old in self.lists):
            raise ValueError(f"{rule}: the sequence number is in use")
        else:
            self.lists.append(rule)

    def _within(self, line: str, plain: str) -> bool:
        process = self.processes[self.path[0]]
        if len(self.path) == 1 and re.fullmatch(r"template peer \S+|neighbor [\d.]+", plain):
            if line != plain:
                return process.pop(plain, None) is not None
            process.setdefault(line, {})
            self.path.append(line)
            return True
        if len(self.path) == 1 and re.fullmatch(r"router-id [\d.]+", line):
            process[line] = {}
            return True
        if line == "bfd" and "feature bfd" not in self.features:
            return False
        node = process
        for name in self.path[1:]:
            node = node[name]
        if line == FAMILY and self.path[-1] != FAMILY:
            node.setdefault(FAMILY, {})
            self.path.append(FAMILY)
            return True
        return _set(node, line, plain, _FAMILY if self.path[-1] == FAMILY else _PEER)


def _set(node: Tree, line: str, plain: str, known: str) -> bool:
    """Set or remove a line; one of the same kind is replaced."""
    if line != plain:
        same = [old for old in node if old == plain or (plain == "password" and old.startswith("password "))]
        for old in same:
            del node[old]
        return bool(same)
    if not re.fullmatch(known, line):
        return False
    words = line.split()
    last = words[-1] if words[0] == "prefix-list" else ""
    for old in [old for old in node if old.split()[0] == words[0] and old.endswith(last)]:
        del node[old]
    node[f"password 3 {abs(hash(line)):x}" if words[0] == "password" else line] = {}
    return True


def _lines(tree: Tree, depth: int) -> list[str]:
    return [text for line, below in tree.items() for text in (f"{'  ' * depth}{line}", *_lines(below, depth + 1))]
