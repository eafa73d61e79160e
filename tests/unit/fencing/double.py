# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of a cluster and of a machine that belong together: a machine that runs renews the Lease of its node."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import PowerState
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import (
    OUT_OF_SERVICE,
    TAINT,
    Node,
    Pause,
    Power,
    Record,
    Seen,
)

NOW = 1_000_000.0
RENEWS, NOTICED, BOOTS = 10.0, 50.0, 60.0  # seconds: a kubelet renews; a silent one is noticed; a machine starts


class Died(BaseException):
    """The controller was cut off: what follows is not done."""


class World:
    """node2 with its machine, and the time. `hear`: whether the API hears of its kubelet while the machine is on.

    :ivar wrong: whether the management controller is that of another machine.
    :ivar calls: every call that changes something, and the readings of power.
    :ivar before: called before each call with its name; may raise or change the world.
    """

    where, name = "bmc redfish://10.20.0.102", "node2"

    def __init__(self, node: Node, others: tuple[Node, ...] = (), *, on: bool = True, hear: bool = False) -> None:
        self.fenced, self.others, self.on, self.hear = node, others, on, hear
        self.wrong, self.other_on = False, True
        self.pause: Pause | None = None
        self.error = ""
        self.time, self.boots = NOW, 1
        self.booted: float | None = None
        self.calls: list[str] = []
        self.before: Callable[[str], None] = lambda __: None

    # the clock
    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self._live()

    def _live(self) -> None:
        node = self.fenced
        if self.booted is not None and self.time - self.booted >= BOOTS:
            self.hear, self.booted = True, None
            node = dataclasses.replace(node, boot_id=f"boot-{self.boots}", ready=True, since=self.time)
        if self.on and self.hear and self.booted is None:
            node = dataclasses.replace(node, renewed=self.time - self.time % RENEWS)
        elif node.ready and node.silent(self.time) > NOTICED:
            node = dataclasses.replace(node, ready=False, since=self.time)
        self.fenced = node

    # the cluster
    def seen(self) -> Seen:
        self._call("seen")
        fresh = tuple(dataclasses.replace(one, renewed=one.renewed and self.time - NOW + one.renewed)
                      for one in self.others)  # fmt: skip
        return Seen(self.time, self.fenced, fresh, self.pause)

    def node(self) -> Node:
        self._call("node")
        return self.fenced

    def record(self, node: Node, record: Record) -> bool:
        return self._change("record", node, record=record)

    def taint(self, node: Node) -> bool:
        assert not self.running, "the taint was set while the machine runs: its pods would run twice"
        return self._change("taint", node, taints=(*node.taints, OUT_OF_SERVICE))

    def release(self, node: Node) -> bool:
        return self._change("release", node, taints=tuple(x for x in node.taints if x["key"] != TAINT), record=None)

    def _change(self, name: str, node: Node, **changes: object) -> bool:
        self._call(name)
        self.calls.append(name)
        if node.version != self.fenced.version:
            return False
        version = str(int(self.fenced.version or "0") + 1)
        self.fenced = dataclasses.replace(self.fenced, version=version, **changes)  # type: ignore[arg-type]
        return True

    # the machine
    @property
    def running(self) -> bool:
        """Whether the boot that the node shows may still write."""
        return self.on and self.boots == 1

    def power(self) -> Power:
        self._call("power")
        if self.error:
            return Power(error=self.error)
        on = self.other_on if self.wrong else self.on
        return Power(PowerState.ON if on else PowerState.OFF)

    def switch(self, wanted: str) -> None:
        self._call(wanted)
        self.calls.append(wanted)
        if self.wrong:
            self.other_on = wanted == "on"
        elif wanted == "off":
            self.on, self.booted, self.hear = False, None, False
        elif not self.on:
            self.start()

    def start(self) -> None:
        """The machine starts, whoever wanted that."""
        self.on, self.booted, self.hear = True, self.time, False
        self.boots += 1

    def _call(self, name: str) -> None:
        self.before(name)
        self._live()


def node(name: str = "node2", *, lost: float = 300, **more: object) -> Node:
    """A node that is lost for so many seconds; 0: a healthy one."""
    found = Node(name, lost == 0, "kubelet stopped posting node status", NOW - lost, "boot-1", renewed=NOW - lost)
    return dataclasses.replace(found, **more)  # type: ignore[arg-type]


def healthy(*names: str, control_planes: tuple[str, ...] = ()) -> tuple[Node, ...]:
    return tuple(node(name, lost=0, control_plane=name in control_planes) for name in names)
