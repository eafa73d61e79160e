# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machine reached which other in each network, as tables of the report's page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from ..draw.scene import natural
from .proofs import Proof, Reach

#: Machines of a network of which all pairs are shown. Of more, those pairs are listed that failed.
MOST = 16
#: Result of a pair -> class, sign, and what was seen with `size` bytes.
_MARKS = {
    "answered": ("good", "✓", "answers at {size} bytes, and not at one more"),
    "silent": ("bad", "✕", "no answer at {size} bytes"),
    "larger": ("bad", "+", "answers at {size} bytes, and at one more too"),
    "open": ("untried", "?", "answers at {size} bytes; one more was not tried, since another peer was silent"),
}


@dataclass(frozen=True)
class Table:
    """The pairs of one network.

    :ivar size: bytes that have to pass, of the machines that have this MTU there.
    :ivar pairs: (sender, receiver) -> a key of `_MARKS`. A receiver that proved nothing itself is an address.
    """

    network: str
    size: int
    pairs: Mapping[tuple[str, str], str]

    @property
    def senders(self) -> list[str]:
        return sorted({sender for sender, __ in self.pairs}, key=natural)

    @property
    def receivers(self) -> list[str]:
        return sorted({receiver for __, receiver in self.pairs}, key=natural)

    @property
    def failed(self) -> list[tuple[str, str]]:
        return sorted(pair for pair, result in self.pairs.items() if _MARKS[result][0] == "bad")


def tables(proofs: Iterable[Proof]) -> list[Table]:
    """A table for each network and size that was measured, in the order of the names."""
    measured = [(proof.name.partition(": ")[0], proof.reach) for proof in proofs if proof.reach]
    names = {(reach.network, reach.address): host for host, reach in measured}
    found: dict[tuple[str, int], dict[tuple[str, str], str]] = {}
    for host, reach in measured:
        pairs = found.setdefault((reach.network, reach.mtu), {})
        for peer, result in _results(reach):
            pairs[host, names.get((reach.network, peer), peer)] = result
    return [Table(*key, pairs) for key, pairs in sorted(found.items(), key=lambda item: natural(item[0][0]))]


def _results(reach: Reach) -> Iterator[tuple[str, str]]:
    """Each peer with its result."""
    for peer in reach.answered:
        yield peer, "larger" if peer in reach.larger else "open" if reach.silent else "answered"
    for peer in reach.silent:
        yield peer, "silent"


def section(proofs: Iterable[Proof]) -> str:
    """All tables, collapsed where nothing failed; empty where nothing was measured."""
    found = tables(proofs)
    if not found:
        return ""
    failed = sum(len(table.failed) for table in found)
    count = sum(len(table.pairs) for table in found)
    words = f"{count - failed} of {count} answer as they have to"
    opened = " open" if failed else ""
    body = "".join(map(_table, found))
    return f'<details{opened}><summary>Pairs of machines <span class="n">{words}</span></summary>{body}</details>'


def _table(table: Table) -> str:
    head = f"<h3>{escape(table.network)} <small>{table.size} bytes</small></h3>"
    senders, receivers = table.senders, table.receivers
    if len({*senders, *receivers}) > MOST:
        return head + _list(table)
    columns = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in receivers)
    rows = "".join(
        f'<tr><th scope="row">{escape(sender)}</th>{"".join(_cell(table, sender, name) for name in receivers)}</tr>'
        for sender in senders
    )
    return f'{head}<div class="pairs"><table><tr><td></td>{columns}</tr>{rows}</table></div>'


def _cell(table: Table, sender: str, receiver: str) -> str:
    result = table.pairs.get((sender, receiver))
    if result is None:
        return "<td></td>"
    kind, sign, __ = _MARKS[result]
    return f'<td class="{kind}" title="{escape(_words(table, sender, receiver))}">{sign}</td>'


def _list(table: Table) -> str:
    if not table.failed:
        return f'<p class="evidence">all {len(table.pairs)} pairs of {len(table.senders)} machines</p>'
    return f"<ul>{''.join(f'<li>{escape(_words(table, *pair))}</li>' for pair in table.failed)}</ul>"


def _words(table: Table, sender: str, receiver: str) -> str:
    seen = _MARKS[table.pairs[sender, receiver]][2].format(size=table.size)
    return f"{sender} to {receiver}: {seen}"
