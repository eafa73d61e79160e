# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines of one namespace while they run: start and stop, where they are, and what their guests answer.

No virtual machine has run in any test of this: tests use doubles of KubeVirt's controllers and of the guest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ..conditions.errors import NeverReached
from ..conditions.fields import Item, at, deleted, is_true, lacking
from ..conditions.resources import Wanted
from ..kube.errors import KubeError
from ..report.proofs import ProofError
from ..vms.jobs import Judge
from ..vms.kinds import DATA_VOLUME, VM, VMI
from ..vms.vmi import DOMAIN, FINAL, LAUNCHER, addresses, node_of
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from .spaces import NAMESPACES, Space
from .virtual_machines_guest import SAYS
from .virtual_machines_objects import Pods
from .virtual_machines_state import lacks

Found = TypeVar("Found")

#: The container of a virtual machine's pod whose log is its serial console.
_CONSOLE = "guest-console-log"
#: Lines of a console that an error shows.
_LINES = 12


@dataclass(frozen=True)
class Place:
    """Where a virtual machine runs, and the address that its pod and it have."""

    node: str
    address: str


@dataclass(frozen=True)
class Seen:
    """What a guest says: what is on its disk, and which boot it is."""

    disk: str
    boot: str


class Running:
    """The virtual machines.

    :param nodes: ready nodes, on which pods ask.
    :param word: of the run.
    """

    def __init__(self, space: Space, pods: Pods, nodes: Sequence[str], word: str) -> None:
        self.space, self.pods, self._nodes, self.word = space, pods, nodes, word

    def path(self, kind: str, name: str) -> str:
        """Path of an object of the group kubevirt.io."""
        return f"{VM.base}/namespaces/{self.space.name}/{kind}/{name}"

    def vmi(self, name: str) -> Item:
        """The virtual machine as it runs; empty where it does not."""
        found: Item | None = self.space.api.get(self.path(VMI.plural, name))
        return found or {}

    def runs(self, name: str, volume: str = "") -> None:
        """Wait until it runs, and the volume of its disk is written.

        :raises ProofError: it does not, with the reasons of KubeVirt and CDI.
        """
        wanted = [Wanted(VM.api_version, VM.kind, name, self.space.name, VM.plural, _ready)]
        if volume:
            kind = DATA_VOLUME
            wanted.append(Wanted(kind.api_version, kind.kind, volume, self.space.name, kind.plural))
        self.space.until(wanted, f"the virtual machine {name} to run")

    def answers(self, name: str) -> str:
        """How the guest answers: by its agent or on its console.

        :raises ProofError: neither does, with the last lines of the console.
        """

        def probe() -> str | Missing:
            try:
                if is_true(self.vmi(name), "AgentConnected"):
                    return "its guest answers by its agent"
                said = self._console(name)
            except KubeError as error:
                return Missing.of(name, str(error))
            if f"{SAYS} {self.word}" in said:
                return "its guest answers by its console"
            lines = " / ".join(said.split("\n")[-_LINES:]).strip()
            return Missing.of(name, f"no agent, and its console says: {lines or 'nothing'}")

        return self._waited(probe, f"the guest of {name} to answer")

    def _console(self, name: str) -> str:
        pod = self._launcher(name)
        if pod is None:
            return ""
        path = f"{NAMESPACES}/{self.space.name}/pods/{pod['metadata']['name']}/log"
        return (self.space.api.text(f"{path}?container={_CONSOLE}&tailLines=2000") or "").replace("\r", "").strip()

    def _launcher(self, name: str) -> Item | None:
        """The pod in which it runs now."""
        label, value = LAUNCHER
        node = node_of(self.vmi(name))
        pods = self.space.api.get(f"{NAMESPACES}/{self.space.name}/pods?labelSelector={label}%3D{value}")["items"]
        return next(
            (
                pod
                for pod in pods
                if at(pod, "metadata", "annotations", DOMAIN) == name
                and at(pod, "spec", "nodeName") == node
                and at(pod, "status", "phase") not in FINAL
            ),
            None,
        )

    def place(self, name: str) -> Place:
        """Where it runs.

        :raises ProofError: it does not have the address of its pod.
        """

        def probe() -> Place | Missing:
            vmi = self.vmi(name)
            own = [address for listed in addresses(vmi).values() for address in listed]
            address = str(at(self._launcher(name), "status", "podIP") or "")
            if address and address in own:
                return Place(node_of(vmi), address)
            return Missing.of(name, f"it has {', '.join(own) or 'no address'}, and its pod {address or 'none'}")

        return self._waited(probe, f"{name} to have the address of its pod")

    def other(self, node: str) -> str:
        """Another node than this one; this one where there is no other."""
        return next((one for one in self._nodes if one != node), node)

    def look(self, place: Place, write: str = "", *, finish: bool = False) -> Seen:
        """What its guest says to a pod of another node. See :meth:`.virtual_machines_objects.Pods.look`.

        :raises ProofError: it does not answer, or wrong.
        """
        node = self.other(place.node)
        pod = self.pods.look(node, place.address, write, finish=finish)
        (said,) = self.space.ran([pod], f"a pod on {node} to ask {place.address}")
        disk, __, boot = said.partition("\n")
        if not boot:
            raise ProofError(f"a pod on {node} that asked {place.address} said {said or 'nothing'}")
        return Seen(disk.strip(), boot.strip())

    def power(self, name: str, strategy: str) -> None:
        """Change whether it shall run: `Always` or `Halted`."""
        self.space.api.patch(self.path(VM.plural, name), {"spec": {"runStrategy": strategy}})

    def stopped(self, name: str) -> None:
        """Wait until it does not run.

        :raises ProofError: it still does.
        """

        def probe() -> bool | Missing:
            vmi = self.vmi(name)
            return Missing.of(name, f"its phase is {at(vmi, 'status', 'phase')}") if vmi else True

        self._waited(probe, f"{name} to stop")

    def carried_out(self, made: Wanted, judge: Judge, what: str) -> Item:
        """An object that stands for a piece of work, when that is done.

        :raises ProofError: it has failed, or takes too long, with KubeVirt's reason.
        """
        place = (made.api_version, made.kind, made.name, made.namespace, made.plural)
        wanted = Wanted(*place, rule=lambda item, _now: _judged(item, judge))
        return self.space.until([wanted], what)[wanted]

    def _waited(self, probe: Callable[[], Found | Missing], what: str) -> Found:
        try:
            return wait(probe, Deadline(self.space.patience), what=what)
        except TimedOut as error:
            raise ProofError(str(error)) from error


def _ready(item: Item, _now: datetime) -> Row | None:
    if row := deleted(item):
        return row
    return lacking(item, why) if (why := lacks(item)) else None


def _judged(item: Item, judge: Judge) -> Row | None:
    verdict = judge(item)
    if verdict.failed:
        raise NeverReached(lacking(item, verdict.reason))
    return None if verdict.done else lacking(item, verdict.reason)
