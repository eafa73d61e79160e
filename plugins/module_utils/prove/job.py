# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a module that runs in the background of this machine, as Ansible's async_wrapper writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import CloudError
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait

#: Seconds between two looks at the file.
PAUSE = 1.0


class JobError(CloudError):
    """The job left no result."""


def result_of(file: str, timeout: float, deadline: Deadline | None = None) -> dict[str, Any]:
    """Wait for the result of the job and return it.

    The file has ``started`` until the job has ended. It is replaced as a whole, so it is never half written.

    :raises JobError: there is no such job, or it has not ended in time.
    """

    def probe() -> dict[str, Any] | Missing:
        try:
            found: dict[str, Any] = json.loads(Path(file).expanduser().read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise JobError(f"{file}: there is no such job on this machine; start the proofs again") from error
        except ValueError as error:
            raise JobError(f"{file}: the job wrote no result ({error}); look for its end in the journal") from error
        running = "started" in found and not found.get("finished")
        return Missing.of("the proofs of the machine", "they are running") if running else found

    try:
        return wait(probe, deadline or Deadline(timeout), what="the proofs in the background", pause=PAUSE)
    except TimedOut as error:
        raise JobError(f"{error}; look at {file} and at the load of this machine") from error
