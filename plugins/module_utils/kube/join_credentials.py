# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What machines need to join, for the length of one run: a bootstrap token and the control plane's certificates."""

from __future__ import annotations

import base64
import datetime
import re
import typing as t
from dataclasses import dataclass

from ..host.system import System
from . import config, etcd, paths, yaml
from .access import admin
from .api import Api, Refused
from .errors import KubeError
from .settings import Settings

SECRETS = "/api/v1/namespaces/kube-system/secrets"
TOKEN = re.compile(r"[a-z0-9]{6}\.[a-z0-9]{16}\Z")
KEY = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class JoinCredentials:
    """Made by the controller for one run. ``token``: abcdef.0123456789abcdef; ``key``: 64 hex digits, AES-256."""

    token: str
    key: str

    def __post_init__(self) -> None:
        if not TOKEN.match(self.token) or not KEY.match(self.key):
            raise KubeError("join credentials: token must be 6 and 16 small letters or digits, key 64 hex digits")

    @property
    def id(self) -> str:
        """The public part of the token."""
        return self.token.split(".")[0]


def issue(settings: Settings, api: Api, system: System, credentials: JoinCredentials, *, certificates: bool) -> None:
    """Let the holder of the credentials join until it is withdrawn, 15 minutes (45 on slow machines) at the longest."""
    minutes = 45 if settings.slow else 15
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    body = token_secret(credentials, ends)
    try:
        api.create(SECRETS, body)
    except Refused as error:
        if error.status != 409:
            raise
        api.patch(f"{SECRETS}/{body['metadata']['name']}", {"stringData": body["stringData"]})
    if certificates:
        upload(settings, system, credentials)


def token_secret(credentials: JoinCredentials, ends: datetime.datetime) -> dict[str, t.Any]:
    """The Secret that is a bootstrap token, good for authentication only."""
    identity, secret = credentials.token.split(".")
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"bootstrap-token-{identity}", "namespace": "kube-system"},
        "type": "bootstrap.kubernetes.io/token",
        "stringData": {
            "description": "groundup.cloud: machines that join in one run",
            "token-id": identity,
            "token-secret": secret,
            "expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
        },
    }


def upload(settings: Settings, system: System, credentials: JoinCredentials) -> None:
    """Put the control plane's certificates, encrypted with the credentials's key, where the token may read them."""
    path = f"{paths.SCRATCH}/upload.yaml"
    documents = yaml.documents(config.upload_certs(settings, credentials.key))
    system.write(path, documents.encode(), mode=0o600)
    argv = [paths.KUBEADM, "init", "phase", "upload-certs", "--upload-certs", "--config", path]
    try:
        system.run([*argv, "--skip-certificate-key-print"])
    finally:
        system.path(path).unlink(missing_ok=True)


def withdraw(api: Api, credentials: JoinCredentials) -> bool:
    """Delete the token, the certificates, and the token that kubeadm ties them to; whether there was anything."""
    names = [f"bootstrap-token-{credentials.id}", "kubeadm-certs"]
    certificates = api.get(f"{SECRETS}/kubeadm-certs")
    if certificates:
        names += [owner["name"] for owner in certificates["metadata"].get("ownerReferences", ())]
    deleted = [name for name in names if api.delete(f"{SECRETS}/{name}")]
    return bool(deleted)


def discovery(settings: Settings, system: System) -> dict[str, str]:
    """The public part of the join credentials: the endpoint and the CA (base64 of PEM)."""
    ca = system.path(paths.CA).read_bytes()
    server = f"https://{settings.endpoint.address}:{settings.endpoint.port}"
    return {"server": server, "ca": base64.b64encode(ca).decode()}


def remove_stale(members: t.Iterable[t.Mapping[str, str]]) -> list[str]:
    """Take etcd members without a machine out; their names."""
    client = etcd.connect()
    removed = []
    for member in members:
        etcd.remove(client, member["id"])
        removed.append(member["name"])
    return removed


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_join_credentials.

    Credentials expire within minutes, so issuing them is no step; removing a member of etcd is one.
    """
    if check:
        steps = [f"remove etcd member {member['name'] or member['id']}" for member in params["stale_members"]]
        return {"changed": True, "discovery": {}, "removed": [], "steps": steps}
    system, credentials = System(), JoinCredentials(params["token"], params["certificate_key"])
    api = admin(settings, system)
    if params["state"] == "absent":
        return {"changed": withdraw(api, credentials), "discovery": {}, "removed": [], "steps": []}
    removed = remove_stale(params["stale_members"]) if params["stale_members"] else []
    issue(settings, api, system, credentials, certificates=params["certificates"])
    steps = [f"remove etcd member {name}" for name in removed]
    return {"changed": True, "discovery": discovery(settings, system), "removed": removed, "steps": steps}
