# SPDX-License-Identifier: GPL-3.0-or-later
"""The wait for objects of the Kubernetes API: few requests while it lasts, all reasons when it ends."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import Progress, growing, wait
from .errors import Denied, NeverReached, ReadError
from .explain import EXPLAINED, explain
from .fields import Item
from .reads import Read, ReadText
from .related import judge_live
from .resources import Resources, Wanted

#: Objects of a kind and namespace from which on one list is read in place of each object.
LIST_FROM = 3
PAGE = 500
#: Seconds for which the API may deny requests: one that is starting does, before it knows its rules of access.
DENIED = 60.0
#: Seconds for which an object is missing for the same reason before it is explained while the wait lasts, and seconds
#: between two explanations of it.
STAYS, AGAIN = 30.0, 120.0

Now = Callable[[], datetime]


def await_objects(
    read: Read,
    wanted: Sequence[Wanted],
    deadline: Deadline,
    on_progress: Progress | None = None,
    *,
    read_text: ReadText | None = None,
    what: str = "",
    now: Now = lambda: datetime.now(UTC),
) -> dict[Wanted, Item]:
    """Return the objects once all of them exist and are as wanted, as they were at the last probe.

    A probe reads what was missing at the one before it, and everything before the wait ends. Objects that stay missing
    are explained: at the deadline, when a state is final, and from time to time for ``on_progress``. That makes at most
    :data:`EXPLAINED` × :data:`.reads.REQUESTS` requests at a time. While the API does not answer, the wait goes on.

    :param read_text: reads logs of containers; without it they are not shown.
    :param what: what is waited for, for the text of an error.
    :raises TimedOut: with what is missing and why.
    :raises NeverReached: an object is in a state that it cannot leave, with the reasons.
    :raises Denied: the API denied requests for longer than a server that is starting.
    """
    found = _Wait(read, read_text, tuple(dict.fromkeys(wanted)), deadline, now)
    named = str(wanted[0]) if len(wanted) == 1 else f"{len(wanted)} objects"
    return wait(found.probe, deadline, what=what or named, pause=growing(1, 5), on_progress=on_progress)


@dataclass(frozen=True)
class _Explanation:
    """Rows that were found at some time for a reason."""

    time: float
    reason: str
    rows: tuple[Row, ...]


class _Wait:
    """What the probes of one wait remember."""

    def __init__(
        self, read: Read, read_text: ReadText | None, wanted: tuple[Wanted, ...], deadline: Deadline, now: Now
    ) -> None:
        self.read, self.read_text, self.wanted, self.deadline, self.now = read, read_text, wanted, deadline, now
        self.resources = Resources(read)
        self.found: dict[Wanted, Item] = {}
        self.good: set[Wanted] = set()  # at their last reading
        self.missing: dict[Wanted, Row] = {}
        self.began: dict[Wanted, tuple[str, float]] = {}  # the reason, and when it was first seen
        self.explanations: dict[Wanted, _Explanation] = {}
        self.denied: float | None = None

    def probe(self) -> dict[Wanted, Item] | Missing:
        """All objects, or what is missing."""
        try:
            self._read_all()
        except ReadError as error:
            return self._unread(error)
        self.denied = None
        if not self.missing:
            return self.found
        self._explain_those_that_stay()
        return Missing(tuple(row for each in self.missing for row in self._rows(each)))

    def _read_all(self) -> None:
        self.resources.renew()
        todo = tuple(each for each in self.wanted if each not in self.good)
        self._judge(todo)
        if not self.missing:
            self._judge(tuple(each for each in self.wanted if each not in todo))

    def _judge(self, wanted: Sequence[Wanted]) -> None:
        """Read and judge these objects."""
        read, final = _remembering(self.read), []
        for each, item in self._objects(wanted):
            try:
                row = self._row(read, each, item)
            except NeverReached as error:
                final.append((item, error))
                continue
            self._note(each, item, row)
        if final:
            raise NeverReached(*(row for item, error in final[:EXPLAINED] for row in self._final(item, error)))

    def _row(self, read: Read, each: Wanted, item: Item | None) -> Row | None:
        if item is None:
            if not self.resources.path(each):
                return Row(str(each), f"the API does not serve {each.kind} of {each.api_version}")
            return Row(str(each), "it is not registered" if each.kind == "Node" else "it does not exist")
        return each.rule(item, self.now()) if each.rule else judge_live(read, item, self.now())

    def _final(self, item: Item | None, error: NeverReached) -> tuple[Row, ...]:
        rows = explain(self.read, item or {}, row=error.rows[0], read_text=self.read_text, now=self.now())
        return rows or error.rows

    def _note(self, each: Wanted, item: Item | None, row: Row | None) -> None:
        self.found.pop(each, None)
        if item is not None:
            self.found[each] = item
        if row is None:
            self.good.add(each)
            self.missing.pop(each, None)
            self.began.pop(each, None)
            return
        self.good.discard(each)
        self.missing[each] = row
        if self.began.get(each, ("", 0.0))[0] != row.reason:
            self.began[each] = (row.reason, self.deadline.clock.now())

    def _objects(self, wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, Item | None]]:
        """Each of these with its object, if there is one; several of a collection by one list."""
        collections: dict[str | None, list[Wanted]] = {}
        for each in wanted:
            collections.setdefault(self.resources.path(each), []).append(each)
        for path, members in collections.items():
            if path is None:
                yield from ((each, None) for each in members)
                continue
            listed = self._list(path) if len(members) >= LIST_FROM else None
            for each in members:
                item = listed.get(each.name) if listed is not None else self.read(f"{path}/{each.name}")
                head = {"apiVersion": each.api_version, "kind": each.kind}
                yield each, None if item is None else {**head, **item}

    def _list(self, path: str) -> dict[str, Item]:
        """All objects of a collection by name, page by page."""
        found: dict[str, Item] = {}
        more = ""
        while True:
            page = self.read(f"{path}?limit={PAGE}{more}") or {}
            found |= {item["metadata"]["name"]: item for item in page.get("items") or ()}
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return found
            more = f"&{urllib.parse.urlencode({'continue': token})}"

    def _unread(self, error: ReadError) -> Missing:
        """What is missing while the API does not answer: the API, and what the last answers lacked."""
        time = self.deadline.clock.now()
        if not isinstance(error, Denied) or error.status == 429:  # too many requests: a later one is answered
            self.denied = None
        elif self.denied is None:
            self.denied = time
        elif time - self.denied > DENIED:
            raise error
        return Missing((Row("the API", str(error)), *(row for each in self.missing for row in self._rows(each))))

    def _rows(self, each: Wanted) -> tuple[Row, ...]:
        row, known = self.missing[each], self.explanations.get(each)
        return known.rows if known and known.reason == row.reason else (row,)

    def _explain_those_that_stay(self) -> None:
        """Explain what has been missing for long, and at the deadline all that is missing."""
        there = [each for each in self.missing if each in self.found]
        for each in [each for each in there if self.deadline.passed or self._stays(each)][:EXPLAINED]:
            row = self.missing[each]
            rows = explain(self.read, self.found[each], row=row, read_text=self.read_text, now=self.now())
            self.explanations[each] = _Explanation(self.deadline.clock.now(), row.reason, rows)

    def _stays(self, each: Wanted) -> bool:
        """Whether an object is missing for long, and was not explained just now."""
        time, known = self.deadline.clock.now(), self.explanations.get(each)
        return time - self.began[each][1] >= STAYS and (known is None or time - known.time >= AGAIN)


def _remembering(read: Read) -> Read:
    """Read once for all objects of a probe: claims have a StorageClass in common, and webhooks a service."""
    known: dict[str, Item | None] = {}

    def once(path: str) -> Item | None:
        if path not in known:
            known[path] = read(path)
        return known[path]

    return once
