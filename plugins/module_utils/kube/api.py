# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes API over HTTPS with a kubeconfig's client certificate. Standard library only: it runs on machines."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import ssl
import typing as t
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from ..conditions.errors import Denied, Unanswered
from .errors import KubeError

FIELDS = {
    "server": "server",
    "ca": "certificate-authority-data",
    "certificate": "client-certificate-data",
    "key": "client-key-data",
    "token": "token",
}
PLAIN = ("server", "token")
FIELD = re.compile(rf"^\s*({'|'.join(FIELDS.values())}):\s*(\S+)\s*$", re.MULTILINE)
PATCHES = {"merge": "application/merge-patch+json", "strategic": "application/strategic-merge-patch+json"}


class Unreachable(KubeError, Unanswered):
    """There was no answer, or the server that answered isn't ready to serve."""


class Refused(KubeError, Denied):
    """The API answered with an error. ``status`` is the HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Kubeconfig:
    """One cluster and one user, as kubeadm writes them: PEM texts, or a token in place of certificate and key."""

    server: str
    ca: str
    certificate: str = ""
    key: str = ""
    token: str = ""

    @classmethod
    def read(cls, path: Path) -> Kubeconfig:
        """Parse kubeadm's own file (one cluster, one user, data inline); FileNotFoundError when there is none."""
        return cls.of(path.read_text(), str(path))

    @classmethod
    def of(cls, text: str, where: str) -> Kubeconfig:
        """Parse the text of such a file. ``where``: what it is, for messages."""
        found = _fields(text, where)
        needs = ["server", "ca", *(["certificate", "key"] if "token" not in found else [])]
        if missing := [name for name in needs if name not in found]:
            raise KubeError(f"{where}: no inline {missing[0]!r}; `kubeadm kubeconfig user` makes a new one")
        return cls(**found)

    @staticmethod
    def fields(path: Path) -> dict[str, str]:
        """Those of server, ca, certificate and key (PEM), and token, that the file holds itself."""
        return _fields(path.read_text(), str(path))

    def https(self, timeout: float = 10, server: str = "") -> Https:
        """A connection of its user, by certificate or token, to ``server`` or where the file points."""
        context = tls(self.ca, self.certificate, self.key)
        return Https(server or self.server, context, timeout, self.token)


def _fields(text: str, where: str) -> dict[str, str]:
    found = dict(FIELD.findall(text))
    try:
        return {
            short: found[name] if short in PLAIN else base64.b64decode(found[name]).decode()
            for short, name in FIELDS.items()
            if name in found
        }
    except ValueError as error:
        raise KubeError(f"{where}: not a kubeconfig ({error}); `kubeadm kubeconfig user` makes a new one") from error


def tls(ca: str, certificate: str, key: str) -> ssl.SSLContext:
    """A context that trusts ``ca`` only and presents a client certificate, if there is one. The key is never written to
    a disk."""
    context = ssl.create_default_context(cadata=ca)
    if not certificate:
        return context
    handle = os.memfd_create("client")
    try:
        os.write(handle, f"{certificate}\n{key}".encode())
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)
    return context


class Https:
    """JSON over one persistent connection to ``server`` (https://host:port)."""

    def __init__(self, server: str, context: ssl.SSLContext, timeout: float = 10, token: str = "") -> None:
        self._login = {"Authorization": f"Bearer {token}"} if token else {}
        url = urllib.parse.urlsplit(server)
        self.server = server
        self._connection = http.client.HTTPSConnection(url.hostname or "", url.port, context=context, timeout=timeout)

    def call(self, method: str, path: str, body: t.Any = None, content: str = "application/json") -> t.Any:
        """The answer's JSON; errors as of ``text``."""
        text = self.text(method, path, body, content)
        return json.loads(text) if text else None

    def text(self, method: str, path: str, body: t.Any = None, content: str = "application/json") -> str:
        """The body of the response as text.

        :raises Unreachable: no answer, or 5xx from a server that is starting.
        :raises Refused: any other status of 400 and above.
        """
        headers = {"Accept": "application/json", "Content-Type": content, **self._login}
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self._connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unreachable(f"{self.server}: {error or type(error).__name__}") from error
        if answer.status >= 500:
            raise Unreachable(f"{self.server}{path}: {answer.status} {text[:300]}")
        if answer.status >= 400:
            raise Refused(answer.status, f"{method} {self.server}{path}: {answer.status} {_message(text)}")
        return text


def _message(text: str) -> str:
    """The message of a Status object, else the start of the response."""
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:300]


class Api:
    """The verbs this package needs."""

    def __init__(self, https: Https) -> None:
        self._https = https
        self.server = https.server

    def get(self, path: str) -> t.Any:
        """An object or a list; None when there is none."""
        try:
            return self._https.call("GET", path)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def text(self, path: str) -> str | None:
        """A text, such as a log; None when there is none."""
        try:
            return self._https.text("GET", path)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def ready(self) -> None:
        """Returns when the server says that it is ready; else Unreachable, naming the checks that fail."""
        self._https.text("GET", "/readyz")

    def create(self, path: str, body: t.Any) -> t.Any:
        """Make an object in the collection ``path``."""
        return self._https.call("POST", path, body)

    def patch(self, path: str, body: t.Any, kind: t.Literal["merge", "strategic"] = "merge") -> t.Any:
        """Change part of an object."""
        return self._https.call("PATCH", path, body, PATCHES[kind])

    def delete(self, path: str) -> bool:
        """Remove an object; whether there was one."""
        try:
            self._https.call("DELETE", path)
        except Refused as error:
            if error.status == 404:
                return False
            raise
        return True


def connect(kubeconfig: Kubeconfig, server: str | None = None, timeout: float = 10) -> Api:
    """An API client of the kubeconfig's user, at ``server`` or where the kubeconfig points."""
    return Api(kubeconfig.https(timeout, server or ""))
