# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of Kube-OVN: its certificates come from the cluster, and its removal has steps of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..objects.engine import Engine, Request
from ..objects.live import get
from ..objects.protected import Consent
from ..objects.stages import CRD
from . import kube_ovn_guard, kube_ovn_subnets, kube_ovn_tls
from .kube_ovn_removal import Removal
from .layer import ClusterLayer, Params
from .upstream import ClusterLayerError

#: Subnets that Kube-OVN makes of the input when it starts for the first time, by the key of their range.
SUBNETS = {"pods": "ovn-default", "join": "join"}


@dataclass(frozen=True)
class KubeOvnLayer(ClusterLayer):
    """The layer `network_kube_ovn`."""

    def request(self, params: Params, *, present: bool = True, **more: Any) -> Request:
        """Return what is wanted of the API. Definitions of kinds go with the layer: :class:`Removal` judges that."""
        found = super().request(params, present=present, **more)
        if present:
            return found
        kinds = [Consent(CRD[1], one.name) for one in found.definitions if one.kind == CRD[1]]
        return replace(found, remove_data=(*found.remove_data, *kinds))

    def complete(self, engine: Engine, params: Params) -> Params:
        """Return the input with the certificates of the cluster.

        :raises ClusterLayerError: a range of addresses can't be changed any more, or a subnet that would go has pods.
        """
        _refuse_other_ranges(engine, params)
        kube_ovn_guard.refuse(engine, kube_ovn_subnets.definitions(params), self.set_name)
        return {**params, "certificates": kube_ovn_tls.certificates(engine)}

    def bring(self, engine: Engine, params: Params, *, present: bool, **more: Any) -> dict[str, Any]:
        """Bring the layer about, or remove it and what its controller has written. See `ClusterLayer.perform`."""
        if present:
            return super().bring(engine, params, present=True, **more)
        removal = Removal(engine, self.render(params), self.set_name)
        if not engine.check:
            removal.before()
        result = super().bring(engine, params, present=False, **more)
        if not engine.check:
            removal.after()
        steps = list(dict.fromkeys([*removal.steps, *result["steps"]]))
        return {**result, "steps": steps, "changed": bool(steps)}


def _refuse_other_ranges(engine: Engine, params: Params) -> None:
    """Refuse a range that Kube-OVN would not take over: it makes its subnets once (pkg/controller/init.go)."""
    for key, name in SUBNETS.items():
        live = get(engine.transport, f"/apis/kubeovn.io/v1/subnets/{name}")
        has, wanted = str(((live or {}).get("spec") or {}).get("cidrBlock") or ""), str(params.get(key) or "")
        if has and wanted and has != wanted:
            raise ClusterLayerError(
                f"network_kube_ovn_config.{key}: {wanted} is not {has}, which the cluster has for life; write {has}"
            )
