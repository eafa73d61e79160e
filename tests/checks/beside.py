# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out commands one after another: beside.py DIRECTORY, with a list of {name, words, minutes} as JSON on stdin.

When it has ended, DIRECTORY/NAME has its result: nothing where it succeeded, else the text of the failure. This is a
process of its own, since unit tests replace parts of Python in theirs.
"""

from __future__ import annotations

import json
import pathlib
import signal
import sys

from commands import command


def main() -> None:
    # What `command` has begun is ended where this process is told to end.
    signal.signal(signal.SIGTERM, lambda *__: sys.exit(1))
    directory = pathlib.Path(sys.argv[1])
    for entry in json.load(sys.stdin):
        text = ""
        try:
            command(entry["name"], *entry["words"], minutes=entry["minutes"])
        except AssertionError as error:
            text = str(error)
        part = directory / f"{entry['name']}.part"
        part.write_text(text)
        part.rename(directory / entry["name"])


if __name__ == "__main__":
    main()
