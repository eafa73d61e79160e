# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run did, or would do, as one page: stage by stage, hosts with the same steps together."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Steps shown of one group of hosts; the rest is counted.
MOST = 12


@dataclass
class Steps:
    """Collects steps as results come in: stage -> host -> steps, in the order of their coming."""

    stages: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def add(self, stage: str, host: str, steps: list[str]) -> None:
        """Remember what one task did to one host."""
        self.stages.setdefault(stage, {}).setdefault(host, []).extend(steps)

    def page(self, title: str) -> str:
        """The page; it says so when nothing was to be done."""
        lines = [title]
        for stage, hosts in self.stages.items():
            lines.append(f"  {stage}")
            for names, steps in _alike(hosts):
                lines.append(f"    {names}")
                lines += [f"      {step}" for step in steps[:MOST]]
                lines += [f"      and {len(steps) - MOST} more"] if len(steps) > MOST else []
        return "\n".join(lines if self.stages else [*lines, "  nothing: everything is as the model says"])


def _alike(hosts: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    """Hosts with the same steps under one heading."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for host, steps in hosts.items():
        groups.setdefault(tuple(steps), []).append(host)
    return [(", ".join(names), list(steps)) for steps, names in groups.items()]
