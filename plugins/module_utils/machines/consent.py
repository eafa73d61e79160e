# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the consent `machine_reinstall` is one: names of machines that are deployed."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

VARIABLE = "machine_reinstall"


def no_consent(given: Any, deployed: Collection[str], machines: Collection[str]) -> list[str]:
    """What is wrong with the variable, a sentence for each mistake with the remedy.

    A name that is no machine would be a run that succeeds and deploys nothing. A text is refused, since `in` and
    `intersect` take it for its parts: node10 holds node1.

    :param deployed: names of machines that a run deploys; those without a management controller are not.
    :param machines: names of all machines.
    """
    if not isinstance(given, list | tuple):
        return [f'{VARIABLE}: {given!r} is not a list; write it as -e \'{{"{VARIABLE}": ["{_first(given)}"]}}\'']
    return [_mistake(str(name), deployed, machines) for name in given if str(name) not in deployed]


def _mistake(name: str, deployed: Collection[str], machines: Collection[str]) -> str:
    if name in machines:
        return f"{VARIABLE}: {name} is not deployed, since it has no management controller; remove it from the list"
    close = get_close_matches(name, sorted(deployed), n=1)
    remedy = f"did you mean {close[0]}?" if close else "give names of machines of the model"
    return f"{VARIABLE}: {name} is no machine of this model; {remedy}"


def _first(given: Any) -> str:
    return str(given).partition(",")[0].strip("[]\"' ")
