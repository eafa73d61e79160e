# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs that only a control-plane machine can give: etcd's health, what is really in it, certificates."""

from __future__ import annotations

import base64
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from ..kube import etcd
from ..kube.api import Api, Https
from ..report.proofs import Proof, ProofError, prove
from .asked import asked

PKI = Path("/etc/kubernetes/pki")
_NAME = "groundup-proof"
_CANARY = "a secret that must not be readable in etcd"
_DAYS_LEFT = 30


def control_plane_proofs(host: str, api: Api, members: int) -> list[Proof]:
    """All proofs of one control-plane machine.

    :param members: how many etcd members the model has.
    """
    return [
        prove(f"{host}: etcd is healthy with every member", "kubernetes", asked(lambda: _health(members))),
        prove(f"{host}: a Secret is encrypted in etcd", "kubernetes", asked(lambda: _encrypted(api))),
        prove(f"{host}: certificates are valid for more than {_DAYS_LEFT} days", "kubernetes", _certificates),
    ]


def _raw(client: Https, key: str) -> bytes:
    """The bytes that etcd keeps under a key, by its JSON gateway (etcd.io/docs/v3.6/dev-guide/api_grpc_gateway)."""
    found = client.call("POST", "/v3/kv/range", {"key": base64.b64encode(key.encode()).decode()})
    if not found.get("kvs"):
        raise ProofError(f"etcd has no {key}")
    return base64.b64decode(found["kvs"][0]["value"])


def _health(members: int) -> str:
    client = etcd.connect()
    found = etcd.members(client)
    alarms = client.call("POST", "/v3/maintenance/alarm", {"action": "GET"}).get("alarms", [])
    status = client.call("POST", "/v3/maintenance/status", {})
    learners = [member["name"] for member in found if member["learner"]]
    if len(found) != members or alarms or learners or not status.get("leader"):
        raise ProofError(f"{len(found)} of {members} members, alarms {alarms}, learners {learners}")
    size = int(status["dbSize"]) / 2**20
    names = ", ".join(sorted(member["name"] for member in found))
    return f"{len(found)} of {members} members ({names}), version {status['version']}, {size:.1f} MiB"


def _encrypted(api: Api) -> str:
    path = "/api/v1/namespaces/kube-system/secrets"
    data = {"canary": base64.b64encode(_CANARY.encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"generateName": f"{_NAME}-"}, "data": data}
    name = api.create(path, secret)["metadata"]["name"]
    try:
        raw = _raw(etcd.connect(), f"/registry/secrets/kube-system/{name}")
    finally:
        api.delete(f"{path}/{name}")
    if not raw.startswith(b"k8s:enc:") or _CANARY.encode() in raw:
        raise ProofError(f"etcd keeps it as {raw[:24]!r}")
    provider = b":".join(raw.split(b":", 5)[2:5]).decode(errors="replace")
    return f"etcd keeps {len(raw)} bytes under {provider}"


def _certificates() -> str:
    files = sorted(
        [*PKI.glob("*.crt"), *(PKI / "etcd").glob("*.crt"), Path("/var/lib/kubelet/pki/kubelet-client-current.pem")]
    )
    left = {path.name: _days_left(path) for path in files if path.exists()}
    if not left:
        raise ProofError(f"there are no certificates in {PKI}")
    name = min(left, key=left.__getitem__)
    if left[name] <= _DAYS_LEFT:
        raise ProofError(f"{name} has {left[name]} days left; renew with kubeadm certs renew all")
    return f"{len(left)} certificates, the first to end is {name} in {left[name]} days"


def _days_left(path: Path) -> int:
    command = ["openssl", "x509", "-noout", "-enddate", "-in", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProofError(f"{path}: {done.stderr.strip()}")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(done.stdout.strip().partition("=")[2]), UTC)
    return (ends - datetime.now(UTC)).days
