# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a Ceph cluster, typed, from the JSON of `ceph status`, `health detail`, `osd df tree`, `mon dump` and
`pg dump pgs_brief`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .runner import Ceph, CephError

_DAEMON = re.compile(r"\b(?:osd|mon|mds|mgr)\.[A-Za-z0-9_-]+")
_OPERATIONS = re.compile(r"(\d+) slow ")
#: Checks that tell of slow operations, of OSDs and of metadata servers.
_SLOW = ("SLOW_OPS", "MDS_SLOW_REQUEST", "MDS_SLOW_METADATA_IO")


@dataclass(frozen=True)
class Check:
    """A health check that Ceph raises. `muted`: somebody has told Ceph to leave it out of its status."""

    name: str
    severity: str
    summary: str
    count: int
    detail: tuple[str, ...]
    muted: bool


@dataclass(frozen=True)
class Osd:
    """An OSD with the host that holds it by the CRUSH map; `used` in percent of its space."""

    id: int
    host: str
    up: bool
    out: bool
    used: float

    @property
    def name(self) -> str:
        """Its name: osd.ID."""
        return f"osd.{self.id}"


@dataclass(frozen=True)
class Pgs:
    """Placement groups: how many in which state, and those that are not active and clean, with their state.

    `degraded` and `misplaced`: percent of the objects' copies that are missing, or in another place than they should.
    """

    total: int
    states: Mapping[str, int]
    unclean: tuple[tuple[str, str], ...]
    degraded: float
    misplaced: float

    @property
    def clean(self) -> bool:
        """Whether all of them are active and clean; scrubbing may go on."""
        return all(is_clean(state) for state in self.states)


@dataclass(frozen=True)
class State:
    """Everything at once. `active_manager`: whether a manager counts, without which all figures are old."""

    fsid: str
    status: str
    checks: tuple[Check, ...]
    quorum: tuple[str, ...]
    out_of_quorum: tuple[str, ...]
    active_manager: bool
    osds: tuple[Osd, ...]
    pgs: Pgs
    total: int
    used: int
    available: int

    @property
    def fullest(self) -> Osd | None:
        """The OSD with the largest part of its space in use; it decides when the cluster is full."""
        return max((osd for osd in self.osds if not osd.out), key=lambda osd: osd.used, default=None)

    def public(self) -> dict[str, Any]:
        """The same for a module's result."""
        slow = [check for check in self.checks if check.name in _SLOW]
        texts = "\n".join(text for check in slow for text in (check.summary, *check.detail))
        fullest = self.fullest
        return {
            "fsid": self.fsid,
            "status": self.status,
            "checks": [{**asdict(check), "detail": list(check.detail)} for check in self.checks],
            "mons": {"quorum": list(self.quorum), "out_of_quorum": list(self.out_of_quorum)},
            "active_manager": self.active_manager,
            "osds": {
                "total": len(self.osds),
                "up_and_in": sum(osd.up and not osd.out for osd in self.osds),
                "down": [osd.name for osd in self.osds if not osd.up],
                "out": [osd.name for osd in self.osds if osd.out],
            },
            "pgs": {
                "total": self.pgs.total,
                "states": dict(self.pgs.states),
                "clean": self.pgs.clean,
                "degraded_percent": self.pgs.degraded,
                "misplaced_percent": self.pgs.misplaced,
            },
            "space": {
                "total": self.total,
                "used": self.used,
                "available": self.available,
                "used_percent": round(100 * self.used / self.total, 1) if self.total else 0.0,
                "fullest": {"osd": fullest.name, "used_percent": fullest.used} if fullest else None,
            },
            "slow_operations": {
                "count": sum(_operations(check) for check in slow),
                "daemons": sorted(set(_DAEMON.findall(texts))),
            },
        }


def _operations(check: Check) -> int:
    """Slow operations of a check. Its own count is that of the daemons which have them."""
    found = _OPERATIONS.match(check.summary)
    return int(found[1]) if found else check.count


def is_clean(state: str) -> bool:
    """Whether a placement group in this state is active and clean, and where it should be; it may be scrubbed."""
    words = set(state.split("+"))
    return {"active", "clean"} <= words and "remapped" not in words


#: What a state is read from, and where data is not in its place also the placement groups.
COMMANDS = (("status",), ("health", "detail"), ("osd", "df", "tree"), ("mon", "dump"))
PLACEMENT = ("pg", "dump", "pgs_brief")


def read(ceph: Ceph) -> State:
    """The state of a cluster.

    :raises NoAnswer: it does not answer now.
    :raises CephError: it can't be asked, or its answers are not those of the versions that are known here.
    """
    status, health, osds, mons = ceph.read_all(*COMMANDS)
    try:
        unclean = not all(map(is_clean, _states(status["pgmap"])))
        brief = placement_groups(ceph.read(*PLACEMENT)) if unclean else []
        return state(status, health, osds, mons, brief)
    except (KeyError, TypeError, ValueError) as error:
        raise CephError(f"{' '.join(ceph.command)} gave an answer of an unknown form: {error!r}") from error


def state(
    status: Mapping[str, Any],
    health: Mapping[str, Any],
    osds: Mapping[str, Any],
    mons: Mapping[str, Any],
    brief: Sequence[Mapping[str, Any]],
) -> State:
    """The state that these answers tell of."""
    quorum = tuple(sorted(status["quorum_names"]))
    pgmap = status["pgmap"]
    return State(
        fsid=status["fsid"],
        status=health["status"],
        checks=tuple(_check(name, found) for name, found in sorted(health["checks"].items())),
        quorum=quorum,
        out_of_quorum=tuple(mon["name"] for mon in mons["mons"] if mon["name"] not in quorum),
        active_manager=bool(status["mgrmap"]["available"]),
        osds=_osds(osds),
        pgs=Pgs(
            int(pgmap["num_pgs"]),
            _states(pgmap),
            tuple((pg["pgid"], pg["state"]) for pg in brief if not is_clean(pg["state"])),
            _percent(pgmap.get("degraded_ratio")),
            _percent(pgmap.get("misplaced_ratio")),
        ),
        total=int(pgmap["bytes_total"]),
        used=int(pgmap["bytes_used"]),
        available=int(pgmap["bytes_avail"]),
    )


def _percent(ratio: Any) -> float:
    return round(100 * float(ratio or 0), 1)


def _states(pgmap: Mapping[str, Any]) -> dict[str, int]:
    return {item["state_name"]: int(item["count"]) for item in pgmap["pgs_by_state"]}


def placement_groups(answer: Any) -> list[Mapping[str, Any]]:
    """Placement groups; Ceph before 15 gave the list alone."""
    found: list[Mapping[str, Any]] = answer["pg_stats"] if isinstance(answer, Mapping) else answer
    return found


def _check(name: str, found: Mapping[str, Any]) -> Check:
    summary = found["summary"]
    return Check(
        name,
        found["severity"],
        summary["message"],
        int(summary.get("count", 0)),
        tuple(item["message"] for item in found.get("detail") or ()),
        bool(found.get("muted")),
    )


def _osds(answer: Mapping[str, Any]) -> tuple[Osd, ...]:
    """OSDs of the CRUSH map, and `stray` ones that are not in it."""
    nodes = answer["nodes"]
    hosts = {child: node["name"] for node in nodes if node["type"] == "host" for child in node.get("children") or ()}
    found = {
        node["id"]: Osd(
            node["id"],
            hosts.get(node["id"], ""),
            node.get("status") == "up",
            not float(node["reweight"]),
            round(float(node["utilization"]), 1),
        )
        for node in (*nodes, *(answer.get("stray") or ()))
        if node["type"] == "osd"
    }
    return tuple(found[number] for number in sorted(found))
