# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the command line that are nearly those which this collection reads."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from ansible import context
from ansible.parsing.dataloader import DataLoader
from ansible.utils.collection_loader._collection_finder import _get_collection_playbook_path
from ansible.utils.vars import load_extra_vars

ROOT = Path(__file__).resolve().parents[2]
#: How alike two names are that are taken for one, 0 to 1.
_ALIKE = 0.85
_READ = ("playbooks/**/*.yml", "roles/*/defaults/main.yml", "roles/*/meta/argument_specs.yml", "roles/*/tasks/*.yml")


def mistyped(loader: DataLoader) -> str:
    """Why a run may not begin with its extra variables, or an empty string.

    Ansible ignores a variable that nothing reads. In a run of other playbooks nothing is said: their roles have some
    too.
    """
    books = map(_get_collection_playbook_path, context.CLIARGS.get("args") or ())
    if not all(book and Path(book[1]).resolve().is_relative_to(ROOT) for book in books):
        return ""
    given = load_extra_vars(loader)
    return misread(given, known()) if given else ""


def misread(given: Iterable[str], words: set[str]) -> str:
    """The message of the first name that nothing reads and that is nearly one of the words, or an empty string."""
    for name in sorted(set(given) - words):
        near = difflib.get_close_matches(name, words, n=1, cutoff=_ALIKE) if "_" in name else []
        if near:
            return f"-e {name}: nothing reads a variable of this name; did you mean {near[0]}?"
    return ""


def known() -> set[str]:
    """The words in playbooks and roles that may be variables."""
    return {
        word
        for pattern in _READ
        for path in ROOT.glob(pattern)
        for word in re.findall(r"\b[a-z]\w*_\w+", path.read_text(encoding="utf-8"))
    }
