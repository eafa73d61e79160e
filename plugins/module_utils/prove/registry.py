# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of proofs: which proofs there are for a switch, a machine, a control plane or a cluster.

A proof is added by one function with the decorator :func:`proof` in a file that the scope's module imports. It is given
the scope's context, and yields :class:`..report.proofs.Proof`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ..report.proofs import Proof

Find = Callable[[Any], Iterable[Proof]]
Layers = Mapping[str, "str | None"]


@dataclass(frozen=True)
class Entry:
    """One registered function.

    :ivar scope: kind of object that is proved: ``switch``, ``bmc``, ``host``, ``control_plane`` or ``cluster``.
    :ivar layer: the layer that owes the proof, or None for what every host owes.
    :ivar provider: the provider of that layer, or None for all of them.
    :ivar concurrent: it waits for a time that all hosts share, so the other proofs are carried out meanwhile.
    """

    scope: str
    find: Find
    layer: str | None = None
    provider: str | None = None
    concurrent: bool = False

    def proofs(self, context: Any) -> list[Proof]:
        """What the function yields for a context."""
        return list(self.find(context))

    def owed(self, layers: Layers) -> bool:
        """Whether a host with these layers owes it; a host whose layers are not known owes every proof."""
        if self.layer is None or not layers:
            return True
        return self.layer in layers and self.provider in (None, layers[self.layer])


ENTRIES: list[Entry] = []


def proof(
    scope: str, *, layer: str | None = None, provider: str | None = None, concurrent: bool = False
) -> Callable[[Find], Find]:
    """Register a function of proofs; see :class:`Entry` for the arguments."""

    def register(find: Find) -> Find:
        ENTRIES.append(Entry(scope, find, layer, provider, concurrent))
        return find

    return register


def prove_scope(scope: str, context: Any, layers: Layers | None = None) -> list[Proof]:
    """All proofs of a scope that are owed, in the order of their registration, the concurrent ones first.

    :param context: what the functions of this scope are given.
    :param layers: layer -> provider of the host, or None where they are not known.
    """
    owed = [entry for entry in ENTRIES if entry.scope == scope and entry.owed(layers or {})]
    waiting, others = [e for e in owed if e.concurrent], [e for e in owed if not e.concurrent]
    with ThreadPoolExecutor(max(1, len(waiting))) as pool:
        begun = [pool.submit(entry.proofs, context) for entry in waiting]
        found = [proof for entry in others for proof in entry.proofs(context)]
        return [*(proof for future in begun for proof in future.result()), *found]
