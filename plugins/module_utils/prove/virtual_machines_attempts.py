# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried with a virtual machine of a golden image. Later attempts use what earlier ones made.

No virtual machine has run in any test of this: tests use doubles of KubeVirt's controllers and of the guest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..conditions.fields import Item, at
from ..conditions.resources import Wanted
from ..promises.promise import Promise
from ..report.proofs import ProofError, UntriedError
from ..vms import clone, migration, restore, snapshot
from ..vms.jobs import Verdict
from ..vms.kinds import CLONE, MIGRATION, RESTORE, SNAPSHOT, VM
from ..vms.vmi import not_migratable
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from . import virtual_machines_objects as objects
from .spaces import NAMESPACES, Space, message_of
from .virtual_machines_objects import NAME, ROOT
from .virtual_machines_running import Place, Running, Seen
from .virtual_machines_wanted import Image, VirtualMachines

STARTS = "a virtual machine of a golden image starts, and its guest answers"
REACHED = "a pod on another machine reaches a virtual machine at the address of its pod"
KEEPS = "the disk of a virtual machine keeps what was written, over a stop and a start"
MIGRATES = "a virtual machine is migrated while it runs, with its memory and its disk"
SNAPSHOT_OF = "a virtual machine of a snapshot has the data from before a later change"
CLONE_OF = "a clone of a virtual machine has its data, and a change of the clone leaves it as it is"
ADDRESS, CONNECTIONS, POLICY = Promise.ADDRESS_KEPT.text, Promise.CONNECTIONS_KEPT.text, Promise.POLICY_VMS.text
#: What is written, in the order in which it is.
_FIRST, _SECOND, _THIRD = "first", "second", "third"
_RESTORED, _CLONED = "restored", "cloned"


@dataclass(frozen=True)
class Moved:
    """A migration that succeeded: the places before and after it, and the pod with a connection, if there is one."""

    before: Place
    after: Place
    streams: Wanted | None


class Attempts:
    """The attempts.

    :param streams: whether connections have to outlive a migration.
    :param hosts: how many machines that run virtual machines are ready.
    """

    def __init__(self, running: Running, wanted: VirtualMachines, image: Image, *, streams: bool, hosts: int) -> None:
        self._running, self._wanted, self._image = running, wanted, image
        self._streams, self._hosts = streams, hosts
        self._space: Space = running.space
        #: Where it runs, and what its guest has said last; None as long as it was not reached.
        self._place: Place | None = None
        self._seen: Seen | None = None
        self._moved: Moved | None = None
        self.started = False

    @property
    def of_machine(self) -> dict[str, Callable[[], str]]:
        """Claim -> the attempt, in their order."""
        return {
            STARTS: self.starts,
            REACHED: self.reached,
            POLICY: self.policy,
            KEEPS: self.keeps,
            MIGRATES: self.migrates,
            ADDRESS: self.address_kept,
            CONNECTIONS: self.connections_kept,
            SNAPSHOT_OF: self.restores,
            CLONE_OF: self.clones,
        }

    def starts(self) -> str:
        """Start it, and let its guest answer."""
        space, began = self._space.name, time.monotonic()
        self._space.make(objects.secret(space, self._running.word), "secrets")
        self._space.make(objects.virtual_machine(space, self._wanted, self._image), VM.plural)
        self._running.runs(NAME, f"{NAME}-{ROOT}")
        said = self._running.answers(NAME)
        self.started = True
        return f"{self._image.name}: {said}, {time.monotonic() - began:.0f} s after it was made"

    def reached(self) -> str:
        """Let a pod of another node fetch from it."""
        self._place = self._running.place(NAME)
        self._seen = self._running.look(self._place)
        node = self._running.other(self._place.node)
        return f"{self._place.address} on {self._place.node} gave a pod on {node} 1 MiB with the right checksum"

    def policy(self) -> str:
        """Close all of its ports but one, and try one that was open."""
        place, __ = self._now()
        node, pods = self._running.other(place.node), self._running.pods
        self._space.ran([pods.tries(node, place.address, "open")], "a pod to find the port open")
        made = self._space.make(objects.policy(self._space.name), "networkpolicies")
        self._space.ran([pods.tries(node, place.address, "closed")], "a pod to find the port closed")
        path = f"/apis/{made.api_version}/namespaces/{made.namespace}/{made.plural}/{made.name}"
        self._space.api.delete(path)
        return f"{place.address}: a port that {node} had reached was closed by a policy, and another one stayed open"

    def keeps(self) -> str:
        """Write, stop it, start it, and read."""
        place, before = self._now()
        self._running.look(place, write=_FIRST)
        self._running.power(NAME, "Halted")
        self._running.stopped(NAME)
        self._place = None
        self._running.power(NAME, "Always")
        self._running.runs(NAME)
        self._place = self._running.place(NAME)
        self._seen = self._running.look(self._place)
        _has("its disk", self._seen, _FIRST)
        if self._seen.boot == before.boot:
            raise ProofError("its guest was not booted again, so it was not stopped")
        name = self._image.storage_class or "the default storage class"
        return f"{name}: what was written was there after another boot, on {self._place.node}"

    def migrates(self) -> str:
        """Migrate it, while a pod may have a connection to it."""
        place, before = self._now()
        if self._hosts < 2:
            raise UntriedError("only one machine that runs virtual machines is ready")
        if why := not_migratable(self._running.vmi(NAME)):
            raise ProofError(why)
        streams = self._begin_stream(place) if self._streams else None
        made = self._space.make(objects.migration(self._space.name), MIGRATION.plural)
        done = self._running.carried_out(made, self._judge_migration, "the virtual machine to be migrated")
        after = self._running.place(NAME)
        if after.node == place.node:
            raise ProofError(f"the migration succeeded, and it is still on {place.node}")
        self._place = after
        self._seen = self._running.look(after, finish=True)
        if self._seen.boot != before.boot:
            raise ProofError(f"its guest was booted again when it went from {place.node} to {after.node}")
        _has("its disk", self._seen, before.disk)
        self._moved = Moved(place, after, streams)
        took = migration.seconds(migration.state_of(done, self._running.vmi(NAME)))
        return f"from {place.node} to {after.node}" + (f" in {took:.0f} s" if took is not None else "")

    def address_kept(self) -> str:
        """Compare its addresses before and after the migration."""
        moved = self._migrated()
        if moved.before.address != moved.after.address:
            raise ProofError(f"it had {moved.before.address}, and has {moved.after.address} after its migration")
        return f"{moved.after.address} on {moved.before.node} and on {moved.after.node}, where its guest answered"

    def connections_kept(self) -> str:
        """What the pod says that had a connection all the time."""
        moved = self._migrated()
        if moved.streams is None:
            raise UntriedError("no connection was begun before the migration")
        item = self._space.until([moved.streams], "the pod with the connection to end")[moved.streams]
        numbers, __, pause = message_of(item).strip().partition(" ")
        return f"{numbers} numbers came over one connection, none missing; the longest pause took {pause or '?'} s"

    def restores(self) -> str:
        """Make a snapshot while it runs, change its disk, and make another one of the snapshot."""
        place, before = self._now()
        made = self._space.make(objects.snapshot(self._space.name), SNAPSHOT.plural)
        taken = self._running.carried_out(made, snapshot.judge, "a snapshot of the virtual machine")
        found = snapshot.facts(taken)
        if ROOT not in found["included_volumes"]:
            raise ProofError(f"the snapshot does not have its disk, only {found['included_volumes'] or 'nothing'}")
        self._seen = self._running.look(place, write=_SECOND)
        made = self._space.make(objects.restore(self._space.name, _RESTORED), RESTORE.plural)
        self._running.carried_out(made, restore.judge, "a virtual machine of the snapshot")
        _has("the one of the snapshot", self._begun(_RESTORED)[1], before.disk)
        self._seen = self._running.look(place)
        _has("the one that was changed", self._seen, _SECOND)
        self._remove(_RESTORED)
        how = ", ".join(found["indications"]) or "without indications"
        return f"the snapshot ({how}) has {before.disk!r}, and the disk that was changed after it {_SECOND!r}"

    def clones(self) -> str:
        """Clone it, change the clone, and find it as it was."""
        place, before = self._now()
        made = self._space.make(objects.clone(self._space.name, _CLONED), CLONE.plural)
        self._running.carried_out(made, clone.judge, "a clone of the virtual machine")
        at_clone, seen = self._begun(_CLONED)
        _has("the clone", seen, before.disk)
        if seen.boot == before.boot or at_clone.address == place.address:
            raise ProofError(f"what answers as the clone, at {at_clone.address}, is the virtual machine itself")
        self._running.look(at_clone, write=_THIRD)
        _has("the virtual machine, after its clone was changed,", self._running.look(place), before.disk)
        self._remove(_CLONED)
        return f"the clone at {at_clone.address} had {before.disk!r}, and its change left the other one as it was"

    def _now(self) -> tuple[Place, Seen]:
        if self._place is None or self._seen is None:
            raise UntriedError("no pod reached the virtual machine before")
        return self._place, self._seen

    def _migrated(self) -> Moved:
        if self._moved is None:
            raise UntriedError("the virtual machine was not migrated")
        return self._moved

    def _begin_stream(self, place: Place) -> Wanted:
        """A pod with a connection, of which something has come."""
        pod = self._running.pods.stream(self._running.other(place.node), place.address)
        made = self._space.make(pod, "pods", once=True)
        path = f"{NAMESPACES}/{self._space.name}/pods/{made.name}/log"

        def probe() -> bool | Missing:
            # Until its container has started, the API has no log of it, and says so by an error.
            phase = at(self._space.api.get(path.removesuffix("/log")), "status", "phase")
            said = (self._space.api.text(path) or "") if phase in ("Running", "Succeeded") else ""
            return True if "begun" in said else Missing.of(made.name, f"its phase is {phase}, and nothing has come yet")

        try:
            wait(probe, Deadline(self._space.patience), what="a connection to the virtual machine")
        except TimedOut as error:
            raise ProofError(str(error)) from error
        return made

    def _judge_migration(self, item: Item) -> Verdict:
        said = migration.text(item, self._running.vmi(NAME))
        phase = migration.phase_of(item)
        return Verdict(phase == migration.SUCCEEDED, phase == migration.FAILED, said)

    def _begun(self, name: str) -> tuple[Place, Seen]:
        """Start a virtual machine that was made of this one, and ask its guest."""
        self._running.power(name, "Always")
        self._running.runs(name)
        place = self._running.place(name)
        return place, self._running.look(place)

    def _remove(self, name: str) -> None:
        """Remove it before the next one starts, as a lab has memory for two at most."""
        self._space.api.delete(self._running.path(VM.plural, name))
        self._running.stopped(name)


def _has(what: str, seen: Seen, word: str) -> None:
    """Refuse another word on a disk."""
    if seen.disk != word:
        raise ProofError(f"{what} has {seen.disk!r}, not {word!r}")
