# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transport of `objects` over the client of `kube`, which needs the standard library only.

The program runs on a host without the Python package ``kubernetes``, and its kubeconfig has a token of its own account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from ..kube import api
from ..objects.errors import Refused, Unreachable
from ..objects.transport import CONNECT_SECONDS, JSON, JSON_FIRST, Json


class Native:
    """A transport; see :class:`objects.transport.Transport`."""

    def __init__(self, login: api.Kubeconfig) -> None:
        self.server, self.warnings = login.server, list[str]()
        self._https = login.https(CONNECT_SECONDS)

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content: str = JSON,
        accept: str = JSON_FIRST,
    ) -> Json:
        """Return the answer.

        :raises Unreachable: there was no answer, or the server failed.
        :raises Refused: the answer is an error.
        """
        with _translated():
            found: Json | None = self._https.call(
                method, path + (f"?{urlencode(query)}" if query else ""), body, content
            )
        return found or {}

    def text(self, path: str) -> str | None:
        """Return an answer that is no object. See :class:`objects.transport.Transport`."""
        with _translated():
            return api.Api(self._https).text(path)


@contextmanager
def _translated() -> Iterator[None]:
    """Raise the errors of `objects` for those of `kube`."""
    try:
        yield
    except api.Unreachable as error:
        raise Unreachable(str(error)) from error
    except api.Refused as error:
        raise Refused(str(error), error.status) from error
