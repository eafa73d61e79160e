# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role load_balancer: MetalLB gets FRR before its peers get BFD.

The webhook of a controller without FRR refuses each BGPPeer while one has BFD (MetalLB 0.16, DiscardFRROnly in
`internal/config/validation.go`), and a plan asks the API server, and so that webhook, of every object. So FRR is
brought first, with peers as they are. On the way back, peers lose BFD before the workloads change, and are of an
earlier stage for that run only: a webhook that does not answer must not keep the workloads from being mended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..objects.engine import Engine
from ..objects.live import get, served
from ..objects.protected import Consent
from .layer import ClusterLayer, joined
from .load_balancer import NAMESPACE, has_frr, needs_frr
from .load_balancer_input import items
from .load_balancer_objects import PEERS_FIRST

Params = Mapping[str, Any]
_SPEAKER = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/speaker"
_PEERS = "/apis/metallb.io/v1beta2/bgppeers"


class LoadBalancerLayer(ClusterLayer):
    """The layer of the role load_balancer."""

    def steps(self, engine: Engine, params: Params, *, present: bool = True) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do, and its diff, which is without BFD while MetalLB has no FRR."""
        first, later = _before(engine, params) if present else (None, [])
        steps, diff = super().steps(engine, params if first is None else first, present=present)
        return [*steps, *later], diff

    def bring(
        self, engine: Engine, params: Params, *, present: bool, consent: bool, wait: bool, consents: Sequence[Consent]
    ) -> dict[str, Any]:
        """Bring the layer about, or remove it. See `ClusterLayer.perform`."""
        first, later = _before(engine, params) if present else (None, [])
        if first is None:
            return super().bring(engine, params, present=present, consent=consent, wait=wait, consents=consents)
        done = super().bring(engine, first, present=True, consent=consent, wait=wait, consents=consents)
        if engine.check:
            return {**done, "changed": True, "steps": [*done["steps"], *later]}
        again = super().bring(engine, params, present=True, consent=consent, wait=wait, consents=consents)
        return joined(done, again)


def _before(engine: Engine, params: Params) -> tuple[Params | None, list[str]]:
    """The input of a run before, where one is needed, and what that leaves to the second one."""
    speaker = get(engine.transport, _SPEAKER)
    if speaker is None or has_frr(speaker) == needs_frr(params):
        return None, []
    if needs_frr(params):
        return _without_bfd(params), _later(params)
    if not any((peer.get("spec") or {}).get("bfdProfile") for peer in served(engine.transport, _PEERS)):
        return None, []
    return {**params, PEERS_FIRST: True}, []


def _without_bfd(params: Params) -> Params:
    peers = [{key: value for key, value in peer.items() if key != "bfd"} for peer in items(params, "peers")]
    return {**params, "peers": peers}


def _later(params: Params) -> list[str]:
    """What a run does once MetalLB runs with FRR."""
    names = [f"{NAMESPACE}/{peer['name']}" for peer in items(params, "peers") if peer.get("bfd")]
    return [
        f"{what} {name} once MetalLB runs with FRR"
        for name in names
        for what in ("create BFDProfile", "change BGPPeer")
    ]
