# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that a part of a model is written to. What a person wrote into it is never lost without being asked for."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..model.documents import is_model_name
from .errors import SourceError, problem
from .names import get

_DIGEST = re.compile(r"^# content: sha256:([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True)
class FilePlan:
    """The file as it is and as it shall be; the same plan is shown in check mode and performed.

    :ivar path: None if nothing is to be written.
    """

    path: Path | None
    before: str | None
    after: str

    @classmethod
    def of(
        cls, dest: str | None, old: str | None, body: str, source: str, additions: str | None, overwrite: bool
    ) -> FilePlan:
        """Plan to write ``body`` with a head that tells its origin.

        :param overwrite: whether to replace a file that was changed by hand, or was not made here.
        :raises SourceError: it would be replaced, and that was not asked for.
        """
        where = os.path.basename(additions) if additions else "a file of additions"
        head = [
            f"# Made from {source}. Don't edit: write what you add into {where},",
            "# and values for all machines into `defaults` of your own file.",
            f"# content: sha256:{hashlib.sha256(body.encode()).hexdigest()}",
        ]
        after = "\n".join(head) + "\n" + body
        if dest is None:
            return cls(None, None, after)
        path = Path(dest)
        if not is_model_name(path.name):
            name = path.with_name(f"{path.stem or 'netbox'}.cloud.yml").name
            raise SourceError(problem(str(path), "is not named as a part of a model", f"name it {name}"))
        if old is not None and old != after and not overwrite and not is_untouched(old):
            remedy = f"move your changes into {where}, or give overwrite: true to lose them"
            raise SourceError(problem(str(path), "was changed by hand, or was not made here", remedy))
        return cls(path, old, after)

    @property
    def changed(self) -> bool:
        """Whether the file would be written."""
        return self.path is not None and self.before != self.after

    def result(self) -> dict[str, Any]:
        """What a module returns of it."""
        path = str(self.path) if self.path else "model"
        diff = {"before_header": path, "after_header": path, "before": self.before or "", "after": self.after}
        return {"changed": self.changed, "diff": [diff] if self.changed else [], "text": self.after}

    def act(self) -> None:
        """Write the file, if it differs: as a whole, or not at all."""
        if self.path is None or not self.changed:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f".{self.path.name}.new")
        new.write_text(self.after, encoding="utf-8")
        os.replace(new, self.path)


def is_untouched(text: str) -> bool:
    """Whether a file is as it was written here: its content has the digest that its head tells."""
    match = _DIGEST.search(text)
    if match is None:
        return False
    return hashlib.sha256(text[match.end() + 1 :].encode()).hexdigest() == match[1]


def read_file(dest: str | None) -> str | None:
    """The present text of a file; None if there is none."""
    try:
        return Path(dest).read_text(encoding="utf-8") if dest else None
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise SourceError(problem(str(dest), f"is no text in UTF-8: {error}", "name another file")) from error


def numbers_of(text: str | None, file: str | None) -> dict[str, int]:
    """Numbers of machines in the present file, which must never change."""
    return given(_yaml(text, str(file)), "machines", "number") if text else {}


def given(data: Any, section: str, key: str) -> dict[str, int]:
    """A positive number that objects of a section have as one of their keys, by the objects' names."""
    objects = get(data, section)
    items = objects.items() if isinstance(objects, Mapping) else ()
    numbers = {str(name): get(values, key) for name, values in items}
    return {
        name: number
        for name, number in numbers.items()
        if isinstance(number, int) and not isinstance(number, bool) and number > 0
    }


def read_additions(path: str) -> Any:
    """What a person adds.

    :raises SourceError: it is missing, or no YAML, or would be taken for a part of the model itself.
    """
    if is_model_name(Path(path).name):
        remedy = "name it otherwise, such as netbox.additions.yml"
        raise SourceError(problem(path, "is named as a part of the model, which would read it as well", remedy))
    text = read_file(path)
    if text is None:
        raise SourceError(problem(path, "does not exist", "create it, or leave the option additions out"))
    return _yaml(text, path)


def _yaml(text: str, file: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        remedy = "correct it; secrets are written as templates, and not by !vault"
        raise SourceError(problem(file, f"is no YAML: {reason}", remedy)) from error
