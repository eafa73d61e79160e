# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs that need access to etcd on a control plane: its health, and that it stores Secrets encrypted."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..kube import etcd
from ..kube.api import Api, Https
from ..kube.errors import KubeError
from ..report.proofs import CHECK, Proof, ProofError, prove, untried
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .api_errors import failed_by_api_errors
from .certificates import DAYS_LEFT, certificates, judged
from .registry import proof, prove_scope

_NAME = "groundup-proof"
PATIENCE = 40.0
_CANARY = "a secret that must not be readable in etcd"


def control_plane_proofs(
    host: str, login: Callable[[], Api], members: int, *, check: bool = False, root: Path = Path("/")
) -> list[Proof]:
    """All proofs of one control-plane machine.

    :param login: returns a client of the API; where it fails, only the proof that needs the client fails.
    :param members: how many etcd members the model has.
    :param root: the directory below which the files of the control plane are.
    :param check: check mode, in which no Secret is created.
    """
    return prove_scope("control_plane", ControlPlane(host, login, members, check, root))


@dataclass(frozen=True)
class ControlPlane:
    """What the proofs of a control plane are given; see :func:`control_plane_proofs`."""

    host: str
    login: Callable[[], Api]
    members: int
    check: bool
    root: Path

    @property
    def layer(self) -> str:
        """The layer of the proofs: a hosted control plane has one of its own, which stands in for machines."""
        return "kubernetes" if self.root == Path("/") else "control_plane"


@proof("control_plane", layer="kubernetes")
def _etcd(context: ControlPlane) -> Iterator[Proof]:
    claim = f"{context.host}: etcd is healthy with every member"
    yield prove(claim, context.layer, failed_by_api_errors(lambda: _health(context.members, context.root)))


@proof("control_plane", layer="kubernetes")
def _encryption(context: ControlPlane) -> Iterator[Proof]:
    claim = f"{context.host}: a Secret is encrypted in etcd"
    if context.check:
        yield untried(claim, context.layer, CHECK)
    else:
        yield prove(claim, context.layer, failed_by_api_errors(lambda: _encrypted(context.login(), context.root)))


@proof("control_plane", layer="kubernetes")
def _certificates(context: ControlPlane) -> Iterator[Proof]:
    """Of a hosted control plane; those of a machine are proved with the machine."""
    if context.root != Path("/"):
        claim = f"{context.host}: certificates are valid for more than {DAYS_LEFT} days"
        found = certificates(context.root / "etc/kubernetes", None)
        yield prove(claim, context.layer, lambda: judged(found, time.time()))


def _raw(client: Https, key: str) -> bytes:
    """The bytes that etcd stores under a key, by its JSON gateway (etcd.io/docs/v3.6/dev-guide/api_grpc_gateway)."""
    found = client.call("POST", "/v3/kv/range", {"key": base64.b64encode(key.encode()).decode()})
    if not found.get("kvs"):
        raise ProofError(f"etcd has no {key}")
    return base64.b64decode(found["kvs"][0]["value"])


def _health(members: int, root: Path) -> str:
    """etcd's health as evidence. A fault must last for PATIENCE seconds, since an election is none."""

    def probe() -> str | Missing:
        try:
            return _read_health(members, root)
        except (ProofError, KubeError) as error:
            return Missing.of(str(error))

    try:
        return wait(probe, Deadline(PATIENCE), what="etcd to be healthy")
    except TimedOut as error:
        raise ProofError(f"{error.missing} (for {error.seconds:.0f} s)") from error


def _read_health(members: int, root: Path) -> str:
    client = etcd.connect(root)
    found = etcd.members(client)
    alarms = client.call("POST", "/v3/maintenance/alarm", {"action": "GET"}).get("alarms", [])
    status = {member["name"]: _status(member, root) for member in found}
    return health_evidence(found, status, alarms, members)


def _status(member: etcd.Member, root: Path) -> dict[str, Any] | str:
    """A member's status, or the error text."""
    try:
        return etcd.status(root, member)
    except KubeError as error:
        return str(error)


def health_evidence(
    found: list[etcd.Member], status: Mapping[str, dict[str, Any] | str], alarms: list[Any], members: int
) -> str:
    """Judge the status of all members.

    :raises ProofError: naming members that do not answer, are learners, report errors or have another leader.

    :param status: name -> answer of ``/v3/maintenance/status``, or the text of an error.
    """
    wrong = [f"{len(found)} of {members} members"] if len(found) != members else []
    wrong += [f"{member['name'] or member['peer']} is a learner" for member in found if member["learner"]]
    wrong += [f"alarm {alarm.get('alarm')} of member {alarm.get('memberID')}" for alarm in alarms]
    wrong += [f"{name} does not answer: {error}" for name, error in sorted(status.items()) if isinstance(error, str)]
    answers = {name: answer for name, answer in sorted(status.items()) if not isinstance(answer, str)}
    wrong += [f"{name}: {', '.join(answer['errors'])}" for name, answer in answers.items() if answer.get("errors")]
    leaders = {answer.get("leader") for answer in answers.values()}
    wrong += ["the members do not agree on a leader"] if len(leaders) != 1 or leaders & {None, "0"} else []
    if wrong:
        raise ProofError("; ".join(wrong))
    size = max(int(answer["dbSize"]) for answer in answers.values()) / 2**20
    versions = ", ".join(sorted({answer["version"] for answer in answers.values()}))
    return (
        f"{len(found)} of {members} members ({', '.join(answers)}) with one leader, version {versions}, {size:.1f} MiB"
    )


def _encrypted(api: Api, root: Path) -> str:
    path = "/api/v1/namespaces/kube-system/secrets"
    data = {"canary": base64.b64encode(_CANARY.encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"generateName": f"{_NAME}-"}, "data": data}
    name = api.create(path, secret)["metadata"]["name"]
    try:
        raw = _raw(etcd.connect(root), f"/registry/secrets/kube-system/{name}")
    finally:
        api.delete(f"{path}/{name}")
    if not raw.startswith(b"k8s:enc:") or _CANARY.encode() in raw:
        raise ProofError(f"etcd stores it as {raw[:24]!r}")
    provider = b":".join(raw.split(b":", 5)[2:5]).decode(errors="replace")
    return f"etcd stores {len(raw)} bytes encrypted by {provider}"
