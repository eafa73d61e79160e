# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module ``kubernetes_objects``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..waiting.deadline import Deadline
from .access import CONNECTIONS, connect
from .acting import act, result
from .applyset import ApplySet
from .conflicts import TakeOver
from .difference import Masks
from .engine import Engine, Request
from .errors import ObjectsError
from .manifests import Definition, of_file, of_objects, of_text
from .protected import Consent

#: Names of the option with definitions. A module that is refused must not show their values.
DEFINITION = ("definition", "resource_definition", "inline")


def definitions(given: Any, files: Iterable[str]) -> list[Definition]:
    """Return the definitions of the options: objects, lists of them, YAML text, and files."""
    found: list[Definition] = []
    for number, one in enumerate(given if isinstance(given, list) else [given], 1):
        where = f"definition, item {number}" if isinstance(given, list) else "definition"
        if isinstance(one, str):
            found += of_text(one, where)
        elif one is not None:
            found += of_objects([one], where)
    return found + [one for file in files for one in of_file(Path(file))]


def request(params: Mapping[str, Any]) -> Request:
    """Return the request that the parameters mean."""
    present = params["state"] == "present"
    one_set = ApplySet.of(params["apply_set"]) if params.get("apply_set") else None
    found = definitions(params.get("definition"), params.get("src") or [])
    if not found and (present or not one_set):
        raise ObjectsError(
            "there is no object in definition and src; to remove all members of a set, use state: absent with apply_set"
        )
    hide: dict[str, list[tuple[str, ...]]] = {}
    for one in params.get("hide") or []:
        hide.setdefault(one["kind"], []).append(tuple(one["path"].split(".")))
    return Request(
        definitions=found,
        namespace=params.get("namespace") or "default",
        present=present,
        apply_set=one_set,
        take_over=[TakeOver.of(one) for one in params.get("take_over") or []],
        remove_data=[Consent.of(one) for one in params.get("remove_data") or []],
        hide=hide,
    )


def perform(params: dict[str, Any], check_mode: bool, *, diff: bool = True) -> dict[str, Any]:
    """Plan, and outside of check mode act.

    ``params`` no longer hold the values of Secrets afterwards, since Ansible shows them with -vvv.

    :param diff: whether the result has a diff.
    """
    given = {name: params[name] for name in DEFINITION if name in params}
    params.update(dict.fromkeys(given, "(not shown)"))
    wanted = request({**params, **given})
    masks = Masks(wanted.hide)
    params.update({name: [masks.item(one.body) for one in wanted.definitions] for name in given if given[name]})
    engine = Engine(connect(params), Deadline(params["timeout"]), CONNECTIONS, check=check_mode)
    plan = engine.plan(wanted)
    if not check_mode:
        plan = act(engine, plan, present=wanted.present, wait=params["wait"])
    return result(engine, plan, diff=diff)
