# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedules in the notation of cron, as CronJobs of Kubernetes take them (github.com/robfig/cron, ParseStandard)."""

from __future__ import annotations

import re

#: Fields in order, with their least and greatest values.
FIELDS = {
    "the minute": (0, 59),
    "the hour": (0, 23),
    "the day of the month": (1, 31),
    "the month": (1, 12),
    "the day of the week": (0, 6),
}
_PART = re.compile(r"(?:\*|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([0-9]{1,2}))?")


def fault(text: str) -> str:
    """What is wrong with a schedule; empty if nothing is."""
    fields = text.split()
    if len(fields) != len(FIELDS):
        return f"does not have the five fields of a schedule: {', '.join(FIELDS)}"
    for field, (name, (least, most)) in zip(fields, FIELDS.items(), strict=True):
        for part in field.split(","):
            found = _PART.fullmatch(part)
            if found is None:
                return f"has {part or 'nothing'} for {name}, which is no number, range or step"
            first, last, step = (int(one) if one is not None else None for one in found.groups())
            first = least if first is None else first
            if not least <= first <= (first if last is None else last) <= most or step == 0:
                return f"has {part} for {name}, which is not from {least} to {most}"
    return ""
