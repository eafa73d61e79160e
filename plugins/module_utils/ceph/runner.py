# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the program `ceph`, wherever it is: on this host, in Rook's toolbox, or in cephadm's shell."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from typing import Any

from ..errors import CloudError, missing_program

#: Errors of the client itself that no waiting cures: no configuration, no key, a key that is refused.
_FOR_GOOD = re.compile(
    r"conf_read_file|ObjectNotFound|PermissionDenied|PermissionError|\[errno (1|2|13)\]", re.IGNORECASE
)

#: Words of a command behind ``ceph``.
Words = tuple[str, ...]

#: Exit statuses of `ceph` that are an answer: EAGAIN, something can't be told yet, and EBUSY, it must not be done.
_DENIED = frozenset({11, 16})


class CephError(CloudError):
    """Ceph can't be asked, or is not as it has to be. `details` are results of the module that fails with it."""

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}


class NoAnswer(CephError):
    """The cluster, or the place where `ceph` runs, does not answer now and may do so later."""


class Ceph:
    """Commands of one cluster.

    :param command: the program with what comes before its arguments, e.g. ``["ceph"]`` or ``["kubectl", "-n",
        "rook-ceph", "exec", "-i", "deploy/rook-ceph-tools", "--", "ceph"]``.
    :param seconds: how long `ceph` tries to reach a monitor; without a quorum it would try for ever.
    """

    def __init__(self, command: Sequence[str], seconds: int = 20) -> None:
        self.command, self.seconds = list(command), seconds

    def read(self, *words: str) -> Any:
        """The answer of a command as an object.

        :raises NoAnswer: no monitor answered in time, or the command failed otherwise.
        :raises CephError: the program is missing, or has no configuration or key with which it may ask.
        """
        return self.read_all(words)[0]

    def read_all(self, *commands: Words) -> list[Any]:
        """The answers of several commands, of which none has an effect, from one start of `ceph`.

        A start takes a second and more where `ceph` runs in a container. Without words it carries out the lines of its
        standard input (ceph.in, `new_style_command`: so from Nautilus to Tentacle), and says of a failure on its
        standard error only. So where answers are missing, also since something on the way does not pass the standard
        input on, each command is run by itself.

        :raises CephError: as `read`.
        """
        lines = [shlex.join(words) for words in commands]
        found = _objects(self._run(lines=lines).stdout) if len(commands) > 1 else []
        if len(found) == len(commands):
            return found
        return [self._parsed(self._run(*words), words) for words in commands]

    def ask(self, *words: str) -> tuple[Any, str]:
        """The answer to a question that Ceph may deny, as ``osd safe-to-destroy 3``, and why it denies it.

        The answer is None where Ceph can't tell yet. The reason is empty where it denies nothing.

        :raises CephError: as `read`.
        """
        done = self._run(*words, denied=_DENIED)
        if not done.returncode:
            return self._parsed(done, words), ""
        try:
            return json.loads(done.stdout), _reason(done)
        except ValueError:
            return None, _reason(done)

    def act(self, *words: str) -> None:
        """Make a change.

        :raises CephError: as `read`.
        """
        self._run(*words)

    def _run(
        self, *words: str, denied: frozenset[int] = frozenset(), lines: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[bytes]:
        argv = [*self.command, "--connect-timeout", str(self.seconds), *words, "--format", "json"]
        shown = " ".join([*self.command, *words, "; ".join(lines)]).strip()
        text = "".join(f"{line}\n" for line in lines).encode()
        try:
            done = subprocess.run(argv, input=text, capture_output=True, timeout=3 * self.seconds, check=False)
        except FileNotFoundError as error:
            raise CephError(f"{shown}: {missing_program(self.command[0])}") from error
        except subprocess.TimeoutExpired as error:
            raise NoAnswer(f"{shown}: no answer within {3 * self.seconds} s") from error
        if done.returncode and done.returncode not in denied:
            for_good = _FOR_GOOD.search(done.stderr.decode("utf-8", "replace"))
            raise (CephError if for_good else NoAnswer)(f"{shown}: {_reason(done)}")
        return done

    def _parsed(self, done: subprocess.CompletedProcess[bytes], words: Sequence[str]) -> Any:
        try:
            return json.loads(done.stdout)
        except ValueError as error:
            shown = " ".join([*self.command, *words])
            raise NoAnswer(f"{shown} gave no JSON: {done.stdout[:200]!r}") from error


class Once(Ceph):
    """The same commands, of which each is run once: answers of one moment.

    :param commands: those whose answers will be read; they are read with the first of them.
    """

    def __init__(self, ceph: Ceph, *commands: Words) -> None:
        super().__init__(ceph.command, ceph.seconds)
        self._ceph, self._commands, self._answers = ceph, commands, dict[Words, Any]()

    def read_all(self, *commands: Words) -> list[Any]:
        """See :class:`Ceph`."""
        missing = [words for words in dict.fromkeys((*commands, *self._commands)) if words not in self._answers]
        if any(words in missing for words in commands):
            self._answers.update(zip(missing, self._ceph.read_all(*missing), strict=True))
        return [self._answers[words] for words in commands]

    def ask(self, *words: str) -> tuple[Any, str]:
        """See :class:`Ceph`."""
        return self._ceph.ask(*words)

    def act(self, *words: str) -> None:
        """See :class:`Ceph`."""
        self._ceph.act(*words)


def _objects(text: bytes) -> list[Any]:
    """The objects of a text with JSON, up to what is none."""
    found, rest = [], text.decode("utf-8", "replace").strip()
    while rest:
        try:
            value, end = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            break
        found.append(value)
        rest = rest[end:].lstrip()
    return found


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line of what a command says of its failure; kubectl adds a line to it that says nothing."""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    said = [line for line in lines if not line.startswith("command terminated with exit code")]
    return said[-1] if said else f"exit status {done.returncode}"
