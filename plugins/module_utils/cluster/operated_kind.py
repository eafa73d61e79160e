# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind of an object whose operator writes the definition of that kind anew, as that of CDI does.

The manifest has the definition, since nobody could make the object without it. When the operator runs, it writes the
versions of the kind as it knows them, and owns them from then on (seen of CDI 1.66.0). Both would change them back at
every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..objects import stages
from ..objects.conflicts import TakeOver
from ..objects.engine import Request
from ..objects.live import get
from ..objects.manifests import Definition
from ..objects.transport import Json, Transport
from .operated import Operated, numbers

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
VERSIONS = ".spec.versions"


def rewritten(operated: Operated, transport: Transport, request: Request, there: Json | None, wanted: str) -> Request:
    """The request with the versions of the kind that its operator has written.

    Where another version of the operator follows, the kind is that of the new manifest: the operator that runs does not
    know what the object has by then.

    :param there: the object, if there is one.
    :param wanted: the version that is wanted.
    """
    status = (there or {}).get("status") or {}
    has = str(status.get(operated.observed) or "")
    follows = bool(has) and numbers(has) != numbers(wanted)
    found, taken = [], list(request.take_over)
    for one in request.definitions:
        live = get(transport, f"{DEFINITIONS}/{one.name}") if _is_kind(operated, one) else None
        if live is None or not _owns(operated.manager, live):
            found.append(one)
        elif follows:
            found.append(one)
            taken.append(TakeOver(one.kind, one.name, operated.manager, (VERSIONS,)))
        else:
            body = {**one.body, "spec": {**one.body["spec"], "versions": live["spec"]["versions"]}}
            found.append(replace(one, body=body))
    return replace(request, definitions=found, take_over=taken)


def _is_kind(operated: Operated, definition: Definition) -> bool:
    """Whether a definition is that of the kind: a path ends with PLURAL/NAME, and begins with /apis/GROUP."""
    parts = operated.path.strip("/").split("/")
    return (definition.kind, definition.name) == (stages.CRD[1], f"{parts[-2]}.{parts[1]}")


def _owns(manager: str, live: Json) -> bool:
    entries: list[Mapping[str, Any]] = live["metadata"].get("managedFields") or []
    return any(
        entry.get("manager") == manager and "f:versions" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
        for entry in entries
    )
