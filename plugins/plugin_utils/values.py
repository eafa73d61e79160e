# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the values of a large inventory reach Ansible in little time and memory."""

from __future__ import annotations

import contextlib
import gc
import typing as t

from ansible.template import trust_as_template
from ansible_collections.groundup.cloud.plugins.module_utils.model.values import Expression, is_template


@contextlib.contextmanager
def collector_paused() -> t.Iterator[None]:
    """Pause the garbage collector, which would search a large inventory for garbage again and again as it grows.

    Nearly everything that is made here stays, so those searches find nothing and take longer than the rest.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Trusted:
    """Marks constants as trusted, so that `ansible-inventory` lists them as plain text.

    A string with a template keeps its mark: a template of the model is trusted and evaluated where a role uses it;
    a string that a template or a vault returned is not evaluated again. Templates of the derived views (Expression)
    are trusted.

    Marking takes Ansible a microsecond, and a large cloud has a million strings, most of them equal. So equal strings
    are marked once, and hosts whose variables are one object have one marked object. Ansible never changes the value of
    a variable in place.
    """

    def __init__(self) -> None:
        self._strings: dict[str, str] = {}
        # Each with its source, which must exist as long as its id is used here.
        self._collections: dict[int, tuple[t.Any, t.Any]] = {}

    def __call__(self, value: t.Any) -> t.Any:
        """The value with its strings marked."""
        return self._marked_of([value])[0]

    def _marked_of(self, values: t.Iterable[t.Any]) -> list[t.Any]:
        """The values with their strings marked: one call for all values of a collection, which are a million."""
        strings, collections, marked = self._strings, self._collections, []
        for value in values:
            found = value
            if type(value) is str:
                found = strings.get(value)
                if found is None:
                    found = strings[value] = _marked(value)
            elif isinstance(value, str):
                found = _marked(value)
            elif isinstance(value, (dict, list, tuple)):
                known = collections.get(id(value))
                if known is None:
                    known = collections[id(value)] = (value, self._marked_in(value))
                found = known[1]
            marked.append(found)
        return marked

    def _marked_in(self, value: dict[str, t.Any] | list[t.Any] | tuple[t.Any, ...]) -> t.Any:
        if isinstance(value, dict):
            return dict(zip(value, self._marked_of(value.values()), strict=True))
        return self._marked_of(value)


def _marked(value: str) -> str:
    if is_template(value) and not isinstance(value, Expression):
        return value
    marked: str = trust_as_template(str.__str__(value) if isinstance(value, Expression) else value)
    return marked
