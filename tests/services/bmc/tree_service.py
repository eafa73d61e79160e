# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of a Redfish service: it serves a recorded tree over TLS, with the behaviour of a maker behind its writes.

The tree is what a real controller answered to GET; what it does with PATCH, POST and DELETE is this file's, by public
reports about each maker. Every behaviour is a switch, so that each can be tried with each tree.
"""

from __future__ import annotations

import base64
import copy
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .fault_proxy import Fault, matches
from .tls_server import TlsServer

USER, PASSWORD = "admin", "right-one-9"
SESSIONS = "/redfish/v1/SessionService/Sessions"
BOOT = ("BootSourceOverrideEnabled", "BootSourceOverrideTarget", "BootSourceOverrideMode")


@dataclass
class Behaviour:
    """``session``: what names a new session (path, foreign, body, id, no_token); ``places``: size of the table.

    ``etag``: none, strict (If-Match is demanded), body (as strict, and only in the body), weak_428 (a weak one gets
    428), gzip (the header has a suffix that If-Match may not have), always_stale. ``boot``: plain, single (Target None
    never with Enabled), full (all three at once), legacy (a body without the mode sets Legacy), target_only (Enabled
    alone does nothing). ``reset``: plain, lost (done, no answer), failed (HTTP 500, done after ``late`` seconds),
    refused (HTTP 500, never done).
    """

    session: str = "path"
    places: int = 8
    etag: str = "none"
    boot: str = "plain"
    reset: str = "plain"
    late: float = 0.0
    nic_delay: float = 0.0
    expands: bool = True
    conflicts: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Seen:
    """One request and the status of its answer."""

    method: str
    path: str
    status: int
    body: Any


class TreeService:
    """Listens on 127.0.0.1 with TLS."""

    def __init__(self, tree: Mapping[str, Any], certificate: str, key: str, behaviour: Behaviour | None = None) -> None:
        self.tree = {path.rstrip("/"): body for path, body in copy.deepcopy(dict(tree)).items()}
        self.behaviour = behaviour or Behaviour()
        self.seen: list[Seen] = []
        self.sessions: dict[str, str] = {}  # number -> token
        self.begun = 0
        self.authorizations: list[str | None] = []
        self._versions: dict[str, int] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args: object) -> None:
                """Log nothing."""

            def _any(self) -> None:
                service.serve(self)

            do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 - names of the standard library

        self._server = TlsServer(Handler, certificate, key)
        self.port = self._server.port

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    @property
    def system_path(self) -> str:
        """The system that can be switched on and off; some controllers list further ones that can't."""
        paths = [item["@odata.id"].rstrip("/") for item in self.tree["/redfish/v1/Systems"]["Members"]]
        return next(path for path in paths if (self.tree[path].get("Actions") or {}).get("#ComputerSystem.Reset"))

    @property
    def system(self) -> dict[str, Any]:
        """The system's body."""
        return self.tree[self.system_path]  # type: ignore[no-any-return]

    @property
    def settings_path(self) -> str | None:
        """The path of its pending settings, if it has such with a boot override."""
        path = ((self.system.get("@Redfish.Settings") or {}).get("SettingsObject") or {}).get("@odata.id")
        return path if path and BOOT[0] in (self.tree.get(path, {}).get("Boot") or {}) else None

    def set_boot(self, enabled: str, target: str, pending: bool = False) -> None:
        """Show a boot override from the beginning."""
        body = self.tree[self.settings_path or ""] if pending else self.system
        body["Boot"] = {**body["Boot"], BOOT[0]: enabled, BOOT[1]: target}

    def writes(self, method: str = "PATCH") -> list[int]:
        """Statuses of the changes that were requested."""
        return [seen.status for seen in self.seen if seen.method == method and not seen.path.startswith(SESSIONS)]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        data = handler.rfile.read(int(handler.headers["Content-Length"] or 0))
        body = json.loads(data) if data else None
        self.authorizations.append(handler.headers["Authorization"])
        path = urlsplit(handler.path).path.rstrip("/")
        fault = next((fault for fault in self.behaviour.faults if matches(fault, handler)), None)
        if fault:
            time.sleep(fault.delay)
            answer = fault.status or 0, dict(fault.headers), fault.body
        else:
            status, headers, content = self._answer(handler, path, body)
            answer = status, headers, b"" if content is None else json.dumps(content).encode()
        self.seen.append(Seen(handler.command, path, answer[0], body))
        if not answer[0]:
            handler.connection.close()
            return
        handler.send_response(answer[0])
        for name, value in {"Content-Type": "application/json", **answer[1]}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer[2])))
        handler.end_headers()
        handler.wfile.write(answer[2])

    def _answer(self, handler: BaseHTTPRequestHandler, path: str, body: Any) -> tuple[int, dict[str, str], Any]:
        method = handler.command
        if path == SESSIONS and method == "POST":
            return self._login(body)
        if path != "/redfish/v1" and not self._knows(handler):
            return _error(401, "NoValidSession")
        if method == "DELETE":
            return (204, {}, None) if self.sessions.pop(path.rpartition("/")[2], None) else _error(404, "gone")
        if method == "POST":
            return self._reset(path, body)
        if method == "PATCH":
            return self._patch(path, body, handler.headers["If-Match"])
        if path not in self.tree:
            return _error(404, "ResourceMissingAtURI")
        if "/EthernetInterfaces/" in path:
            time.sleep(self.behaviour.nic_delay)
        status, headers, content = self._read(path)
        if "$expand=" in handler.path and self.behaviour.expands:
            content = {**content, "Members": [self.tree[item["@odata.id"]] for item in content["Members"]]}
        return status, headers, content

    def _read(self, path: str) -> tuple[int, dict[str, str], Any]:
        kind, etag = self.behaviour.etag, self._etag(path)
        body = {name: value for name, value in self.tree[path].items() if name != "@odata.etag"}
        if kind == "none":
            return 200, {}, body
        shown = {"weak_428": f"W/{etag}", "gzip": f'{etag[:-1]}-gzip"'}.get(kind, etag)
        return (200, {}, {**body, "@odata.etag": etag}) if kind == "body" else (200, {"ETag": shown}, body)

    def _etag(self, path: str) -> str:
        return f'"v{self._versions.get(path, 0)}"'

    def _knows(self, handler: BaseHTTPRequestHandler) -> bool:
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if handler.headers["Authorization"] == f"Basic {basic}":
            return True
        return handler.headers["X-Auth-Token"] in self.sessions.values()

    def _login(self, body: Any) -> tuple[int, dict[str, str], Any]:
        if body != {"UserName": USER, "Password": PASSWORD}:
            return _error(401, "Unauthorized")
        if len(self.sessions) >= self.behaviour.places:
            return _error(503, "The maximum number of user sessions is reached.")
        self.begun += 1
        number, token = str(self.begun), f"token-{self.begun}"
        self.sessions[number] = token
        place, headers = f"{SESSIONS}/{number}", {"X-Auth-Token": token}
        kind = self.behaviour.session
        if kind == "path":
            headers["Location"] = place
        elif kind == "foreign":
            headers["Location"] = f"https://bmc-{number}.example.org{place}"
        elif kind == "no_token":
            headers = {"Location": place}
        return 201, headers, {"Id": number, **({"@odata.id": place} if kind == "body" else {})}

    def _reset(self, path: str, body: Any) -> tuple[int, dict[str, str], Any]:
        if path != self.system["Actions"]["#ComputerSystem.Reset"]["target"]:
            return _error(404, "no such action")
        state = {"On": "On", "ForceOn": "On", "ForceOff": "Off", "GracefulShutdown": "Off"}.get(body["ResetType"])
        if body["ResetType"] == "PushPowerButton":
            state = "Off" if self.system["PowerState"] == "On" else "On"
        offered = self.system["Actions"]["#ComputerSystem.Reset"].get("ResetType@Redfish.AllowableValues")
        if not state or (offered and body["ResetType"] not in offered):
            return _error(400, "ActionParameterNotSupported")
        if self.behaviour.conflicts:
            self.behaviour.conflicts -= 1
            return _error(409, "in POST")
        kind = self.behaviour.reset
        if kind != "refused":
            threading.Timer(self.behaviour.late, self._power, (state,)).start() if self.behaviour.late else self._power(
                state
            )
        return {"plain": (204, {}, None), "lost": (0, {}, None)}.get(kind, _error(500, "InternalError"))

    def _power(self, state: str) -> None:
        if state == "On" and self.system["PowerState"] != "On" and self.settings_path:
            pending = self.tree[self.settings_path]["Boot"]
            self.system["Boot"] = {**self.system["Boot"], **{name: pending.get(name) for name in BOOT}}
            pending[BOOT[0]] = "Disabled"
        self.system["PowerState"] = state

    def _patch(self, path: str, body: Any, if_match: str | None) -> tuple[int, dict[str, str], Any]:
        if path != (self.settings_path or self.system_path):
            return _error(405, "this resource can not be changed")
        if self.behaviour.conflicts:
            self.behaviour.conflicts -= 1
            return _error(409, "in POST")
        kind = self.behaviour.etag
        if kind == "weak_428" and if_match != self._etag(path):
            return _error(428, "PreconditionRequired")
        if kind in ("strict", "body", "gzip") and if_match not in (self._etag(path), "*"):
            return _error(412, "PreconditionFailed")
        if kind == "always_stale" and if_match:
            return _error(412, "PreconditionFailed")
        change = body["Boot"]
        problem = self._problem(change)
        if problem:
            return _error(400, problem)
        if not (self.behaviour.boot == "target_only" and BOOT[1] not in change):
            self._store(path, change)
        return 204, {}, None

    def _problem(self, change: Mapping[str, Any]) -> str:
        kind = self.behaviour.boot
        if kind == "single" and change.get(BOOT[1]) == "None" and BOOT[0] in change:
            return "BootSourceOverrideTarget None conflicts with BootSourceOverrideEnabled"
        return "PropertyMissing" if kind == "full" and not all(name in change for name in BOOT) else ""

    def _store(self, path: str, change: Mapping[str, Any]) -> None:
        boot = {**self.tree[path]["Boot"], **change}
        if self.behaviour.boot == "legacy" and BOOT[2] not in change:
            boot[BOOT[2]] = "Legacy"
        if change.get(BOOT[1]) == "None":
            boot[BOOT[0]] = "Disabled"
        self.tree[path] = {**self.tree[path], "Boot": boot}
        self._versions[path] = self._versions.get(path, 0) + 1


def _error(status: int, message: str) -> tuple[int, dict[str, str], Any]:
    return status, {}, {"error": {"code": "Base.1.8.GeneralError", "@Message.ExtendedInfo": [{"Message": message}]}}


def recorded() -> Path | None:
    """Return the directory of trees of real controllers, if one lies beside a parent of this checkout."""
    places = (parent / "shared/redfish" for parent in Path(__file__).resolve().parents)
    return next((place for place in places if place.is_dir()), None)
