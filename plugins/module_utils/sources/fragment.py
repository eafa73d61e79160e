# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a model with comments on what a person has to fill in, and what a person adds to it."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import SourceError, problem

#: Sections of a model that a source fills, in the order of the file.
SECTIONS = ("networks", "switches", "machines")
_TEMPLATE = ("{{", "{%", "{#")
PLUGIN = "groundup.cloud.cloud"


@dataclass
class Fragment:
    """Sections of a model, and comments by the place that they belong to: ``("machines", "node1")``.

    :ivar errors: why the model cannot be made; raised together by :meth:`finish`.
    """

    sections: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    notes: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def note(self, section: str, name: str, text: str) -> None:
        """Add a comment to an object, once."""
        notes, line = (
            self.notes.setdefault((section, name), []),
            "".join(one for one in " ".join(text.split()) if one.isprintable()),
        )
        if line not in notes:
            notes.append(line)

    def doubt(self, section: str, name: str, text: str) -> None:
        """Add a comment that is a warning as well: the model may be wrong there."""
        self.note(section, name, text)
        self.warnings.append(f"{section}.{name}: {text}")

    def refuse(self, where: str, what: str, remedy: str) -> None:
        """Add an error."""
        self.errors.append(problem(where, what, remedy))

    def finish(self) -> None:
        """Raise :class:`SourceError` with all errors, if there are any."""
        if self.errors:
            raise SourceError(*dict.fromkeys(self.errors))

    def refuse_templates(self) -> None:
        """Refuse texts of the source that Ansible would evaluate when the inventory is read: they could run programs.

        Only the placeholders of passwords are templates; a source's text is never written there.
        """
        for section, objects in self.sections.items():
            for path, text in _texts(objects, section):
                if any(mark in text for mark in _TEMPLATE) and not path.endswith(".password"):
                    self.refuse(
                        path, "has the mark of a template, which Ansible would evaluate", "change the text there"
                    )

    def model(self) -> dict[str, Any]:
        """The part as the inventory plugin reads it; sections without objects are left out."""
        filled = {name: objects for name, objects in self.sections.items() if objects}
        return {"plugin": PLUGIN, **copy.deepcopy(filled)}

    def add(self, additions: Any, file: str) -> None:
        """Merge what a person adds: mappings are merged, other values replaced, null removes a key.

        Objects that the source does not have are errors: there they are misspelt, or belong into another file.
        """
        if additions is None:
            return
        if not isinstance(additions, Mapping):
            raise SourceError(problem(file, "is not a mapping", "give networks, switches or machines by name"))
        for section, objects in additions.items():
            if section not in SECTIONS or not isinstance(objects, Mapping):
                self.refuse(f"{file}: {section}", "cannot be added to", f"add to objects of {', '.join(SECTIONS)}")
                continue
            for name, keys in objects.items():
                self._add_to(str(section), str(name), keys, file)

    def _add_to(self, section: str, name: str, keys: Any, file: str) -> None:
        where, known = f"{file}: {section}.{name}", self.sections[section]
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            remedy = f"did you mean {close[0]}?" if close else "correct the name, or write the object into your model"
            self.refuse(where, "is not in what was read", remedy)
        elif not isinstance(keys, Mapping):
            self.refuse(where, "is not a mapping", "give keys and values")
        else:
            known[name] = merged(known[name], keys)
            self._settle(section, name, set(paths_of(keys)))

    def _settle(self, section: str, name: str, added: Collection[str]) -> None:
        """Remove comments and warnings that ask for what was added: they begin with the path of a key and a colon."""
        notes = self.notes.get((section, name), [])
        settled = {text for text in notes if text.partition(": ")[0] in added}
        notes[:] = [text for text in notes if text not in settled]
        gone = {f"{section}.{name}: {text}" for text in settled}
        self.warnings[:] = [text for text in self.warnings if text not in gone]


def placeholder(variable: str) -> str:
    """What stands where a secret belongs: a variable, which people keep in a vault."""
    return f"{{{{ {variable} }}}}"


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a value, names of keys as well, with its path."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield path, str(key)
            yield from _texts(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")
    elif isinstance(value, str):
        yield path, value


def paths_of(keys: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of a mapping's keys, such as `nics` and `nics.nic0`."""
    for key, value in keys.items():
        yield f"{above}{key}"
        if isinstance(value, Mapping):
            yield from paths_of(value, f"{above}{key}.")


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with the keys of another over its own, at any depth; null removes a key."""
    result = dict(base)
    for key, value in more.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            below = result.get(key)
            result[key] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result
