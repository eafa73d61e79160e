# SPDX-License-Identifier: GPL-3.0-or-later
"""What was proved of a cloud, as data.

A proof has a claim and its evidence. One that could not be tried has ``ok`` None and a reason; it is never counted as
good.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from time import monotonic
from typing import Any

from ..draw.scene import natural
from ..errors import said

#: Why a proof that has to create something for a short time is not tried in check mode.
CHECK = "check mode creates nothing, not even for a short time"


@dataclass(frozen=True)
class Reach:
    """Which peers a machine reached in one network, and with which sizes.

    :ivar address: its own address there, of which its packets were.
    :ivar mtu: the size in bytes that has to pass, and no byte more.
    :ivar answered: addresses of peers that answered at this size.
    :ivar silent: those that did not.
    :ivar larger: those that answered at one byte more as well.
    """

    network: str
    address: str
    mtu: int
    answered: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    larger: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: dict[str, Any]) -> Reach:
        """Back from plain data."""
        peers = {key: tuple(data[key]) for key in ("answered", "silent", "larger")}
        return cls(data["network"], data["address"], data["mtu"], **peers)


class ProofError(Exception):
    """Something is not as it has to be; the text is the evidence.

    :ivar reach: see :class:`Proof`.
    """

    def __init__(self, evidence: str, reach: Reach | None = None) -> None:
        super().__init__(evidence)
        self.reach = reach


class UntriedError(Exception):
    """A proof could not be tried; the text is the reason."""


@dataclass(frozen=True)
class Warned:
    """Evidence of something that holds, with a warning that it will not for long, or with less than it should."""

    evidence: str
    warning: str


@dataclass(frozen=True)
class Reached:
    """Evidence of a network that carries its size to all peers, and what was measured."""

    evidence: str
    reach: Reach


@dataclass(frozen=True)
class Proof:
    """One claim and its result.

    :ivar name: the claim in words, e.g. ``node1: LACP is negotiated on every member``.
    :ivar layer: where it belongs: ``switch``, ``bmc``, ``network``, ``host``, ``storage``, ``kubernetes``, or ``run``
        for a host that was set aside.
    :ivar ok: True, False, or None when it could not be tried.
    :ivar seconds: how long it took.
    :ivar evidence: what was seen, for a person to read.
    :ivar real: False when it was proved on a double, such as an emulator.
    :ivar why_not_real: which double, or why it was not tried.
    :ivar warning: what has to be done soon although it holds, or empty.
    :ivar promised: False for a property that the chosen provider does not promise, so that no proof of it is owed.
    :ivar reach: of the proof of a machine's network, what was measured with each peer; None of all others.
    """

    name: str
    layer: str
    ok: bool | None
    seconds: float
    evidence: str
    real: bool = True
    why_not_real: str | None = None
    promised: bool = True
    warning: str = ""
    reach: Reach | None = None

    @classmethod
    def of(cls, data: dict[str, Any]) -> Proof:
        """Back from plain data, as a module returned it."""
        known = {key: data[key] for key in cls.__dataclass_fields__ if key in data}
        return cls(**{**known, "reach": Reach.of(known["reach"]) if known.get("reach") else None})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def prove(name: str, layer: str, attempt: Callable[[], str | Warned | Reached]) -> Proof:
    """Run one attempt; what it returns is the evidence, :class:`ProofError` is a failure with its evidence.

    A missing file or tool, or an answer that can't be parsed, fails this proof with the error's text and none of the
    others.
    """
    started = monotonic()
    ok: bool | None = True
    why, warning, reach = None, "", None
    try:
        found = attempt()
        evidence = found if isinstance(found, str) else found.evidence
        warning = found.warning if isinstance(found, Warned) else ""
        reach = found.reach if isinstance(found, Reached) else None
    except ProofError as error:
        ok, evidence, reach = False, str(error), error.reach
    except UntriedError as reason:
        ok, evidence, why = None, "not tried", str(reason)
    except (OSError, subprocess.SubprocessError, ValueError, LookupError) as error:
        ok, evidence = False, f"it could not be carried out: {said(error)}"
    return Proof(
        name,
        layer,
        ok,
        round(monotonic() - started, 2),
        evidence,
        real=ok is not None,
        why_not_real=why,
        warning=warning,
        reach=reach,
    )


def untried(name: str, layer: str, reason: str) -> Proof:
    """A proof that was not tried, with the reason."""
    return Proof(name, layer, None, 0.0, "not tried", real=False, why_not_real=reason)


@dataclass(frozen=True)
class Stage:
    """A stage of the run that came before: seconds it took, hosts it changed, hosts it failed on."""

    name: str
    seconds: float
    changed: int
    failed: int


@dataclass(frozen=True)
class Report:
    """All proofs of one run.

    :ivar started: ISO 8601, UTC.
    :ivar hosts: hosts that the run had to prove, all or those of its limit.
    :ivar picture: the rack as SVG text, or empty.
    """

    cloud: str
    started: str
    seconds: float
    stages: tuple[Stage, ...] = ()
    proofs: tuple[Proof, ...] = ()
    picture: str = ""
    hosts: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: dict[str, Any]) -> Report:
        """Back from ``report.json``, without its picture."""
        return cls(
            cloud=data["cloud"],
            started=data["started"],
            seconds=data["seconds"],
            stages=tuple(Stage(**stage) for stage in data["stages"]),
            proofs=tuple(map(Proof.of, data["proofs"])),
            hosts=tuple(data["hosts"]),
        )

    @property
    def failed(self) -> tuple[Proof, ...]:
        return tuple(proof for proof in self.proofs if proof.ok is False)

    @property
    def untried(self) -> tuple[Proof, ...]:
        """Proofs that are owed and could not be tried."""
        return tuple(proof for proof in self.proofs if proof.ok is None and proof.promised)

    @property
    def warned(self) -> tuple[Proof, ...]:
        """Proofs that hold with a warning."""
        return tuple(proof for proof in self.proofs if proof.ok and proof.warning)

    @property
    def not_promised(self) -> tuple[Proof, ...]:
        """Properties that the chosen providers do not promise."""
        return tuple(proof for proof in self.proofs if not proof.promised)

    @property
    def owed(self) -> tuple[Proof, ...]:
        """All proofs but those that are not owed."""
        return tuple(proof for proof in self.proofs if proof.promised)

    @property
    def good(self) -> bool:
        """Something was proved and nothing failed; a host that was set aside is a failed proof."""
        return any(proof.ok for proof in self.proofs) and not self.failed

    @property
    def troubled(self) -> frozenset[str]:
        """Hosts with failed proofs: the text before the first colon of a proof's name."""
        return frozenset(proof.name.partition(": ")[0] for proof in self.failed)

    @property
    def summary(self) -> str:
        """Numbers of proofs by result, as text."""
        held = [proof for proof in self.proofs if proof.ok]
        counts = {"proved": len(held), "failed": len(self.failed), "not tried": len(self.untried)}
        counts["not promised"] = len(self.not_promised)
        doubles = sum(not proof.real for proof in held)
        words = [f"{count} {word}" for word, count in counts.items() if count or word == "proved"]
        words += [f"{len(self.warned)} with a warning"] if self.warned else []
        return ", ".join(words) + (f"; {doubles} of those proved on a double" if doubles else "")

    def as_dict(self) -> dict[str, Any]:
        """The shape of ``report.json``; the picture is left out."""
        return {
            "cloud": self.cloud,
            "started": self.started,
            "seconds": self.seconds,
            "hosts": list(self.hosts),
            "stages": [asdict(stage) for stage in self.stages],
            "proofs": [proof.as_dict() for proof in self.proofs],
        }


def on_doubles(proofs: Iterable[Proof], doubles: dict[str, str]) -> list[Proof]:
    """The proofs, of which those of a layer with a double are marked with it.

    :param doubles: layer -> what stood in, in words.
    """
    return [
        replace(proof, real=False, why_not_real=doubles[proof.layer])
        if proof.layer in doubles and proof.ok is not None
        else proof
        for proof in proofs
    ]


def set_aside(hosts: dict[str, str]) -> list[Proof]:
    """A failed proof for each host that was set aside, since nothing about it was proved.

    :param hosts: name -> reason.
    """
    return [Proof(f"{host}: takes part in the run", "run", False, 0.0, why) for host, why in sorted(hosts.items())]


def ordered(proofs: Iterable[Proof]) -> tuple[Proof, ...]:
    """Hosts that are missing first, then layers from the cabling up, then names, so that reports can be compared."""
    layers = ["run", "bmc", "switch", "network", "host", "storage", "kubernetes"]
    rank = {layer: place for place, layer in enumerate(layers)}
    return tuple(sorted(proofs, key=lambda proof: (rank.get(proof.layer, len(layers)), natural(proof.name))))
