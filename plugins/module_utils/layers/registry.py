# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of a host by name, and how each is assessed. A new layer adds one line to LAYERS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from tempfile import TemporaryDirectory
from typing import Any

from ..host.layer import Warn, assess, silent
from ..host.plan import Plan
from ..host.state import HostError
from ..host.system import System
from . import container_runtime, host_base, host_network, kubernetes_host, network_basic

#: name of the layer (= of its role's variable) -> function of the role's input and a host: what would be done
LAYERS: dict[str, Callable[[dict[str, Any], System], Plan]] = {
    "host_network": host_network.assess,
    "host_base": lambda params, system: assess(host_base.render, params, system),
    "container_runtime": lambda params, system: assess(container_runtime.render, params, system),
    "kubernetes": kubernetes_host.assess,
    "network_basic": network_basic.assess,
}


def foresee(layers: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """What each layer would do on a machine that has no operating system yet, as text, without asking any host.

    Its network is not among it: a machine is deployed with its final one. Nor is its clock: the one that could be
    compared here is the controller's.
    """
    with TemporaryDirectory() as nothing:
        found = probe({name: params for name, params in layers.items() if name != "host_network"}, system=Bare(nothing))
    return {name: [step for step in found["steps"][name] if step != "clock clock"] for name in found["differs"]}


class Bare(System):
    """A host with an empty root, on which no program answers, except for systemd, which knows none of the units."""

    def run(self, argv: Sequence[str], **_kwargs: Any) -> str:
        """What systemctl show says of units that are not there (systemctl(1)); nothing for any other program."""
        if tuple(argv[:2]) != ("systemctl", "show"):
            return ""
        unknown = "LoadState=not-found\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n"
        return "\n".join([unknown] * len(argv[list(argv).index("--") + 1 :]))


def probe(layers: dict[str, dict[str, Any]], warn: Warn = silent, system: System | None = None) -> dict[str, Any]:
    """Which of ``layers`` ({name: role input}) differ from what is wanted. Changes nothing.

    Returns {differs: [name], steps: {name: [text]}, diff: [{before, after, …}]}. A layer that can't
    be read counts as differing, with the error as its step: its role will say what is wrong.
    """
    steps: dict[str, list[str]] = {}
    diff: list[dict[str, str]] = []
    for name, params in layers.items():
        if name not in LAYERS:
            raise HostError(f"layers.{name}: no such layer; known are {', '.join(LAYERS)}")
        try:
            plan = LAYERS[name](params, system or System())
        except HostError as error:
            steps[name] = [f"could not be read: {error}"]
            continue
        steps[name] = [str(step) for step in plan.steps]
        diff += plan.diff()
        for text in plan.warnings:
            warn(text)
    return {"differs": [n for n in layers if steps[n]], "steps": steps, "diff": diff}
