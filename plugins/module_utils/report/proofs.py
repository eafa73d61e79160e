# SPDX-License-Identifier: GPL-3.0-or-later
"""What was proved of a cloud, as data.

A proof says what was done and what was seen. One that could not be tried has ``ok`` None and says why; it is never
counted as good.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any


class ProofError(Exception):
    """Something is not as it has to be; the text is the evidence."""


class UntriedError(Exception):
    """A proof could not be tried; the text is the reason."""


@dataclass(frozen=True)
class Proof:
    """One claim and what came of it.

    :ivar name: the claim in words, e.g. ``node1: LACP is negotiated on every member``.
    :ivar layer: where it belongs: ``switch``, ``bmc``, ``network``, ``host``, ``kubernetes``, ``storage``.
    :ivar ok: True, False, or None when it could not be tried.
    :ivar seconds: how long it took.
    :ivar evidence: what was seen, for a person to read.
    :ivar real: False when a double stood in for the real thing.
    :ivar why_not_real: which double, or why it was not tried.
    """

    name: str
    layer: str
    ok: bool | None
    seconds: float
    evidence: str
    real: bool = True
    why_not_real: str | None = None

    @classmethod
    def of(cls, data: dict[str, Any]) -> Proof:
        """Back from plain data, as a module returned it."""
        return cls(**{key: data[key] for key in cls.__dataclass_fields__ if key in data})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def prove(name: str, layer: str, attempt: Callable[[], str]) -> Proof:
    """Run one attempt; what it returns is the evidence, :class:`ProofError` is a failure with its evidence.

    A file that is not there, a tool that is missing or an answer that makes no sense fails this proof with its own
    words and leaves the others alone: one broken proof must never cost a machine all of them.
    """
    started = monotonic()
    ok: bool | None = True
    why = None
    try:
        evidence = attempt()
    except ProofError as error:
        ok, evidence = False, str(error)
    except UntriedError as reason:
        ok, evidence, why = None, "not tried", str(reason)
    except (OSError, subprocess.SubprocessError, ValueError, LookupError) as error:
        ok, evidence = False, f"it could not be carried out: {type(error).__name__}: {error}"
    return Proof(name, layer, ok, round(monotonic() - started, 2), evidence, real=ok is not None, why_not_real=why)


def untried(name: str, layer: str, reason: str) -> Proof:
    """A proof that was not even begun, with the reason."""
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
    :ivar set_aside: hosts that could not be reached or failed, with the reason.
    :ivar picture: the rack as SVG text, or empty.
    """

    cloud: str
    started: str
    seconds: float
    stages: tuple[Stage, ...] = ()
    proofs: tuple[Proof, ...] = ()
    set_aside: dict[str, str] = field(default_factory=dict)
    picture: str = ""

    @property
    def failed(self) -> tuple[Proof, ...]:
        return tuple(proof for proof in self.proofs if proof.ok is False)

    @property
    def untried(self) -> tuple[Proof, ...]:
        return tuple(proof for proof in self.proofs if proof.ok is None)

    @property
    def good(self) -> bool:
        """Something was proved, nothing failed and nobody was set aside."""
        return bool(self.proofs) and not self.failed and not self.set_aside

    @property
    def summary(self) -> str:
        """How many proofs came out how, in words."""
        counts = {
            "proved": sum(1 for proof in self.proofs if proof.ok),
            "failed": len(self.failed),
            "not tried": len(self.untried),
            "set aside": len(self.set_aside),
        }
        return ", ".join(f"{count} {word}" for word, count in counts.items() if count or word == "proved")

    def as_dict(self) -> dict[str, Any]:
        """The shape of ``report.json`` (docs/reference/report.md); the picture is left out."""
        return {
            "cloud": self.cloud,
            "started": self.started,
            "seconds": self.seconds,
            "good": self.good,
            "stages": [asdict(stage) for stage in self.stages],
            "proofs": [proof.as_dict() for proof in self.proofs],
            "set_aside": self.set_aside,
        }


def ordered(proofs: Iterable[Proof]) -> tuple[Proof, ...]:
    """By layer from the cable upwards, then by name, so that two reports can be compared line by line."""
    layers = ["bmc", "switch", "network", "host", "storage", "kubernetes"]
    rank = {layer: place for place, layer in enumerate(layers)}
    return tuple(sorted(proofs, key=lambda proof: (rank.get(proof.layer, len(layers)), proof.name)))
