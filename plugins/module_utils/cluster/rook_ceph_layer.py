# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role rook_ceph: its input completed with what nodes, disks and the living CephCluster say."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..objects.applyset import ApplySet
from ..objects.engine import Engine, Request
from ..objects.live import get
from ..objects.planning import ObjectsPlan
from ..objects.protected import Consent
from ..objects.stages import CRD
from ..objects.transport import Json, items
from ..waiting.missing import Row
from . import (
    rook_ceph,
    rook_ceph_cluster,
    rook_ceph_export,
    rook_ceph_external,
    rook_ceph_facts,
    rook_ceph_held,
    rook_ceph_input,
    rook_ceph_keys,
    rook_ceph_prometheus,
    rook_ceph_stopped,
    rook_ceph_tls,
    rook_ceph_toolbox,
    rook_ceph_upgrade,
)
from .layer import NAMESPACE as SETS
from .layer import ClusterLayer
from .removing import until_none
from .rook_ceph_facts import Facts, Node
from .rook_ceph_input import NAMESPACE, ROLE, is_external
from .rook_ceph_removal import Removal
from .rook_ceph_upgrade import CLUSTER
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
POOLS = f"/apis/ceph.rook.io/v1/namespaces/{NAMESPACE}/cephblockpools"
#: The secret in which Rook has the identity of the Ceph cluster, from before the first OSD on.
SECRET = f"/api/v1/namespaces/{NAMESPACE}/secrets/rook-ceph-mon"
#: The monitors of an external cluster, which Rook keeps as they are found.
ENDPOINTS = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{rook_ceph_external.ENDPOINTS}"
#: The key of the input, beside the option, with what disk_info returned for each machine, and that with the consent.
FOUND, REMOVE = "found", "remove_cloud"
#: What is installed; each release of this collection has one version of both.
VERSIONS = rook_ceph_upgrade.Wanted(rook_ceph.VERSION, rook_ceph_cluster.CEPH_IMAGE)


class RookCephLayer(ClusterLayer):
    """The layer of the role rook_ceph."""

    def complete(self, engine: Engine, params: Params) -> Params:
        """Return the input with facts.

        Where no disks were looked up for this call, as when layers are compared, their names are those that the
        CephCluster has.

        :raises ClusterLayerError: disks can't be used or were not looked up, or a living cluster can't become so.
        """
        rook_ceph_stopped.refuse(engine.transport)
        live = get(engine.transport, CLUSTER)
        if live is not None:
            rook_ceph_external.refuse_other(params, live, fsid(engine))
        versions = replace(VERSIONS, ceph=params.get(rook_ceph_cluster.IMAGE) or VERSIONS.ceph)
        rook_ceph_upgrade.refuse(rook_ceph_upgrade.read(engine.transport, live), versions, params)
        nodes = {node.name: node for node in map(Node.of, items(engine.transport, "/api/v1/nodes"))}
        if is_external(params):
            return _with_export(engine, params, Facts(nodes))
        if live is not None:
            _refuse_impossible(params, live)
            rook_ceph_keys.refuse_lower(params, live)
        record, given = rook_ceph_facts.recorded(live), params.get(FOUND)
        if given:
            names = rook_ceph_facts.looked_up(params, given, record, fsid(engine))
        else:
            names = rook_ceph_facts.from_record(params, record)
        rook_ceph_input.check(params)
        secrets: Params = params.get(rook_ceph_external.SECRETS) or {}
        found = rook_ceph_tls.certificates(engine, params, secrets.get(rook_ceph_tls.KEYS) or {})
        there = rook_ceph_prometheus.served(engine.discovery)
        facts = Facts(nodes, dict(names), _kept_type(params, live), there)
        theirs = rook_ceph_toolbox.of_others(engine.transport, params)
        more = {rook_ceph_tls.CERTIFICATES: found, rook_ceph_toolbox.THEIRS: theirs}
        return {**params, "facts": facts, **more}

    def request(self, params: Params, *, present: bool = True, consents: Sequence[Consent] = ()) -> Request:
        """Return what is wanted of the API; a removal needs no facts of machines."""
        if present:
            request = super().request(params, present=True, consents=consents)
            return replace(request, take_over=rook_ceph_external.taken(params))
        rendered = rook_ceph.upstream(params)
        spaces = [one for one in rendered if one.kind == "Namespace"]
        own = [Consent("Namespace", one.name) for one in spaces]
        own += [Consent(CRD[1], one.name) for one in rendered if one.kind == CRD[1]]
        return Request(
            rendered, SETS, False, ApplySet(f"groundup-{ROLE.replace('_', '-')}", SETS), (), (*own, *consents)
        )

    def notes(self, plan: ObjectsPlan) -> list[str]:
        """Return what Rook is told to leave alone, which nobody keeps as it is."""
        return rook_ceph_held.notes(plan)

    def steps(self, engine: Engine, params: Params, *, present: bool = True) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do, and its diff; of a removal also what is removed in order before."""
        if present:
            steps, diff = super().steps(engine, params)
            live = get(engine.transport, CLUSTER)
            due = rook_ceph_upgrade.plan(rook_ceph_upgrade.read(engine.transport, live), VERSIONS)
            waits = [] if diff else [f"wait for {row}" for row in _old_keys(engine)]
            return [*map(str, due), *steps, *waits], diff
        rook_ceph_stopped.refuse(engine.transport)
        removal = Removal(engine, self.request(params, present=False))
        plan = engine.plan(self.request(params, present=False, consents=removal.consents))
        return [*removal.steps, *map(str, plan.steps)], plan.diff()

    def bring(self, engine: Engine, params: Params, *, present: bool, **more: Any) -> dict[str, Any]:
        """Bring the layer about, upgrade it or remove it in upstream's order. See `ClusterLayer.perform`.

        :raises ClusterLayerError: a removal without the cloud's name, or an upgrade of a Ceph that is not healthy.
        """
        if present:
            once = partial(super().bring, engine, present=True, **more)
            whole = partial(self._wanted, engine, params)
            result = rook_ceph_upgrade.bring(engine, params, VERSIONS, once, whole, wait=more["wait"])
            if more["wait"] and not engine.check:
                until_none(partial(_old_keys, engine), engine.deadline, "Rook to rotate keys")
            theirs = rook_ceph_toolbox.warnings(engine.transport, params)
            return {**result, "warnings": [*result["warnings"], *theirs]}
        rook_ceph_stopped.refuse(engine.transport)
        removal = Removal(engine, self.request(params, present=False))
        if removal.needed and str(params.get(REMOVE) or "") != str(params["cloud"]):
            raise ClusterLayerError(
                f"{ROLE}: removing Ceph loses everything that is stored in {params['cloud']}; consent to that with "
                f"{ROLE}_{REMOVE}: {params['cloud']}"
            )
        if not engine.check:
            removal.before()
        more["consents"] = (*more.get("consents", ()), *removal.consents)
        result = super().bring(engine, params, present=False, **more)
        steps = [*removal.steps, *result["steps"]]
        return {**result, "steps": steps, "changed": bool(steps)}


def _with_export(engine: Engine, params: Params, facts: Facts) -> Params:
    """The input with what others have said of their cluster.

    :raises ClusterLayerError: the export is none, of another cluster, or does not suffice.
    """
    rook_ceph_input.check(params)
    secrets: Params = params.get(rook_ceph_external.SECRETS) or {}
    export = rook_ceph_export.parse(secrets.get(rook_ceph_external.EXPORT), rook_ceph_external.PLACE)
    rook_ceph_external.check_export(params, export, facts)
    found = {rook_ceph_external.IMPORTED: export, rook_ceph_external.MONITORS: get(engine.transport, ENDPOINTS)}
    return {**params, "facts": facts, **found}


def fsid(engine: Engine) -> str:
    """The identity of the Ceph cluster; empty while there is none."""
    secret = get(engine.transport, SECRET) or {}
    return base64.b64decode((secret.get("data") or {}).get("fsid") or "").decode().strip().lower()


def _kept_type(params: Params, live: Json | None) -> str:
    """The type of keys that nodes have; empty where it may become a better one, as these keys are made anew."""
    security = ((live or {}).get("spec") or {}).get("security") or {}
    has = str(((security.get("cephx") or {}).get("csi") or {}).get("keyType") or "")
    return "" if has == "aes" and rook_ceph_keys.raises_volumes(params, live) else has


def _old_keys(engine: Engine) -> list[Row]:
    """Keys that are not rotated yet, of the cluster and of what has daemons in it."""
    cluster = get(engine.transport, CLUSTER)
    children: list[Json] = []
    if cluster and any(rook_ceph_keys.given(cluster).values()):
        for kind, plural in rook_ceph_keys.CHILDREN.items():
            path = f"/apis/ceph.rook.io/v1/namespaces/{NAMESPACE}/{plural}"
            children += [{**one, "kind": kind} for one in items(engine.transport, path)]
    return rook_ceph_keys.old(cluster, children)


def _refuse_impossible(params: Params, live: Json) -> None:
    """Refuse what Ceph can't change once it runs: monitors keep the addresses with which they were made."""
    ranges = ((live.get("spec") or {}).get("network") or {}).get("addressRanges") or {}
    for key, name in (("public_networks", "public"), ("replication_networks", "cluster")):
        has, wanted = list(ranges.get(name) or []), [str(one) for one in params.get(key) or ()]
        if sorted(has) != sorted(wanted):
            raise ClusterLayerError(
                f"{ROLE}_config.{key}: {', '.join(wanted) or 'none'} is not {', '.join(has) or 'none'}, which the Ceph "
                f"cluster was made with and has for life; write that"
            )
