# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the data of OSDs that go, or of a machine that dies, can be placed on those that are left.

Ceph places each copy of a pool in another failure domain, by weight. A domain takes at most one copy of everything,
so where there are hardly more domains than copies, a domain gets more than its weight. From that follows how full the
domains are afterwards. Within a domain, OSDs differ as much as they do now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .layout import Device, Layout, Pool, domain_of


@dataclass(frozen=True)
class Forecast:
    """What is when some OSDs have gone and all data is placed again.

    :ivar fullest: name of the OSD that would be the fullest, and `percent` of its space that would be used.
    :ivar limit: percent at which Ceph warns (nearfull).
    :ivar narrow: pools that would have fewer failure domains than copies, as text.
    """

    fullest: str
    percent: float
    limit: float
    narrow: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether there is space for all data."""
        return self.percent < self.limit


def shares(weights: Mapping[str, float], copies: int) -> dict[str, float]:
    """Domain -> the part of all objects that has a copy there, 0 to 1; the parts sum up to the copies that fit."""
    found: dict[str, float] = {}
    left, open_ = float(min(copies, len(weights))), dict(weights)
    while open_ and left > 0:
        total = sum(open_.values())
        over = [name for name, weight in open_.items() if left * weight >= total]
        if not over:
            return {**found, **{name: left * weight / total for name, weight in open_.items()}}
        for name in over:
            found[name] = 1.0
            del open_[name]
        left -= len(over)
    return {**found, **dict.fromkeys(open_, 0.0)}


def forecast(layout: Layout, gone: Collection[int]) -> Forecast:
    """What is when these OSDs have gone."""
    added: dict[int, float] = dict.fromkeys(layout.devices, 0.0)
    narrow = []
    for pool in layout.pools:
        before = layout.of(pool)
        after = [device for device in before if device.id not in gone]
        domains, had = _domains(after, pool), _domains(before, pool)
        if len(domains) < min(pool.size, len(had)):
            narrow.append(
                f"the pool {pool.name} needs {pool.size} failure domains ({pool.domain}), and {len(domains)} would be "
                "left"
            )
        for name, part in shares(_weights(domains), pool.size).items():
            for device in domains[name]:
                weight = device.weight / sum(one.weight for one in domains[name])
                added[device.id] += pool.used / pool.size * part * weight
    factor = _unevenness(layout) * _uncounted(layout)
    filled = {
        device.id: min(1.0, (device.metadata + factor * added[device.id]) / device.size)
        for device in layout.devices.values()
        if device.size and device.id not in gone and device.stores
    }
    if not filled:
        return Forecast("", 100.0, round(100 * layout.nearfull, 1), tuple(narrow))
    fullest = max(filled, key=lambda number: (filled[number], -number))
    percent = round(100 * filled[fullest], 1)
    return Forecast(layout.devices[fullest].name, percent, round(100 * layout.nearfull, 1), tuple(narrow))


def machine_loss(layout: Layout) -> dict[str, Any] | None:
    """What is when the machine dies whose loss is the worst: public keys of a result; None where there are no OSDs.

    `placed_again`: all data gets all its copies again, below nearfull.
    """
    hosts = sorted({device.host for device in layout.devices.values() if device.stores and device.host})
    if not hosts:
        return None
    found = {host: forecast(layout, {device.id for device in layout.below(host)}) for host in hosts}
    size = {host: sum(device.used for device in layout.below(host) if device.stores) for host in hosts}
    worst = max(hosts, key=lambda host: (bool(found[host].narrow), found[host].percent, size[host]))
    one = found[worst]
    return {
        "machine": worst,
        "used": size[worst],
        "fullest": {"osd": one.fullest, "used_percent": one.percent},
        "nearfull_percent": one.limit,
        "too_few_domains": list(one.narrow),
        "placed_again": one.fits and not one.narrow,
    }


def _domains(devices: Sequence[Device], pool: Pool) -> dict[str, list[Device]]:
    found: dict[str, list[Device]] = {}
    for device in devices:
        if name := domain_of(device, pool.domain):
            found.setdefault(name, []).append(device)
    return found


def _weights(domains: Mapping[str, Sequence[Device]]) -> dict[str, float]:
    return {name: sum(device.weight for device in devices) for name, devices in domains.items()}


def _unevenness(layout: Layout) -> float:
    """How much more data the fullest OSD has than one of its device class has on average; at least 1."""
    worst = 1.0
    for kind in {device.device_class for device in layout.devices.values()}:
        devices = [one for one in layout.devices.values() if one.stores and one.up and one.device_class == kind]
        total, data = sum(one.weight for one in devices), sum(one.used - one.metadata for one in devices)
        if data > 0 and total > 0:
            worst = max(worst, *((one.used - one.metadata) / one.weight * total / data for one in devices))
    return worst


def _uncounted(layout: Layout) -> float:
    """How much more data OSDs have than Ceph counts for its pools; at least 1."""
    data = sum(one.used - one.metadata for one in layout.devices.values() if one.stores)
    counted = sum(pool.used for pool in layout.pools)
    return max(1.0, data / counted) if counted else 1.0
