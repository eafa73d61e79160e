# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions of the modules of the virtual rack: they take parameters and return a module's result."""

from __future__ import annotations

import os
from typing import Any

from . import saved
from .emulators import default_directory
from .lifecycle import PARTS, Setting, absent, missing, present
from .machines import stopped
from .made_from import made_from
from .names import Places, places
from .plan import rack
from .programs import missing_programs
from .shell import LabError
from .sizes import available, require_memory
from .twin_file import TwinFiles, lab_name, write_twin

Params = dict[str, Any]
Result = dict[str, Any]


def raise_rack(wanted: Params, parts: list[str], check: bool) -> Result:
    """State `present`: write the twin's files, then create `parts`. Check mode writes only the twin's files.

    :param wanted: the option `rack` of the module `virtual_rack`.
    :raises LabError, ModelError: with place and remedy.
    """
    files, where = write_twin(wanted["model"], wanted["directory"], wanted["name"], wanted["accelerator"] or "")
    setting = _setting(files, where, wanted)
    if check:
        found = missing(setting)
        done = [f"{part}: {item}" for part in parts for item in found[part]]
    else:
        if "machines" in parts:
            require_memory(stopped(setting.rack), available())
        done = present(setting, [part for part in PARTS if part in parts])
    return {**_answer(files, where), "changed": files.changed or bool(done), "done": done}


def look(wanted: Params) -> Result:
    """What is missing of a rack, by part in the order of their start. Without the programs all parts are missing."""
    programs = missing_programs()
    if programs:
        missing_all = {part: list(programs) for part in PARTS}
        return {"changed": False, "programs": programs, "missing": missing_all, "up": False}
    files, where = write_twin(wanted["model"], wanted["directory"], wanted["name"], wanted["accelerator"] or "")
    found = {part: items for part, items in missing(_setting(files, where, wanted)).items() if items}
    return {**_answer(files, where), "changed": False, "programs": [], "missing": found, "up": not found}


def save_rack(wanted: Params, check: bool) -> Result:
    """Store a rack that runs, and bring it back.

    :raises LabError: if it does not run.
    """
    _require_model(wanted)
    files, where = write_twin(wanted["model"], wanted["directory"], wanted["name"], wanted["accelerator"] or "")
    done = [] if check else saved.save(_setting(files, where, wanted), made_from(wanted["model"], where.name))
    return {**_answer(files, where), "changed": True, "done": done, "saved": saved.place(where)}


def load_rack(wanted: Params, stale: bool, check: bool) -> Result:
    """Bring a saved rack back, in the place of none.

    :param stale: consent to take one that was made from something else.
    :raises LabError: with the remedy.
    """
    _require_model(wanted)
    where = places(lab_name(wanted["name"], wanted["model"]))
    if check:
        return {"name": where.name, "changed": True, "done": [], "saved": saved.place(where)}
    manifest = saved.restore_state(where, made_from(wanted["model"], where.name), stale)
    files, where = write_twin(wanted["model"], wanted["directory"], wanted["name"], wanted["accelerator"] or "")
    done = saved.start(_setting(files, where, wanted), manifest)
    return {**_answer(files, where), "changed": True, "done": done, "saved": saved.place(where)}


def remove_rack(wanted: Params, check: bool) -> Result:
    """State `absent`: remove everything that belongs to the lab."""
    where = places(lab_name(wanted["name"], wanted["model"]))
    removed = absent(where, os.path.join(os.path.abspath(wanted["directory"]), where.name), dry=check)
    done = [f"namespace {name}" for name in removed.namespaces] + [f"mount {point}" for point in removed.mounts]
    done += [f"directory {path}" for path in removed.directories]
    return {"name": where.name, "changed": removed.changed, "done": done, "processes": removed.processes}


def _require_model(wanted: Params) -> None:
    """A saved rack is keyed by its model."""
    if not wanted["model"]:
        raise LabError("rack.model: give the model of the rack that is saved or loaded")


def _setting(files: TwinFiles, where: Places, wanted: Params) -> Setting:
    return Setting(
        rack(files.model, where),
        files.accelerator,
        wanted["venv"] or default_directory(),
        user=files.model["access"]["user"],
    )


def _answer(files: TwinFiles, where: Places) -> Result:
    return {
        "name": where.name,
        "cloud": f"{files.directory}/cloud.yml",
        "run": f"{files.directory}/run",
        "state_dir": where.state,
        "notes": list(files.notes),
    }
