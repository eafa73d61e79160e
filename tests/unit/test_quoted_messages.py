# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that the tests of machines quote are messages of this collection, in its present words.

Those tests take minutes, so a message that was reworded would otherwise be noticed in CI only.
"""

from __future__ import annotations

import ast
import pathlib
import re
import typing as t

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = [*ROOT.glob("molecule/*/tests/*.py"), *ROOT.glob("tests/e2e/*.py")]
#: Sentences are recognized by their words: letters and spaces, at least three words.
SENTENCE = re.compile(r"[A-Za-z']+( [A-Za-z']+){2,}\Z")
#: What other programs say, and what is put together of several texts.
OTHERS = {"systemctl start kubelet", "rolled back by the timer", "System clock wrong by"}


def quoted(tree: ast.AST) -> t.Iterator[tuple[int, str]]:
    """Sentences that are compared by `in` with something: (line, text)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            left = node.left
            if isinstance(left, ast.Constant) and isinstance(left.value, str) and SENTENCE.match(left.value):
                yield node.lineno, left.value


def messages() -> str:
    """All texts of the collection, with literals that are continued on the next line put together."""
    files = [path for directory in ("plugins", "roles", "playbooks") for path in (ROOT / directory).rglob("*")]
    text = "\n".join(path.read_text() for path in files if path.suffix in (".py", ".yml", ".j2", ".sh", ".html"))
    return re.sub(r'"\n\s*f?"', "", text)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_quoted_messages_exist(path: pathlib.Path) -> None:
    known = messages()
    lost = [f"line {line}: {text!r}" for line, text in quoted(ast.parse(path.read_text()))
            if text not in known and text not in OTHERS]  # fmt: skip
    assert not lost, f"{path.relative_to(ROOT)} quotes what the collection does not say: {lost}"


def test_a_sentence_is_recognized() -> None:
    tree = ast.parse("assert 'no such message' in text\nassert 'LACP rate: fast' in text\nassert 'two words' in text")
    assert list(quoted(tree)) == [(1, "no such message")]
