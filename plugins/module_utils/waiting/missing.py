# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects for which a wait still waits: one row each, with its node, the reason, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN = 12  # rows in a text; further ones are only counted


@dataclass(frozen=True)
class Row:
    """One object that is not as it has to be.

    :ivar what: the object, e.g. ``Deployment kube-system/coredns``, ``etcd`` or ``node2``.
    :ivar reason: why it is not, as its source reports it: a condition's reason and message, an error.
    :ivar node: the node to which it belongs, if any; empty if it is a node itself.
    :ivar since: a timestamp as its reporter gives it (RFC 3339), empty where the reporter knows none.
    """

    what: str
    reason: str = ""
    node: str = ""
    since: str = ""

    def __str__(self) -> str:
        place = f"{self.what} on {self.node}" if self.node else self.what
        text = f"{place}: {self.reason}" if self.reason else place
        return f"{text} (since {self.since})" if self.since else text


@dataclass(frozen=True)
class Missing:
    """What a probe found missing; at least one row. A probe that finds nothing missing returns its value instead."""

    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        if not self.rows:
            raise ValueError("a probe that misses nothing returns what it found, not an empty Missing")

    @classmethod
    def of(cls, what: str, reason: str = "", node: str = "", since: str = "") -> Missing:
        """Return a single row."""
        return cls((Row(what, reason, node, since),))

    @classmethod
    def each(cls, names: Iterable[str], reason: str = "") -> Missing:
        """Return one row per name, all for the same reason."""
        return cls(tuple(Row(name, reason) for name in names))

    def __str__(self) -> str:
        more = len(self.rows) - SHOWN
        text = "; ".join(map(str, self.rows[:SHOWN]))
        return f"{text}; and {more} more" if more > 0 else text
