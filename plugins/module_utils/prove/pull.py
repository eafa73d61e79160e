# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull a link of a bond, as if its cable were drawn, and prove that the machine's network goes on.

A timer of systemd that sets the link up again is armed before it is set down, and fires whatever becomes of this
process. After a restart of the machine the link is up by itself, since nothing of this is written anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import CloudError
from ..host import timer
from ..host.read import read_text
from ..host.system import System
from ..network import bonding, stream
from ..report.proofs import Proof, ProofError, UntriedError, prove, untried
from ..waiting.deadline import Clock, Deadline, SystemClock
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .job import result_of

UNIT = "groundup-prove-pull"
#: Seconds that a link is down: longer than LACP needs to give up on a silent partner (IEEE 802.1AX: 3 s, if fast).
HOLD = 5.0
#: Seconds after which the timer sets it up again; the module has done so before, if it still runs.
TIMER = 60
#: Seconds for the link to be a member again: autonegotiation, and LACP with its slow rate (IEEE 802.1AX: 30 s).
BACK = 90.0
#: Seconds for the stream to arrive before anything is pulled. A busy controller begins it late.
ARRIVES = 120.0
#: Where the end of a stream is asked for; the directory is gone after a restart.
DIRECTORY = "/run/groundup"
#: Why nothing is tried in check mode.
CHECK_PULLS = "check mode pulls no link"


@dataclass(frozen=True)
class Pulled:
    """What became of one link.

    :ivar fault: why nothing was pulled, or what is wrong afterwards; empty if the link is a member again.
    :ivar back: seconds from setting it up to its being a member again.
    """

    member: str
    down: float = 0.0
    back: float = 0.0
    fault: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def stop_file(token: str, directory: str = DIRECTORY) -> Path:
    """The file whose existence ends the stream of a token; ValueError for a token that is no part of a file's name."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", token):
        raise ValueError(f"token: {token!r} is not one of letters, digits, dots, dashes and underscores")
    return Path(directory) / f"prove-stream-{token}.stop"


def pinged(address: str, token: str, seconds: float, directory: str = DIRECTORY) -> stream.Stream:
    """Ping an address until :func:`ended` is called on this machine, or for so many seconds at most."""
    stop = stop_file(token, directory)
    stop.parent.mkdir(parents=True, exist_ok=True)
    stop.unlink(missing_ok=True)
    return stream.send(address, token, stop, seconds)


def ended(token: str, job: str, timeout: float, directory: str = DIRECTORY) -> stream.Stream:
    """End the stream of a token that a job of this machine sends, and wait for what became of it.

    :param job: the file with the result of the job, as Ansible's async_wrapper writes it.
    :raises ProofError: the stream could not be sent.
    """
    stop = stop_file(token, directory)
    stop.parent.mkdir(parents=True, exist_ok=True)
    stop.touch()
    try:
        found = result_of(job, timeout)
    except CloudError as error:
        raise ProofError(f"the stream of pings was not sent: {error}") from error
    finally:
        stop.unlink(missing_ok=True)
    if "stream" not in found:
        raise ProofError(f"the stream of pings was not sent: {found.get('msg', 'without an error text')}")
    return stream.Stream.of(found["stream"])


def pull(
    name: str,
    place: int,
    token: str,
    *,
    system: System | None = None,
    clock: Clock | None = None,
    arrives: Callable[[str, float], bool] = stream.arrives,
) -> Pulled:
    """Set one member of a bond down for :data:`HOLD` seconds, while a stream of pings arrives.

    :param place: which member, counted from 0 in the order of the kernel.
    :param token: that of the stream.
    """
    system, clock = system or System(), clock or SystemClock()
    state = bonding.parse(read_text(system, f"/proc/net/bonding/{name}"))
    member = state.members[place].name if place < len(state.members) else ""
    why = _unsafe(state, member, name)
    if not why and not arrives(token, ARRIVES):
        why = f"no ping of the peer arrived within {ARRIVES:.0f} s, so nothing was pulled"
    if why:
        return Pulled(member or f"member {place + 1}", fault=why)
    _arm(member, system)
    try:
        system.run(["ip", "link", "set", "dev", member, "down"])
        clock.sleep(HOLD)
    finally:
        system.run(["ip", "link", "set", "dev", member, "up"])
    deadline = Deadline(BACK, clock)

    def again() -> Missing | None:
        now = bonding.parse(read_text(system, f"/proc/net/bonding/{name}"))
        return None if _takes_part(now, member) else Missing.of(member, "it is not a member again")

    try:
        wait(again, deadline, pause=0.5, what=f"{member} to be a member of {name} again")
    except TimedOut as error:
        return Pulled(member, HOLD, deadline.spent(), str(error))
    finally:
        timer.disarm(UNIT, system)
    return Pulled(member, HOLD, round(deadline.spent(), 1))


def _takes_part(state: bonding.Bond, member: str) -> bool:
    mine = next((item for item in state.members if item.name == member), None)
    return mine is not None and mine.up and mine.aggregator == (state.aggregator or mine.aggregator)


def _unsafe(state: bonding.Bond, member: str, name: str) -> str:
    """Why this link must not be pulled; empty if another one carries on."""
    if not member:
        return f"{name} has no such member"
    if not _takes_part(state, member):
        return f"{member} takes no part in {name}, so nothing was pulled; look at its cable and its switch port"
    if not [item for item in state.members if item.name != member and _takes_part(state, item.name)]:
        return f"{member} is the only member that takes part in {name}, so nothing was pulled: the machine would be cut"
    return ""


def _arm(member: str, system: System) -> None:
    timer.arm(UNIT, TIMER, ["ip", "link", "set", "dev", member, "up"], system)


def pulled_proof(host: str, bond: str, pulled: Pulled, found: Callable[[], stream.Stream], limit: float) -> Proof:
    """The proof that the network went on while a link was pulled.

    :param found: the stream that the peer sent meanwhile; it may raise :class:`..report.proofs.UntriedError`.
    :param limit: milliseconds within which pings have to be answered again.
    """

    def attempt() -> str:
        seen = found()
        if pulled.fault and not pulled.down:
            raise UntriedError(pulled.fault)
        text = f"{seen.lost} of {seen.sent} packets lost, {pulled.member} down for {pulled.down:.0f} s"
        if seen.longest is None or seen.sent == 0:
            raise ProofError(f"{text}: pings were not answered again")
        gaps = ", ".join(f"{gap.lost} in {gap.ms:.0f} ms" for gap in seen.gaps if gap.ms is not None) or "none"
        text += f", gaps: {gaps}"
        if pulled.fault:
            raise ProofError(f"{text}; {pulled.fault}")
        if seen.longest > limit:
            raise ProofError(f"{text}; {limit:.0f} ms are allowed")
        return f"{text}; it was a member again after {pulled.back:.1f} s"

    return prove(f"{host}: {bond} goes on without {pulled.member}", "network", attempt)


def result_proof(params: dict[str, Any], check: bool) -> Proof:
    """The proof of the module prove_pull_result.

    :param params: its options. Without ``pulled`` the module that pulls has failed, and the run says why.
    """
    host, bond, limit = params["host"], params["bond"], params["limit"]
    if check:
        return untried(f"{host}: {bond} goes on without one of its links", "network", CHECK_PULLS)
    given = params["pulled"]
    missing = Pulled("one of its links", fault="the link could not be pulled; the run's output has the cause")
    pulled = Pulled(given["member"], given["down"], given["back"], given["fault"]) if given else missing

    def found() -> stream.Stream:
        if not params["job"]:
            raise ProofError("the stream of pings was not begun; the run's output has the cause")
        return ended(params["token"], params["job"], params["timeout"])

    return pulled_proof(host, bond, pulled, found, limit)
