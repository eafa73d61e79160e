# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module model_import: ask management controllers what exists. They are only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..bmc.connect import connected
from ..bmc.errors import BmcError
from ..bmc.redfish import RedfishBmc
from ..bmc.types import BmcSettings
from .discovered import discovered
from .errors import SourceError
from .file import FilePlan, given, numbers_of, read_additions, read_file
from .text import rendered

#: Controllers that are asked at the same time: a controller takes seconds for each answer.
AT_ONCE = 8
NEVER = (
    "Controllers tell neither racks nor roles, and switches tell ports only where they have seen the machine: give the",
    "rest in the file of additions, or in your own file of this directory.",
)
Ask = Callable[[Mapping[str, Any]], dict[str, Any]]


def ask(bmc: Mapping[str, Any]) -> dict[str, Any]:
    """What one controller tells: ``identity`` as the module bmc_info returns it, and ``inventory``.

    :raises BmcError: it cannot be reached, refuses, or answers with something else.
    """
    settings = BmcSettings.from_params({**bmc, "protocol": bmc.get("protocol") or "redfish"})
    with connected(settings) as session:
        identity = session.identity(nics=not isinstance(session, RedfishBmc)).describe()
        inventory = session.inventory() if isinstance(session, RedfishBmc) else {}
    name = {"name": bmc["name"]} if bmc.get("name") else {}
    return {**name, "bmc": dict(bmc), "identity": identity, "inventory": inventory}


def run(params: Mapping[str, Any], check: bool, ask_one: Ask = ask) -> dict[str, Any]:
    """Ask all controllers, make the part of the model, compare it with the file, and write it.

    :param check: whether nothing is written.
    :raises SourceError: with the errors of all controllers that could not be read; then nothing is written, since the
        machines behind them would be missing.
    """
    dest, additions = params.get("dest"), params.get("additions")
    old, more = read_file(dest), read_additions(additions) if additions else None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda bmc: _tried(ask_one, bmc), params["bmcs"]))
    failed = [answer for answer in answers if isinstance(answer, str)]
    if failed:
        raise SourceError(*failed)
    machines = [answer for answer in answers if not isinstance(answer, str)]
    numbers = {**numbers_of(old, dest), **given(more, "machines", "number")}
    fragment = discovered(machines, params.get("switches") or {}, params.get("bmc_password") or None, numbers)
    fragment.add(more, str(additions))
    fragment.finish()
    source = f"{len(machines)} management controllers and {len(params.get('switches') or {})} switches"
    plan = FilePlan.of(dest, old, rendered(fragment, NEVER), source, additions, bool(params.get("overwrite")))
    if not check:
        plan.act()
    doubts = list(fragment.warnings)
    return {
        **plan.result(),
        "model": fragment.model(),
        "machines": machines_of(machines),
        "warnings": doubts,
        "doubts": doubts,
    }


def machines_of(machines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What controllers told, without how they are logged in to."""
    return [
        {"address": one["bmc"]["address"], "identity": one["identity"], "inventory": one["inventory"]}
        for one in machines
    ]


def _tried(ask_one: Ask, bmc: Mapping[str, Any]) -> dict[str, Any] | str:
    try:
        return ask_one(bmc)
    except BmcError as error:
        return str(error)
