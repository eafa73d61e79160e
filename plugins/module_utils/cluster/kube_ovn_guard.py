# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pods lose with a subnet of Kube-OVN that is removed or gets another range.

Kube-OVN keeps a subnet that is deleted until its last address is free (pkg/controller/subnet.go,
readyToRemoveFinalizer), and pods that have one stay as they are while a new range is in force for others. Both are
refused before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..objects.applyset import PART_OF, ApplySet
from ..objects.engine import Engine
from ..objects.live import served
from ..objects.manifests import Definition
from ..objects.transport import Json
from .kube_ovn_subnets import PROVIDER_NETWORK, SUBNET, VLAN, VPC
from .layer import NAMESPACE
from .removing import named
from .upstream import ClusterLayerError

SUBNETS, IPS = "/apis/kubeovn.io/v1/subnets", "/apis/kubeovn.io/v1/ips"
#: Those of a subnet itself, by which Kube-OVN's routers are in it: `u2o-interconnection.VPC.SUBNET`, `mcast-querier.…`.
_OF_SUBNET = ("u2o-interconnection.", "mcast-querier.")
#: What this layer makes of subnets, in the order in which it goes.
KINDS = (SUBNET, VLAN, PROVIDER_NETWORK, VPC)


class InUse(ClusterLayerError):
    """Pods are in a subnet that would go, and with it its VLAN's interface on machines. Nothing was changed."""


def own(set_name: str, items: Iterable[Json]) -> list[Json]:
    """Those of some objects that the layer has made."""
    label = ApplySet(set_name, NAMESPACE).id
    return [one for one in items if (one["metadata"].get("labels") or {}).get(PART_OF) == label]


def refuse(engine: Engine, wanted: Iterable[Definition], set_name: str) -> None:
    """Refuse to remove a subnet in which pods are, and to give it another range or VLAN.

    :raises InUse: with the pods.
    """
    subnets = {one.name: one.body["spec"] for one in wanted if one.kind == SUBNET}
    live = own(set_name, served(engine.transport, SUBNETS))
    changed = {name: why for one in live if (why := _why(one, subnets.get(name := str(one["metadata"]["name"]))))}
    if changed and (used := list(in_use(engine, changed))):
        texts = [f"{name} {changed[name]}, and has {named(users)}" for name, users in used]
        raise InUse(
            f"network_kube_ovn_config.subnets: {'; '.join(texts)}. Leave it as it is, or remove these pods and virtual "
            "machines first"
        )


def _why(live: Json, wanted: Json | None) -> str:
    """What becomes of a living subnet by which its pods would lose their network; empty if nothing does."""
    if wanted is None:
        return "would be removed"
    for key in ("cidrBlock", "vlan", "provider", "vpc"):
        has = (live.get("spec") or {}).get(key)
        if has is not None and has != wanted.get(key):
            return f"would have {wanted.get(key) or f'no {key}'} instead of {has}"
    return ""


def in_use(engine: Engine, subnets: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """The names of subnets whose addresses are in use, each with who has them."""
    users: dict[str, list[str]] = {name: [] for name in subnets}
    for one in served(engine.transport, IPS):
        spec, name = one.get("spec") or {}, str(one["metadata"]["name"])
        subnet = str(spec.get("subnet") or "")
        if subnet in users and not name.startswith(_OF_SUBNET):
            users[subnet].append(f"{spec.get('namespace') or ''}/{spec.get('podName') or name}")
    yield from ((name, sorted(found)) for name, found in users.items() if found)
