# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run did, or would do, as one page: stage by stage, hosts with the same steps together, a total at its end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..draw.scene import natural

#: Groups of hosts shown of one stage, lines shown of one group, hosts named of one group; the rest is counted.
MOST_GROUPS, MOST_LINES, MOST_HOSTS = 12, 12, 6
#: Characters of a line before the rest of it is counted.
WIDTH = 96
#: First word of a step as the planners write it -> the words on the page. An empty subject is left out.
WORDS = {
    "file": "write",
    "directory": "make directory",
    "archive": "unpack into",
    "link": "link",
    "modprobe": "load kernel module",
    "sysctl": "set",
    "daemon_reload": "reload systemd's units",
    "clock": "set the clock",
    "swapoff": "switch off",
    "hook": "run",
    "systemctl": "",
}
#: The same for steps whose only subject is the host itself.
OWN = {"join": "join the cluster", "label": "label its node", "ready": "wait until its node is ready"}
_PREPOSITION = re.compile(r" (of|from|for)$")
#: Verbs whose subject only repeats the verb or the host.
ALONE = ("daemon_reload", "clock")


@dataclass
class Steps:
    """Collects steps as results come in.

    :ivar stages: stage -> host -> steps, in the order of the results.
    :ivar aside: hosts that failed or could not be reached, with the cause.
    :ivar reached: every host that gave a result.
    """

    stages: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    aside: dict[str, str] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)

    def add(self, stage: str, host: str, steps: Iterable[str] | Mapping[str, Iterable[str]]) -> None:
        """Record the steps of one task on one host; steps by layer are added to the layers' stages."""
        by_stage = (
            {stage_of(layer): mine for layer, mine in steps.items()} if isinstance(steps, Mapping) else {stage: steps}
        )
        for name, mine in by_stage.items():
            known = list(map(str, mine))
            if known:
                self.stages.setdefault(name, {}).setdefault(host, []).extend(known)

    def page(self, *, foreseen: bool) -> str:
        """The page as text; its total says so when nothing differs.

        :param foreseen: check mode: the steps were planned and not done.
        """
        lines = ["Plan: what would be done" if foreseen else "Done"]
        for stage, hosts in self.stages.items():
            lines += ["", f"  {stage}", *groups({host: brief(mine, host) for host, mine in hosts.items()})]
        if self.aside:
            lines += ["", f"  {'Could not be reached' if foreseen else 'Failed or not reached'}"]
            lines += [f"    {host}: {why}" for host, why in sorted(self.aside.items())]
        return "\n".join([*lines, "", f"  {self.total(foreseen=foreseen)}"])

    def total(self, *, foreseen: bool) -> str:
        """How many changes on how many hosts, how many are in order, how many could not be reached."""
        changed = {host for hosts in self.stages.values() for host in hosts}
        count = sum(len(steps) for hosts in self.stages.values() for steps in hosts.values())
        unchanged = self.reached - changed - set(self.aside)
        parts = [f"{number(count, 'change')} on {number(len(changed), 'host')}"] if changed else []
        parts += [f"{number(len(unchanged), 'host')} as the model says"] if unchanged else []
        what = "could not be reached" if foreseen else "failed or not reached"
        parts += [f"{number(len(self.aside), 'host')} {what}"] if self.aside else []
        return f"Total: {'; '.join(parts) or 'no host was reached'}"


def stage_of(layer: str) -> str:
    """The stage of site.yml in which a layer is brought to the model."""
    return layer.replace("_", " ").capitalize()


def number(count: int, what: str) -> str:
    """A count with its noun, in the plural unless it is one."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def alike(hosts: Mapping[str, Sequence[str]]) -> list[tuple[list[str], tuple[str, ...]]]:
    """Hosts with the same lines together, in the order of the first of them."""
    found: dict[tuple[str, ...], list[str]] = {}
    for host, lines in hosts.items():
        found.setdefault(tuple(lines), []).append(host)
    return [(names, lines) for lines, names in found.items()]


def groups(hosts: Mapping[str, Sequence[str]]) -> list[str]:
    """Hosts with the same lines under one heading."""
    found = alike(hosts)
    lines: list[str] = []
    for names, texts in found[:MOST_GROUPS]:
        lines += [f"    {names_of(names)}", *(f"      {line}" for line in texts[:MOST_LINES])]
        lines += [f"      and {len(texts) - MOST_LINES} more"] if len(texts) > MOST_LINES else []
    rest = sum(len(names) for names, __ in found[MOST_GROUPS:])
    return lines + ([f"    and {number(rest, 'host')} more with steps of their own"] if rest else [])


def names_of(hosts: list[str]) -> str:
    """Names of hosts in their natural order, of many the first few."""
    names = sorted(hosts, key=natural)
    shown = ", ".join(names[:MOST_HOSTS])
    return shown if len(names) <= MOST_HOSTS else f"{shown} and {len(names) - MOST_HOSTS} more ({len(names)} hosts)"


def brief(steps: Iterable[str], host: str = "") -> list[str]:
    """Steps in a few words: those that do the same to several subjects become one line, in the order of the first.

    :param steps: as planners write them, verbs before one subject; a sentence is left as it is.
    :param host: of which they are; a subject that only repeats it is left out.
    """
    subjects: dict[str, list[str]] = {}
    for step in steps:
        verb, __, subject = step.rpartition(" ")
        first, __, more = step.partition(" ")
        if first in ALONE:
            verb, subject = first, ""
        elif verb in ("install", "modprobe") or first in ("install", "modprobe"):
            verb, subject = first, more
        elif subject == host and verb:
            verb, subject = OWN.get(verb, _PREPOSITION.sub("", verb)), ""
        subjects.setdefault(verb, []).append(subject)
    return [_line(_verb(verb), [subject for subject in found if subject]) for verb, found in subjects.items()]


def _verb(verb: str) -> str:
    first, __, rest = verb.partition(" ")
    return f"{WORDS.get(first, first)} {rest}".strip()


def _line(verb: str, subjects: list[str]) -> str:
    """One line, its end counted where it would be too long."""
    whole = f"{verb} {', '.join(subjects)}".strip()
    if len(whole) <= WIDTH or len(subjects) < 3:
        return whole
    shown = [subjects[0]]
    while len(f"{verb} {', '.join(shown)}, {subjects[len(shown)]}") <= WIDTH - 14:
        shown.append(subjects[len(shown)])
    return f"{verb} {', '.join(shown)} and {len(subjects) - len(shown)} more"
