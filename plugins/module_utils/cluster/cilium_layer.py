# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of Cilium: what can't be changed on a living cluster, and the order of its removal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..objects.engine import Engine
from ..objects.live import get
from .cilium_removal import Removal
from .cilium_settings import CLUSTER_POOL, ROLE
from .layer import ClusterLayer, Params
from .upstream import ClusterLayerError

CONFIG = "/api/v1/namespaces/kube-system/configmaps/cilium-config"
KUBE_PROXY = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy"
REPLACES = "kube-proxy-replacement"


@dataclass(frozen=True)
class CiliumLayer(ClusterLayer):
    """The layer `network_cilium`."""

    def complete(self, engine: Engine, params: Params) -> Params:
        """Return the input, of a cluster that can have it.

        :raises ClusterLayerError: pods would get other addresses, or services would be handled twice or by nobody.
        """
        live = (get(engine.transport, CONFIG) or {}).get("data") or {}
        _refuse_other_addresses(params, live)
        _refuse_other_proxy(params, live, runs=get(engine.transport, KUBE_PROXY) is not None)
        return params

    def bring(self, engine: Engine, params: Params, *, present: bool, **more: Any) -> dict[str, Any]:
        """Bring the layer about, or remove it and what its operator has written. See `ClusterLayer.perform`."""
        if present:
            return super().bring(engine, params, present=True, **more)
        removal = Removal(engine)
        if not engine.check:
            if self.guard and not more["consent"]:
                self.guard(engine, engine.plan(self.request(params, present=False, consents=more["consents"])))
            removal.before()
        result = super().bring(engine, params, present=False, **more)
        if not engine.check:
            removal.after()
        steps = [*result["steps"], *removal.steps]
        return {**result, "steps": steps, "changed": bool(steps)}

    def steps(self, engine: Engine, params: Params, *, present: bool = True) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do, and its diff."""
        found, diff = super().steps(engine, params, present=present)
        return (found, diff) if present else ([*found, *Removal(engine).steps], diff)


def _refuse_other_addresses(params: Params, live: Mapping[str, str]) -> None:
    """Refuse other subnets of nodes: pods would keep addresses that nobody routes to, or get those of others."""
    if not live:
        return
    pool = params["ipam"] == CLUSTER_POOL
    wanted: Sequence[tuple[str, str, str]] = (
        ("ipam", "ipam", "cluster-pool" if pool else "kubernetes"),
        *((("pods", "cluster-pool-ipv4-cidr", str(params["pods"])),) if pool else ()),
        *((("node_prefix", "cluster-pool-ipv4-mask-size", str(params["node_prefix"])),) if pool else ()),
    )
    for key, name, value in wanted:
        has = live.get(name)
        if has is not None and has != value:
            spelled = has.replace("-", "_") if key == "ipam" else has
            raise ClusterLayerError(
                f"{ROLE}_config.{key}: {value.replace('-', '_') if key == 'ipam' else value} is not {spelled}, which "
                f"the cluster has for life, since pods have addresses of it; write {spelled}"
            )


def _refuse_other_proxy(params: Params, live: Mapping[str, str], *, runs: bool) -> None:
    """Refuse a second one who brings packets for services to their pods, and a change that leaves nobody for a time."""
    if not params["kube_proxy"] and runs:
        raise ClusterLayerError(
            f"{ROLE}_config.kube_proxy: is false, and the DaemonSet kube-system/kube-proxy is there, whose rules would "
            "judge each connection beside Cilium; write true (kubernetes.proxy_mode: nftables of a model), or make the "
            "cluster anew without it"
        )
    if params["kube_proxy"] and live.get(REPLACES) == "true" and not runs:
        raise ClusterLayerError(
            f"{ROLE}_config.kube_proxy: is true, and there is no kube-proxy in whose place Cilium would go: services "
            "would have nobody; write false"
        )
