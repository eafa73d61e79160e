# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a Ceph cluster has its data: OSDs with their place in the CRUSH map, pools with their rule, limits and flags.

From the JSON of `osd df tree`, `osd dump`, `osd crush rule dump` and `df detail`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .runner import Ceph, CephError

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Device:
    """An OSD.

    :ivar place: type of bucket -> name of the bucket of the CRUSH map that holds it, such as host -> node3.
    :ivar size: bytes; `used` of them, `metadata` of these by its own database, which does not move with data.
    :ivar weight: in the CRUSH map.
    :ivar pgs: placement groups that it holds.
    :ivar states: further words of Ceph, such as destroyed, and flags that are set for it alone, such as noout.
    """

    id: int
    place: Mapping[str, str] = field(default_factory=dict)
    device_class: str = ""
    up: bool = True
    out: bool = False
    weight: float = 1.0
    size: int = 0
    used: int = 0
    metadata: int = 0
    pgs: int = 0
    states: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its name: osd.ID."""
        return f"osd.{self.id}"

    @property
    def host(self) -> str:
        """The host that holds it by the CRUSH map; empty if none does."""
        return self.place.get("host", "")

    @property
    def destroyed(self) -> bool:
        """Whether its id is kept for another disk."""
        return "destroyed" in self.states

    @property
    def stores(self) -> bool:
        """Whether Ceph places data on it."""
        return not self.out and not self.destroyed and self.weight > 0


@dataclass(frozen=True)
class Pool:
    """A pool, with what its rule says.

    :ivar size: copies or chunks, each in another bucket of the type `domain` below `root`.
    :ivar used: bytes, all copies counted.
    """

    name: str
    size: int
    root: str
    domain: str
    device_class: str = ""
    used: int = 0


@dataclass(frozen=True)
class Layout:
    """Everything at once.

    :ivar nearfull: part of an OSD's space, 0 to 1, at which Ceph warns; at `full` it writes no more.
    :ivar flags: flags of the whole cluster, such as norebalance.
    :ivar buckets: name of each bucket of the CRUSH map -> its type.
    :ivar bucket_flags: name of a bucket or device class -> flags that are set for it.
    """

    devices: Mapping[int, Device] = field(default_factory=dict)
    pools: tuple[Pool, ...] = ()
    nearfull: float = 0.85
    full: float = 0.95
    flags: frozenset[str] = frozenset()
    buckets: Mapping[str, str] = field(default_factory=dict)
    bucket_flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def below(self, bucket: str) -> tuple[Device, ...]:
        """The OSDs in a bucket, in the order of their ids."""
        return tuple(self.devices[one] for one in sorted(self.devices) if bucket in self.devices[one].place.values())

    def of(self, pool: Pool) -> tuple[Device, ...]:
        """The OSDs on which a pool is placed."""
        return tuple(
            device
            for device in self.devices.values()
            if device.stores
            and (device.place.get("root") == pool.root or pool.root in device.place.values())
            and pool.device_class in ("", device.device_class)
        )


def domain_of(device: Device, kind: str) -> str:
    """The name of the failure domain of an OSD; its own if OSDs are the domains."""
    return device.name if kind == "osd" else device.place.get(kind, "")


#: What a layout is read from.
COMMANDS = (("osd", "df", "tree"), ("osd", "dump"), ("osd", "crush", "rule", "dump"), ("df", "detail"))


def read(ceph: Ceph) -> Layout:
    """The layout of a cluster.

    :raises NoAnswer: it does not answer now.
    :raises CephError: it can't be asked, or its answers are not those of the versions that are known here.
    """
    answers = ceph.read_all(*COMMANDS)
    try:
        return layout(*answers)
    except (KeyError, TypeError, ValueError) as error:
        raise CephError(f"{' '.join(ceph.command)} gave an answer of an unknown form: {error!r}") from error


def layout(tree: Json, dump: Json, rules: Sequence[Json], space: Json) -> Layout:
    """The layout that these answers tell of."""
    nodes = [*tree["nodes"], *(tree.get("stray") or ())]
    above = {child: node for node in tree["nodes"] for child in node.get("children") or ()}
    found = {node["id"]: node for node in nodes if node["type"] == "osd"}
    used = {pool["id"]: int(pool["stats"]["bytes_used"]) for pool in space["pools"]}
    by_id = {rule["rule_id"]: rule for rule in rules}
    return Layout(
        {entry["osd"]: _device(entry, found.get(entry["osd"], {}), above) for entry in dump["osds"]},
        tuple(_pool(pool, by_id[pool["crush_rule"]], used.get(pool["pool"], 0)) for pool in dump["pools"]),
        float(dump["nearfull_ratio"]),
        float(dump["full_ratio"]),
        frozenset(dump["flags_set"]),
        {node["name"]: node["type"] for node in tree["nodes"] if node["type"] != "osd"},
        {
            name: tuple(flags)
            for key in ("crush_node_flags", "device_class_flags")
            for name, flags in (dump.get(key) or {}).items()
        },
    )


def _device(entry: Json, node: Json, above: Mapping[int, Json]) -> Device:
    place, holder = {}, above.get(entry["osd"])
    while holder is not None:
        place[holder["type"]] = holder["name"]
        holder = above.get(holder["id"])
    return Device(
        entry["osd"],
        place,
        str(node.get("device_class") or ""),
        bool(entry["up"]),
        not float(entry["weight"]),
        float(node.get("crush_weight") or 0),
        1024 * int(node.get("kb") or 0),
        1024 * int(node.get("kb_used") or 0),
        1024 * int(node.get("kb_used_meta") or 0),
        int(node.get("pgs") or 0),
        frozenset(entry["state"]) - {"exists", "up"},
    )


def _pool(pool: Json, rule: Json, used: int) -> Pool:
    """A pool. Of a rule that chooses several times, the last buckets that are no OSDs are its failure domains."""
    steps = rule["steps"]
    taken = next(step["item_name"] for step in steps if step["op"] == "take")
    root, __, device_class = str(taken).partition("~")
    kinds = [str(step["type"]) for step in steps if str(step["op"]).startswith("choose")]
    domain = next((kind for kind in reversed(kinds) if kind != "osd"), "osd")
    return Pool(str(pool["pool_name"]), int(pool["size"]), root, domain, device_class, used)
