# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out commands one after another: beside.py DIRECTORY, with a list of entries as JSON on stdin.

An entry is {name, words, minutes, lines, first}. Several of these processes may be given the same list; each command is
carried out by one of them. One that is `first` is waited for before those after it begin. When a command has ended,
DIRECTORY/NAME has its result: nothing where it succeeded, else the text of the failure; DIRECTORY/NAME.spent has the
seconds that it took, as JSON {wall, cpu}, the CPU's without daemons that outlived their parents. This is a process of
its own, since tests replace parts of Python in theirs.
"""

from __future__ import annotations

import json
import pathlib
import resource
import signal
import sys
import time

from commands import command


def main() -> None:
    # What `command` has begun is ended where this process is told to end.
    signal.signal(signal.SIGTERM, lambda *__: sys.exit(1))
    directory = pathlib.Path(sys.argv[1])
    for entry in json.load(sys.stdin):
        result = directory / entry["name"]
        try:
            (directory / f"{entry['name']}.begun").touch(exist_ok=False)
        except FileExistsError:
            while entry["first"] and not result.exists():
                time.sleep(0.2)
            continue
        text, began = "", (time.monotonic(), _cpu())
        try:
            command(entry["name"], *entry["words"], minutes=entry["minutes"], lines=entry["lines"])
        except AssertionError as error:
            text = str(error)
        spent = {"wall": time.monotonic() - began[0], "cpu": _cpu() - began[1]}
        (directory / f"{entry['name']}.spent").write_text(json.dumps(spent))
        part = directory / f"{entry['name']}.part"
        part.write_text(text)
        part.rename(result)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
