# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service may do in the cluster, as objects of the API: an account and its rights.

The rights are the calls of ``fencing.look`` and ``fencing.cluster``, and no others. A list can't be limited to names,
and neither can what is created.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..fencing.cluster import PAUSE
from ..objects.errors import Refused
from ..objects.live import get
from ..objects.transport import MERGE, Json, Transport

ACCOUNT, NAMESPACE, LEASES = "groundup-vm-ha", "kube-system", "kube-node-lease"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
GROUP = "rbac.authorization.k8s.io"
ACCOUNTS = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
SUBJECTS = [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}]


@dataclass(frozen=True)
class Wanted:
    """One object: the collection that it is in, its kind, and what is compared of it."""

    collection: str
    kind: str
    fields: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Where the object is."""
        return f"{self.collection}/{ACCOUNT}"

    def __str__(self) -> str:
        place = self.collection.partition("/namespaces/")[2].partition("/")[0]
        return f"{self.kind} {place}/{ACCOUNT}" if place else f"{self.kind} {ACCOUNT}"

    def body(self) -> Json:
        """The object."""
        version = "v1" if self.kind == "ServiceAccount" else f"{GROUP}/v1"
        return {"apiVersion": version, "kind": self.kind, "metadata": {"name": ACCOUNT}, **self.fields}

    def differs(self, live: Json | None) -> bool:
        """Whether the object has to be made or corrected."""
        return live is None or any(live.get(key) != value for key, value in self.fields.items())


def objects(machines: Iterable[str]) -> tuple[Wanted, ...]:
    """The account and its rights, in the order in which they are made.

    :param machines: the nodes that may be fenced; others are only judged.
    """
    names = sorted(machines)
    return (
        Wanted(ACCOUNTS, "ServiceAccount", {}),
        *_bound("", [_rule("", "nodes", "list"), _rule("", "nodes", "get", "patch", names=names)]),
        *_bound(LEASES, [_rule(_COORDINATION, "leases", "list"), _rule(_COORDINATION, "leases", "get", names=names)]),
        # A dry run of a Lease tells the server's time, and the Lease of this name is a pause.
        *_bound(
            NAMESPACE,
            [_rule(_COORDINATION, "leases", "create"), _rule(_COORDINATION, "leases", "get", names=[_PAUSE])],
        ),
    )


_COORDINATION = "coordination.k8s.io"
_PAUSE = PAUSE.rpartition("/")[2]


def _rule(group: str, resource: str, *verbs: str, names: Iterable[str] = ()) -> Json:
    only = {"resourceNames": list(names)} if names else {}
    return {"apiGroups": [group], "resources": [resource], **only, "verbs": list(verbs)}


def _bound(namespace: str, rules: list[Json]) -> tuple[Wanted, Wanted]:
    """Rights in a namespace, or in the whole cluster, and that the account has them."""
    place, kind = (f"{RBAC}/namespaces/{namespace}/", "Role") if namespace else (f"{RBAC}/", "ClusterRole")
    role = {"apiGroup": GROUP, "kind": kind, "name": ACCOUNT}
    return (
        Wanted(f"{place}{kind.lower()}s", kind, {"rules": rules}),
        Wanted(f"{place}{kind.lower()}bindings", f"{kind}Binding", {"roleRef": role, "subjects": SUBJECTS}),
    )


def lacking(transport: Transport, wanted: Iterable[Wanted]) -> list[Wanted]:
    """Those that are not in the cluster as they are wanted."""
    return [one for one in wanted if one.differs(get(transport, one.path))]


def make(transport: Transport, wanted: Iterable[Wanted]) -> None:
    """Make or correct objects. The role of a binding can't be changed, so a binding to another one is made anew."""
    for one in wanted:
        live = get(transport, one.path)
        if live is not None and live.get("roleRef") != one.fields.get("roleRef"):
            transport.call("DELETE", one.path)
            live = None
        if live is None:
            transport.call("POST", one.collection, None, one.body())
        elif one.differs(live):
            transport.call("PATCH", one.path, None, dict(one.fields), MERGE)


def remove(transport: Transport, wanted: Iterable[Wanted]) -> None:
    """Remove objects, the account last: with it, its tokens are void."""
    for one in reversed(list(wanted)):
        try:
            transport.call("DELETE", one.path)
        except Refused as error:
            if error.status != 404:
                raise
