# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run_layer: render, read, plan, apply; modules, the probe and check mode all use it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .act import apply
from .plan import Plan, plan
from .read import read
from .state import HostState
from .system import System

Renderer = Callable[[dict[str, Any]], HostState]
Warn = Callable[[str], None]


def silent(_text: str) -> None:
    """For callers that take no warnings."""


def assess(renderer: Renderer, params: dict[str, Any], system: System | None = None) -> Plan:
    """What would be done on this host. Changes nothing."""
    state = renderer(params)
    return plan(state, read(state, system or System()))


def run_layer(
    renderer: Renderer, params: dict[str, Any], *, check: bool, system: System | None = None, warn: Warn = silent
) -> dict[str, Any]:
    """Bring a layer to its state, or return what would be done.

    Returns what a module exits with: {changed, steps: [text], diff: [{before, after, …}], seconds}. ``warn`` is called
    with what could not be read and does not stop the run (a module's own ``warn``).
    HostError names what failed and the remedy; the next run continues where this one stopped.
    """
    system = system or System()
    started = time.monotonic()
    state = renderer(params)
    actual = read(state, system)
    todo = plan(state, actual)
    for text in todo.warnings:
        warn(text)
    if not check:
        apply(todo, state, system, actual.pending)
    return {
        **todo.result(),
        "seconds": round(time.monotonic() - started, 3),
    }
