# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of Redfish services: their objects, the reasons that they give, and the error that follows from a status.

Nothing here trusts the shape of an answer: web servers in front of a service answer errors with bodies of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..web.library import requests
from ..web.reason import innermost
from . import errors
from .facts import text_of
from .session import Answer, ForeignOrigin

LOOK = "read the controller's own log; a reset of the controller (not of the machine) often helps"
KINDS: dict[int, tuple[type[errors.BmcError], str]] = {
    401: (errors.BmcAuthError, "correct bmc.username and bmc.password in the model"),
    403: (errors.BmcAuthError, "give the account the role Operator or Administrator"),
    409: (errors.BmcConflict, "wait until the machine's present change has ended"),
    429: (errors.BmcBusy, "try again later; something else may be polling this controller"),
    503: (errors.BmcBusy, "try again later; the controller may be starting"),
}
REASON_LENGTH = 400
SESSIONS_FULL = re.compile(
    r"SessionLimitExceeded|CreateLimitReachedForResource|RAC0218|SYS403\b"
    r"|(maximum|limit)[^.]{0,60}session|session[^.]{0,60}(maximum|limit)|too many[^.]{0,20}session",
    re.IGNORECASE,
)


def part(body: object, *names: str) -> Any:
    """Return a member of nested objects, or None if one of them is missing or no object."""
    for name in names:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def link(body: object, *names: str) -> str | None:
    """Return the address below ``names``."""
    found = part(body, *names, "@odata.id")
    return found if isinstance(found, str) and found else None


def members(body: object) -> list[str]:
    """Return the addresses of a collection's members; members without an address are left out."""
    listed = part(body, "Members")
    return [path for path in map(link, listed) if path] if isinstance(listed, list) else []


def content_of(answer: Answer) -> object:
    """Return the JSON value of an answer, None for an empty one.

    :raises ValueError: it is no JSON.
    """
    return json.loads(answer.text) if answer.text.strip() else None


def reason_of(answer: Answer) -> str:
    """Return what the controller says about an error: the message and each extended one, or the text as it stands."""
    try:
        body = content_of(answer)
    except ValueError:
        body = re.sub(r"<[^>]*>", " ", answer.text)
    found = dict.fromkeys(" ".join(text.split()) for text in _messages(body))
    return " ".join(found)[:REASON_LENGTH]


def _messages(body: object) -> Iterator[str]:
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(error, Mapping):
        if text := text_of(error):
            yield text
        return
    for name in ("message", "Message"):
        if text := text_of(error.get(name)):
            yield text
    extended = error.get("@Message.ExtendedInfo")
    for item in extended if isinstance(extended, list) else [extended]:
        if text := text_of(part(item, "Message")) or text_of(part(item, "MessageId")) or text_of(item):
            yield text


@dataclass(frozen=True)
class Asked:
    """What was requested where, for messages. ``hide`` removes secrets: some controllers quote refused values."""

    doing: str
    where: str
    evidence: tuple[str, ...]
    hide: Callable[[str], str]


def refusal(answer: Answer, asked: Asked, login: bool = False) -> errors.BmcError:
    """Return the error for an answer that is no success. ``login``: it refuses user name and password."""
    kind, remedy = KINDS.get(401 if login else answer.status, (errors.BmcProtocolError, LOOK))
    if 300 <= answer.status < 400:
        place = answer.headers.get("Location") or "another address"
        reason, remedy = f"it redirects to {place}, which is not followed", "correct bmc.address in the model"
    else:
        reason = reason_of(answer)
    what = asked.hide(f"{asked.doing}: HTTP {answer.status}" + (f": {reason}" if reason else ""))
    return kind(what, asked.where, remedy, asked.evidence, status=answer.status)


def broken(error: Exception, asked: Asked) -> errors.BmcError:
    """Return the error for a request without a complete answer."""
    text = asked.hide(innermost(error))
    doing, where, evidence = asked.doing, asked.where, asked.evidence
    if isinstance(error, ForeignOrigin):
        return errors.BmcProtocolError(f"{doing}: {error}; nothing was sent there", where, LOOK, evidence)
    if isinstance(error, requests.exceptions.SSLError):
        if any(word in text for word in ("WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "RECORD")):
            return errors.BmcTlsError(
                f"{doing}: it does not speak TLS 1.2 or newer on this port ({text}); no credentials were sent",
                where,
                "correct bmc.port, or enable HTTPS and TLS 1.2 in the controller's settings",
                evidence,
            )
        return errors.BmcTlsError(
            f"{doing}: the certificate was refused ({text}); no credentials were sent",
            where,
            "compare the certificate with bmc.tls.fingerprint or bmc.tls.ca_file of the model",
            evidence,
        )
    if isinstance(error, (requests.exceptions.ConnectionError, requests.exceptions.Timeout)):
        remedy = "check the address, the management VLAN and the controller's power"
        return errors.BmcUnreachable(f"{doing}: {text}", where, remedy, evidence)
    return errors.BmcProtocolError(f"{doing}: {text}", where, LOOK, evidence)
