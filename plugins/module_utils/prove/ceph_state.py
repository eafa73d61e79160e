# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a Ceph cluster is as its model wants it, by its own answers: disks, failure domains, monitors, encryption."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..ceph import gate, layout, osd_names, state
from ..ceph.layout import Layout, domain_of
from ..ceph.osd_names import Identity
from ..ceph.runner import Ceph
from ..cluster import rook_ceph_keys, rook_ceph_versions
from ..report.proofs import ProofError
from .stored import Disk, Stored

#: Places and placement groups that a text names.
_SHOWN = 8
#: Options of Ceph that say how daemons and clients of it connect (Ceph's documentation, rados/configuration/msgr2).
MODES = ("ms_cluster_mode", "ms_service_mode", "ms_client_mode")
SECURE = "secure"


def osds(ceph: Ceph, stored: Stored) -> str:
    """Prove that each disk for data is an OSD of its machine that is up and in, and no other disk is one.

    :raises ProofError: with disks and OSDs that are not so.
    """
    found = layout.read(ceph)
    known = osd_names.read(ceph, found)
    wrong = [f"{one.name} on {one.host} is destroyed" for one in found.devices.values() if one.destroyed]
    wrong += [
        f"{one.name} on {one.host} is {' and '.join(['down'] * (not one.up) + ['out'] * one.out)}"
        for one in found.devices.values()
        if not one.destroyed and (one.out or not one.up)
    ]
    counted = 0
    hosts = {known[one].host for one in known}
    for host in sorted({*stored.nodes, *hosts}):
        there = {number: one for number, one in known.items() if one.host == host}
        declared = [disk for disk in stored.nodes.get(host, ()) if not disk.metadata]
        by_wwn = [disk for disk in declared if not disk.serial]
        counted += len(by_wwn)
        wrong += _mismatches(host, there, declared, by_wwn)
    if wrong:
        raise ProofError(_named(wrong))
    more = f"; {counted} disks are known by their WWN only, which Ceph does not tell, so they were counted"
    return f"{len(known)} OSDs on {len(hosts)} machines, each up and in" + (more if counted else "")


def _mismatches(
    host: str, there: Mapping[int, Identity], declared: Sequence[Disk], by_wwn: Sequence[Disk]
) -> Iterator[str]:
    left = dict(there)
    for disk in declared:
        if not disk.serial:
            continue
        mine = [number for number, one in left.items() if one.has(disk.serial)]
        if len(mine) != 1:
            yield f"{host}: {disk} is {'no OSD' if not mine else f'{len(mine)} OSDs'}"
        for number in mine:
            del left[number]
    if len(left) == len(by_wwn):
        return
    names = [f"osd.{number} ({', '.join(one.disks) or 'disk unknown'})" for number, one in sorted(left.items())]
    if by_wwn:
        wanted = ", ".join(map(str, by_wwn))
        yield f"{host}: {len(names)} OSDs for {len(by_wwn)} disks ({wanted}): {', '.join(names) or 'none'}"
    else:
        yield f"{host}: no disk of the model is {', '.join(names)}"


def health(ceph: Ceph, stored: Stored) -> str:
    """Prove that Ceph raises no health check, and all OSDs and monitors take part.

    :raises ProofError: with what is not so.
    """
    found = state.read(ceph)
    count = sum(1 for disks in stored.nodes.values() for disk in disks if not disk.metadata)
    if rows := gate.missing(found, gate.Wanted(osds=count)):
        raise ProofError("; ".join(map(str, rows)))
    moving = "; ".join(map(str, state_rows)) if (state_rows := gate.unclean(found)) else ""
    fullest = found.fullest
    used = f", the fullest uses {fullest.used} % of its space" if fullest else ""
    groups = f"{found.pgs.total} placement groups" + (f", of which move: {moving}" if moving else ", all clean")
    return f"{found.status}: {count} OSDs{used}; {groups}"


def external(ceph: Ceph, fsid: str) -> str:
    """Prove that a Ceph cluster of others is the wanted one and serves. What it warns of is theirs to see to.

    :raises ProofError: it is another one, or in error.
    """
    status, details = ceph.read("status"), ceph.read("health", "detail")
    found, health = str(status.get("fsid") or "").lower(), str(details.get("status") or "")
    if found != fsid:
        raise ProofError(f"it is the Ceph cluster {found or 'unknown'}, not {fsid}")
    checks = ", ".join(sorted(details.get("checks") or {}))
    if health not in ("HEALTH_OK", "HEALTH_WARN"):
        raise ProofError(f"Ceph reports {health or 'no health'}{f': {checks}' if checks else ''}")
    return f"{found}: {health}{f' ({checks})' if checks else ''}"


def placement(ceph: Ceph, stored: Stored) -> str:
    """Prove by each placement group that its copies are in different failure domains, and there are as many as wanted.

    :raises ProofError: with pools and placement groups that are not so.
    """
    found = layout.read(ceph)
    pools = {int(entry["pool"]): str(entry["pool_name"]) for entry in ceph.read("osd", "dump")["pools"]}
    rules = {pool.name: pool for pool in found.pools}
    wrong = [f"there is no pool {name}" for name in stored.pools if name not in rules]
    for name, size in stored.pools.items():
        pool = rules.get(name)
        if pool and pool.size != size:
            wrong.append(f"pool {name} has {pool.size} copies or chunks, not {size}")
        if pool and pool.domain != stored.failure_domain:
            wrong.append(f"pool {name} has the failure domain {pool.domain}, not {stored.failure_domain}")
    groups = state.placement_groups(ceph.read("pg", "dump", "pgs_brief"))
    for group in groups:
        name = pools.get(int(str(group["pgid"]).partition(".")[0]), "")
        if name in rules:
            reason = _apart(found, rules[name], group["acting"])
            wrong += [f"placement group {group['pgid']} of {name} {reason}"] if reason else []
    if wrong:
        raise ProofError(_named(wrong))
    if not groups:
        raise ProofError("Ceph names no placement group")
    return f"{len(groups)} placement groups of {len(rules)} pools, those of the model over {stored.failure_domain}s"


def _apart(found: Layout, pool: layout.Pool, acting: Sequence[int]) -> str:
    """Why the copies of a placement group are not where they should be; empty where they are."""
    there = [number for number in acting if number in found.devices]
    if len(there) < pool.size:
        return f"has {len(there)} of {pool.size} copies or chunks"
    counted = Counter(domain_of(found.devices[number], pool.domain) for number in there)
    twice = [f"{pool.domain} {name or 'unknown'}" for name, count in counted.items() if count > 1 or not name]
    return f"has several copies or chunks in {', '.join(twice)}" if twice else ""


def monitors(ceph: Ceph, stored: Stored, places: Mapping[str, str]) -> str:
    """Prove that there are as many monitors as wanted, all in quorum, each on another machine.

    :param places: monitor -> machine, as their pods have it.
    :raises ProofError: with those that are not so.
    """
    found = state.read(ceph)
    known = {*found.quorum, *found.out_of_quorum}
    wrong = [f"mon.{name} is not in quorum" for name in found.out_of_quorum]
    if len(known) != stored.monitors:
        wrong.append(f"there are {len(known)} monitors, not {stored.monitors}")
    wrong += [f"mon.{name} has no pod that runs" for name in sorted(known - set(places))]
    machines = Counter(places[name] for name in known if name in places)
    wrong += [f"{count} monitors are on {name}" for name, count in machines.items() if count > 1]
    wrong += [f"mon.{name} is on {places[name]}, which does not store" for name in sorted(known & set(places))
              if places[name] not in stored.nodes]  # fmt: skip
    if wrong:
        raise ProofError(_named(wrong))
    return ", ".join(f"mon.{name} on {places[name]}" for name in sorted(known))


def keys(ceph: Ceph, old: Sequence[str]) -> str:
    """Prove that keys of daemons are of the type without which clients could get all rights (CVE-2025-30156), and of
    the wanted generation.

    :param old: keys that are not of the generation that the CephCluster has been given, as Rook reports it.
    :raises ProofError: with daemons whose Ceph could not tell, and keys that are not so.
    """
    versions: Mapping[str, int] = ceph.read("versions")["overall"]
    found = {_version(text): count for text, count in versions.items()}
    wrong = [
        f"{count} daemons run Ceph {name}, which makes keys of the old type and does not tell it"
        for name, count in found.items()
        if not rook_ceph_versions.makes_new_keys(name)
    ]
    checks = ceph.read("health", "detail").get("checks") or {}
    wrong += [f"{name}: {checks[name]['summary']['message']}" for name in rook_ceph_keys.INSECURE if name in checks]
    wrong += old
    if wrong or not found:
        raise ProofError(_named(wrong or ["Ceph names no daemon"]))
    return f"{sum(found.values())} daemons of Ceph {', '.join(sorted(found))}, without a report of keys of the old type"


def _version(text: str) -> str:
    """20.2.4 of `ceph version 20.2.4 (HASH) tentacle (stable - RelWithDebInfo)`."""
    words = text.split()
    return words[2] if len(words) > 2 else text


def encrypted_traffic(ceph: Ceph) -> str:
    """Prove that daemons talk to each other and to clients in the secure mode of msgr2 only, and not by msgr1.

    :raises ProofError: with options and monitors that are not so.
    """
    options: Sequence[Mapping[str, Any]] = ceph.read("config", "dump")
    wrong = []
    for name in MODES:
        values = {str(one["section"]): str(one["value"]) for one in options if one["name"] == name}
        if "global" not in values:
            wrong.append(f"{name} is not set for all")
        wrong += [f"{name} of {section} is {value}" for section, value in values.items() if value != SECURE]
    mons = ceph.read("mon", "dump")["mons"]
    for mon in mons:
        kinds = [str(one["type"]) for one in (mon.get("public_addrs") or {}).get("addrvec") or ()]
        if kinds != ["v2"]:
            wrong.append(f"mon.{mon['name']} listens for {' and '.join(kinds) or 'nobody'}, not for v2 alone")
    if wrong:
        raise ProofError(_named(wrong))
    return f"{', '.join(MODES)} are {SECURE}, and {len(mons)} monitors listen for msgr2 alone"


def _named(wrong: Sequence[str]) -> str:
    more = len(wrong) - _SHOWN
    return "; ".join(wrong[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
