# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubeconfig of the service: a token of its own account, made and renewed with the administrator's kubeconfig.

A token ends by itself, and at once when its account is removed; a certificate could not be withdrawn. The token is
asked for by the API (TokenRequest), so that no controller has to run for it.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from ..conditions.errors import ReadError
from ..errors import CloudError
from ..host.state import File
from ..host.system import System
from ..kube.api import Kubeconfig
from ..objects.errors import Refused
from ..objects.live import get
from ..provision import files
from ..provision.steps import Plan
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import wait
from . import rights
from .api import Native

#: Seconds for which a token is asked for, as for certificates of kubeadm. A server may give less.
LIFE = 365 * 86400
#: The part of its life that a token has left when a run renews it.
RENEW = 0.25
#: Seconds until an API server knows a new account and its rights.
KNOWN = 30.0
NODES = "/api/v1/nodes"
NONE = "there is none"


class LoginError(CloudError):
    """The kubeconfig of the service can't be used."""


class Login:
    """The account of the service and its kubeconfig.

    :param administrator: text of the administrator's kubeconfig, which is used here and written nowhere.
    :param path: where the kubeconfig of the service is.
    :param machines: the nodes that may be fenced.
    """

    def __init__(self, administrator: str, path: str, machines: Iterable[str]) -> None:
        self._administrator, self._path = Kubeconfig.of(administrator, "the kubeconfig of the cluster"), path
        self._objects = rights.objects(machines)

    def require(self, found: Plan) -> bool:
        """Append steps that make or renew what is not as it has to be; whether the kubeconfig differs.

        Where the API does not answer, both are steps: performed, they say why they fail.
        """
        try:
            api = self._api()
            lacking = rights.lacking(api, self._objects)
            reason = self._reason(str((get(api, self._objects[0].path) or {}).get("metadata", {}).get("uid", "")))
            if not (lacking or reason):
                reason = self._refusal()
        except ReadError as error:
            lacking, reason = list(self._objects), f"the API does not tell: {error}"
        if lacking:
            names = ", ".join(map(str, lacking))
            found.add(f"rights of {rights.ACCOUNT}: {names}", lambda: rights.make(self._api(), lacking))
        if reason:
            found.add(f"kubeconfig of {rights.ACCOUNT}", self._renew, before=f"{reason}\n", after="valid\n")
            return True
        return files.require(found, [File(self._path, self.text(), mode=0o600, secret=True)])

    def remove(self, found: Plan) -> None:
        """Append the step that removes the account, if it or its kubeconfig is there."""
        try:
            api = self._api()
            there = any(get(api, one.path) is not None for one in self._objects)
        except ReadError:
            there = os.path.exists(self._path)  # the step says why it fails, after the service was stopped
        if there:
            found.add(f"remove {rights.ACCOUNT} from the cluster", lambda: rights.remove(self._api(), self._objects))

    def text(self) -> str:
        """The kubeconfig as it is on this host; empty where there is none."""
        return text_of(self._path)

    def _api(self) -> Native:
        return Native(self._administrator)

    def _reason(self, account: str) -> str:
        """Why the kubeconfig has to be made; empty where it looks valid."""
        text = self.text()
        if not text:
            return NONE
        has, own = Kubeconfig.of(text, self._path), self._administrator
        if (has.server, has.ca.strip()) != (own.server, own.ca.strip()):
            return "it is of another cluster or endpoint"
        if not has.token:
            return "it has the credentials of somebody else"
        says = claims(self._path, has.token)
        if says["kubernetes.io"]["serviceaccount"]["uid"] != account:
            return "its account was removed"
        left = says["exp"] - time.time()
        if left < RENEW * (says["exp"] - says["iat"]):
            return f"it ends in {left / 86400:.0f} days"
        return ""

    def _refusal(self) -> str:
        """Why the API does not take the token; empty where it does."""
        try:
            Native(Kubeconfig.of(self.text(), self._path)).call("GET", NODES, {"limit": "1"})
        except Refused as error:
            if error.status != 401:
                raise
            return "the API does not take it any longer"
        return ""

    def _renew(self) -> None:
        """Ask for a token and write the kubeconfig, as soon as the API server takes it."""
        spec = {"expirationSeconds": LIFE}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        token = self._api().call("POST", f"{self._objects[0].path}/token", None, body)["status"]["token"]
        text = kubeconfig(self._administrator, token)
        own = Native(Kubeconfig.of(text, self._path))
        wait(partial(_known, own), Deadline(KNOWN), pause=0.2, what="the API to take the token of the service")
        System().write(self._path, text.encode(), mode=0o600)


def text_of(path: str) -> str:
    """The kubeconfig of the service; empty where there is none."""
    return Path(path).read_text() if os.path.exists(path) else ""


def _known(api: Native) -> bool | Missing:
    try:
        api.call("GET", NODES, {"limit": "1"})
    except Refused as error:
        if error.status not in (401, 403):
            raise
        return Missing.of(rights.ACCOUNT, str(error))
    return True


def claims(where: str, token: str) -> dict[str, Any]:
    """What a token says of itself (RFC 7519); its signature is the API's business.

    :raises LoginError: it is none of a ServiceAccount.
    """
    try:
        part = token.split(".")[1]
        found = dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
        if {"exp", "iat"} <= found.keys() and found["kubernetes.io"]["serviceaccount"]["uid"]:
            return found
        raise ValueError("it has no end, or no account")
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise LoginError(f"{where}: its token can't be read ({error!r}); remove the file, and run again") from error


def kubeconfig(administrator: Kubeconfig, token: str) -> str:
    """The text of a kubeconfig for the same cluster, with this token."""
    ca = base64.b64encode(administrator.ca.encode()).decode()
    return f"""\
apiVersion: v1
kind: Config
clusters:
- name: cluster
  cluster:
    server: {administrator.server}
    certificate-authority-data: {ca}
users:
- name: {rights.ACCOUNT}
  user:
    token: {token}
contexts:
- name: service
  context:
    cluster: cluster
    user: {rights.ACCOUNT}
current-context: service
"""
