# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of management controllers, one class for each kind; each has a place and a remedy."""

from __future__ import annotations

from ..errors import CloudError


class BmcError(CloudError):
    """A management controller did not do what was requested.

    ``what`` says what happened, ``where`` names the controller (never its password), ``remedy`` what to do about it,
    ``evidence`` holds the last requests and answers as lines of text; ``status`` is the HTTP status, or 0.
    """

    def __init__(self, what: str, where: str, remedy: str, evidence: tuple[str, ...] = (), *, status: int = 0) -> None:
        super().__init__(what, where, remedy)
        self.status = status
        self.what = what
        self.where = where
        self.remedy = remedy
        self.evidence = evidence

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


class BmcLibraryMissing(BmcError):
    """A Python library that speaks the protocol is not installed where the module runs."""

    library = "requests"


class BmcProgramMissing(BmcError):
    """A program that speaks the protocol is not installed where the module runs."""


class BmcUnreachable(BmcError):
    """The controller did not answer, or its answer did not end in time. A request may have been carried out."""


class BmcTlsError(BmcError):
    """The certificate is not the expected one; no credentials were sent."""


class BmcAuthError(BmcError):
    """User name or password were refused, or the account lacks the right."""


class BmcBusy(BmcError):
    """The controller answered until the timeout that it can't serve the request now."""


class BmcConflict(BmcError):
    """The controller refuses the change in its present state (HTTP 409); it may accept it later."""


class BmcProtocolError(BmcError):
    """An answer that the protocol does not allow, or a request that this controller does not support."""


class BmcSessionLeft(BmcProtocolError):
    """All was done, but the session could not be ended; it ends by the controller's own timeout."""


class BmcIdentityError(BmcError):
    """The machine behind this address is not that of the model; nothing was changed."""


class BmcTimeout(BmcError):
    """The controller accepted the change, but the machine did not reach the state in time."""
