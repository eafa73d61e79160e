# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of pools takes from services: addresses that belong to no pool any more.

MetalLB gives such a service another address, or none, so whoever uses the old one gets no answer.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from ..objects import stages
from ..objects.engine import Engine
from ..objects.live import served
from ..objects.planning import ObjectsPlan, Outcome, Verdict
from ..objects.transport import Json, items
from . import address_ranges
from .address_ranges import AddressRange, BadRange
from .load_balancer_objects import ROLE
from .upstream import ClusterLayerError

#: The option of the module, which the role has with its name in front.
CONSENT = "release_addresses"
_POOL = ("metallb.io", "IPAddressPool")
_CRD = "ipaddresspools.metallb.io"
_POOLS, _SERVICES = "/apis/metallb.io/v1beta1/ipaddresspools", "/api/v1/services"


def guard(engine: Engine, plan: ObjectsPlan) -> None:
    """Refuse a plan by which services lose addresses, or by which pools of others go.

    :raises ClusterLayerError: with the services and pools, and the consent.
    """
    pools = [one for one in plan.outcomes if one.key[:2] == _POOL]
    removal = any(
        one.key[:2] == stages.CRD and one.key.name == _CRD and one.verdict is Verdict.REMOVE for one in plan.outcomes
    )
    if not removal and not any(_changes(one) for one in pools):
        return
    known = {(one.key.namespace, one.key.name) for one in pools}
    others = [pool for pool in served(engine.transport, _POOLS) if _name(pool) not in known]
    before = [one.live for one in pools if one.live]
    after = [body for one in pools if (body := _after(one))]
    gone = list(_ranges([*before, *others] if removal else before))
    kept = list(_ranges([] if removal else [*after, *others]))
    lost = [f"Service {name} loses {address}" for name, address in _used(engine, gone, kept)]
    lost += [f"IPAddressPool {'/'.join(_name(pool))} is of somebody else" for pool in others if removal]
    if lost:
        raise ClusterLayerError(
            f"{'; '.join(lost)}. Leave the addresses in a pool, or consent to that with {ROLE}_{CONSENT}: true"
        )


def _changes(outcome: Outcome) -> bool:
    if outcome.live is None or outcome.verdict in (Verdict.SAME, Verdict.LEAVE):
        return False
    return outcome.verdict is Verdict.REMOVE or _addresses(outcome.live) != _addresses(_after(outcome) or {})


def _after(outcome: Outcome) -> Json | None:
    if outcome.verdict is Verdict.REMOVE:
        return None
    return outcome.wanted.body if outcome.wanted else outcome.live


def _name(item: Json) -> tuple[str, str]:
    return str(item["metadata"].get("namespace") or ""), str(item["metadata"]["name"])


def _addresses(pool: Json) -> list[str]:
    return list(map(str, (pool.get("spec") or {}).get("addresses") or []))


def _ranges(pools: Iterable[Json]) -> Iterator[AddressRange]:
    for pool in pools:
        for text in _addresses(pool):
            try:
                yield address_ranges.parse(text)
            except BadRange:  # what somebody wrote by hand and MetalLB does not use either
                continue


def _used(engine: Engine, gone: list[AddressRange], kept: list[AddressRange]) -> Iterator[tuple[str, str]]:
    """Services with an address of ``gone`` that is not in ``kept``."""
    for service in items(engine.transport, _SERVICES):
        for address in _given(service):
            if _within(address, gone) and not _within(address, kept):
                yield "/".join(_name(service)), address


def _given(service: Json) -> list[str]:
    if (service.get("spec") or {}).get("type") != "LoadBalancer":
        return []
    found: list[dict[str, Any]] = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [str(one["ip"]) for one in found if one.get("ip")]


def _within(address: str, ranges: Iterable[AddressRange]) -> bool:
    one = ipaddress.ip_address(address)
    return any(one in item for item in ranges)
