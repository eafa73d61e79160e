# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a file to CDI's upload proxy, whose certificate is verified.

The proxy passes it on to the pod that writes the volume (CDI 1.66.0, doc/upload.md, pkg/uploadproxy/uploadproxy.go). It
takes the file in one request, which ends when the file is there; what becomes of it is said by the DataVolume.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import ssl
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from ..conditions.fields import Item, at
from ..waiting.deadline import Deadline
from .cluster import Cluster
from .errors import VmError
from .kinds import CDI_CONFIG, UPLOAD_TOKEN

BLOCK = 1 << 20
#: Seconds after which a proxy that takes no more counts as lost.
STALLED = 60.0
PATH = "/v1beta1/upload-async"
_REMEDIES = {
    400: "it does not take the token of this API server; does upload_url lead to the proxy of this cluster?",
    401: "it does not take the token; is the time of this host and of the cluster the same?",
    503: "the pod that writes the volume does not take it; run this again",
}


@dataclass(frozen=True)
class Proxy:
    """Where files are sent, and whom to believe that."""

    host: str
    port: int
    context: ssl.SSLContext


def digest(path: str) -> str:
    """The SHA-256 of a file.

    :raises VmError: it can't be read.
    """
    found = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(BLOCK):
                found.update(block)
    except OSError as error:
        raise VmError(f"path: {path}: {error.strerror}; correct it, or put the file there") from error
    return found.hexdigest()


def proxy(cluster: Cluster, params: Mapping[str, Any]) -> Proxy:
    """The upload proxy that the options name, else the one that CDI names.

    :raises VmError: none is named, or the CA can't be read.
    """
    status = at(cluster.get(CDI_CONFIG, "", "config"), "status") or {}
    url = str(params.get("upload_url") or status.get("uploadProxyURL") or "")
    if not url:
        raise VmError(
            "nobody says where CDI's upload proxy is; give upload_url, or upload_url of the role cdi, at which users "
            "reach the Service cdi-uploadproxy"
        )
    parts = urllib.parse.urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme != "https" or not parts.hostname:
        raise VmError(f"upload_url: {url} is no https URL; the proxy speaks TLS")
    try:
        given = params.get("upload_ca_cert")
        context = ssl.create_default_context(cafile=given, cadata=None if given else status.get("uploadProxyCA"))
        return Proxy(parts.hostname, parts.port or 443, context)
    except (OSError, ValueError) as error:
        raise VmError(f"upload_ca_cert: {params.get('upload_ca_cert')}: {error}; name a file with the CA") from error


def token(cluster: Cluster, volume: Item) -> str:
    """A token that lets its bearer send one file for a volume.

    :raises VmError: CDI's API server gave none.
    """
    space, name = str(at(volume, "metadata", "namespace")), str(at(volume, "metadata", "name"))
    claim = str(at(volume, "status", "claimName") or name)
    made = cluster.create(UPLOAD_TOKEN, UPLOAD_TOKEN.body(space, name, {"pvcName": claim}))
    found = str(at(made, "status", "token") or "")
    if not found:
        raise VmError(f"CDI gave no token for the upload into {space}/{claim}; does cdi-apiserver run?")
    return found


class _Counted:
    """A file that counts what is read of it, until a deadline."""

    def __init__(self, file: BinaryIO, deadline: Deadline) -> None:
        self._file, self._deadline, self.sent = file, deadline, 0

    def read(self, size: int = -1) -> bytes:
        if self._deadline.passed:
            raise TimeoutError("the deadline has passed")
        found = self._file.read(size)
        self.sent += len(found)
        return found


def send(where: Proxy, bearer: str, path: str, deadline: Deadline) -> None:
    """Send a file.

    :raises VmError: the proxy is not the one that its CA knows, does not take the file, or not in time.
    """
    size = os.path.getsize(path)
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/octet-stream"}
    name = f"https://{where.host}:{where.port}"
    connection = http.client.HTTPSConnection(
        where.host, where.port, timeout=STALLED, context=where.context, blocksize=BLOCK
    )
    with open(path, "rb") as file:
        counted = _Counted(file, deadline)
        try:
            connection.request("POST", PATH, counted, {**headers, "Content-Length": str(size)})
            answer = connection.getresponse()
            text = answer.read(300).decode(errors="replace").strip()
        except ssl.SSLCertVerificationError as error:
            raise VmError(
                f"{name}: its certificate is not trusted ({error.verify_message}); nothing was sent. Give its CA as "
                "upload_ca_cert, and the name in its certificate in upload_url"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise VmError(
                f"{name}: {error or type(error).__name__} after {counted.sent} of {size} bytes; check the network and "
                "the proxy, and run this again"
            ) from error
        finally:
            connection.close()
    if answer.status != 200:
        remedy = _REMEDIES.get(answer.status, "see the log of cdi-uploadproxy")
        raise VmError(f"{name} answered {answer.status}{f' ({text})' if text else ''}: {remedy}")
