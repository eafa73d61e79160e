# SPDX-License-Identifier: GPL-3.0-or-later
"""The commits of a switch (``get-commit-information``, the command ``show system commit``). Pure.

While a confirmed commit waits, its entry is the first and has the comment ``commit confirmed, rollback in 2mins``, and
in recent releases also the element ``commit-confirmed`` with ``rollback pending`` (seen by others with Junos 24.4). A
confirmation and a rollback are entries of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from .tree import text

#: What the log message of this driver's commits begins with.
OWN = "groundup-"
#: What is added to it by the commit that confirms.
CONFIRMED = " confirmed"
#: What is added to it by the commit that returns to the former configuration.
REVERTED = " rolled back"
_TIMER = re.compile(r"commit confirmed, rollback in (\d+)\s*min")


@dataclass(frozen=True)
class Commit:
    """One commit.

    :ivar seconds: when, by the clock of the switch (seconds since 1970).
    :ivar minutes: until its rollback, 0 if it needs no confirmation.
    :ivar marked: whether the switch says that its rollback is pending.
    """

    user: str
    client: str
    seconds: int
    log: str
    minutes: int
    marked: bool

    def pending(self, now: int | None) -> bool:
        """Whether it waits for its confirmation, if it is the newest one.

        :param now: the clock of the switch, or None if it is unknown.
        """
        return self.marked or (self.minutes > 0 and (now is None or now < self.seconds + 60 * self.minutes))


def commits(answer: ET.Element) -> list[Commit]:
    """The commits, the newest first."""
    return [_commit(entry) for entry in answer.iter("commit-history")]


def clock(answer: ET.Element) -> int | None:
    """The clock of the switch in ``get-system-uptime-information``."""
    found = answer.find(".//current-time/date-time")
    seconds = found.get("seconds", "") if found is not None else ""
    return int(seconds) if seconds.isdigit() else None


def confirmed(history: list[Commit], token: str) -> bool:
    """Whether nothing but its confirmation happened since the commit with that log message."""
    since = [item.log for item in history]
    after = since[: since.index(token)] if token in since else ["rolled back"]
    return all(log == token + CONFIRMED for log in after)


def foreign(history: list[Commit], token: str) -> Commit | None:
    """The commit of somebody else that confirmed the one with that log message, or None if it was rolled back.

    The switch's own rollback is a commit by root with the client ``other``. While the newest commit is still that of
    the token and does not wait, it is returned itself: a check confirmed it, or the rollback is being committed.
    """
    logs = [item.log for item in history]
    if token not in logs:
        return None
    place = logs.index(token)
    after = history[max(place - 1, 0)]
    undone = (after.user, after.client) == ("root", "other") or after.log == token + REVERTED
    return None if undone else after


def _commit(entry: ET.Element) -> Commit:
    date = entry.find("date-time")
    seconds = date.get("seconds", "") if date is not None else ""
    timer = _TIMER.search(text(entry, "comment"))
    return Commit(
        text(entry, "user"),
        text(entry, "client"),
        int(seconds) if seconds.isdigit() else 0,
        text(entry, "log"),
        int(timer[1]) if timer else 0,
        "pending" in text(entry, "commit-confirmed"),
    )
