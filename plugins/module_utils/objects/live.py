# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the live objects that are wanted, with as few calls as are worth it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from . import stages
from .apply import in_parallel
from .errors import Refused
from .transport import Json, Transport, items
from .wanted import Key, Wanted

#: From so many objects of one kind in one namespace on, the collection is read instead of each object.
FEW = 4
Read = Callable[[], list[tuple[Key, Json]]]


def get(transport: Transport, path: str) -> Json | None:
    """Return an object, or None where there is none, also where its kind is not served."""
    try:
        return transport.call("GET", path)
    except Refused as error:
        if error.status == 404:
            return None
        raise


def served(transport: Transport, path: str, query: Mapping[str, str] | None = None) -> list[Json]:
    """Return the objects of a collection; none where their kind is not served."""
    try:
        return list(items(transport, path, query))
    except Refused as error:
        if error.status == 404:
            return []
        raise


def read(transport: Transport, wanted: Sequence[Wanted], connections: int) -> dict[Key, Json]:
    """Return the live objects among the wanted ones. CRDs are read one by one: the others of a cluster are large."""
    groups: dict[str, list[Wanted]] = {}
    for one in wanted:
        if one.resource.served:
            groups.setdefault(one.resource.path(one.key.namespace), []).append(one)
    calls: list[Read] = []
    for path, found in groups.items():
        crds = (found[0].key.group, found[0].key.kind) == stages.CRD
        if crds or len(found) < FEW:
            calls += [_single(transport, one) for one in found]
        else:
            calls.append(_collection(transport, path, found))
    return dict(pair for pairs in in_parallel(lambda call: call(), calls, connections) for pair in pairs)


def _single(transport: Transport, wanted: Wanted) -> Read:
    def call() -> list[tuple[Key, Json]]:
        found = get(transport, wanted.path)
        return [] if found is None else [(wanted.key, found)]

    return call


def _collection(transport: Transport, path: str, wanted: Iterable[Wanted]) -> Read:
    keys = {one.key.name: one.key for one in wanted}

    def call() -> list[tuple[Key, Json]]:
        found = served(transport, path)
        return [(keys[one["metadata"]["name"]], one) for one in found if one["metadata"]["name"] in keys]

    return call
