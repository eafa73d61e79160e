# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotation of CephX keys: which generation the input wants, and which keys are not of it yet.

Keys of daemons protect what Ceph itself does, and clients notice nothing of their rotation. Those of volumes are those
of the CSI drivers: what is mounted keeps the former ones, which stay valid while Ceph is told to keep them (Rook's
documentation 1.20, CephX Keys and Rotation). A generation only rises; the API server refuses another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..waiting.missing import Row
from .removing import spelled
from .rook_ceph_input import ROLE
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
Json = dict[str, Any]
#: The key of the input; its keys are those of `GROUPS` and the number of former keys of volumes that stay valid.
KEY, FORMER = "keys", "former"
#: Groups of keys in the input, and what a CephCluster calls them.
GROUPS: Mapping[str, str] = {"daemons": "daemon", "volumes": "csi"}
POLICY = "KeyGeneration"
#: Keys of daemons in the status of a CephCluster; those without which there is no cluster come first.
_ALWAYS, _PERHAPS = ("mon", "mgr", "osd"), ("admin", "crashCollector", "cephExporter")
#: Kinds whose daemons have keys of their own, and their collections.
CHILDREN: Mapping[str, str] = {"CephFilesystem": "cephfilesystems", "CephObjectStore": "cephobjectstores"}
#: What Rook writes instead of a version until a key is made.
_NONE_YET = "Uninitialized"
#: Rook asks Ceph to be silent of these: as long as nodes have kernels before 7.0, keys of the old type must exist.
_OLD_ALLOWED = ("AUTH_INSECURE_KEYS_ALLOWED", "AUTH_INSECURE_KEYS_CREATABLE")
_OLD_USED = "AUTH_INSECURE_CLIENT_KEY_TYPE"
#: Errors of Ceph as long as keys of its daemons are of the old type.
INSECURE = ("AUTH_INSECURE_SERVICE_KEY_TYPE", "AUTH_INSECURE_SERVICE_TICKETS")
#: A warning that ends by itself two to three hours after daemons have got new keys.
FADING = "AUTH_INSECURE_ROTATING_SERVICE_KEY_TYPE"


def generation(params: Params, group: str) -> int:
    """The generation of a group of keys that the input wants; 0 where it leaves them as they are."""
    return int((params.get(KEY) or {}).get(group) or 0)


def of_cluster(params: Params, key_type: str) -> Json:
    """What the CephCluster says of keys.

    :param key_type: the type of those with which nodes mount volumes.
    """
    daemons, volumes = (generation(params, group) for group in GROUPS)
    csi: Json = {"keyType": key_type}
    if volumes:
        former = (params.get(KEY) or {}).get(FORMER)
        csi |= {**_policy(volumes), "keepPriorKeyCountMax": 1 if former is None else int(former)}
    return {"cephx": {**({"daemon": _policy(daemons)} if daemons else {}), "csi": csi}}


def silenced(key_type: str) -> Json:
    """Health warnings of Ceph about keys of the old type, where nobody can do without them.

    Of a cluster whose nodes have new keys, Ceph warns again where one of the old type is used.
    """
    policies = {**dict.fromkeys(_OLD_ALLOWED, "mute"), _OLD_USED: "mute" if key_type == "aes" else "unmute"}
    return {"muteHealthWarning": {name: {"policy": policy} for name, policy in policies.items()}}


def refuse_lower(params: Params, live: Json | None) -> None:
    """Refuse generations below those of the cluster, or none where it has some.

    :raises ClusterLayerError: with the generation to write.
    """
    for group, has in given(live).items():
        if generation(params, group) < has:
            wrote = generation(params, group) or "none"
            raise ClusterLayerError(
                f"{ROLE}_config.{KEY}.{group}: {wrote} is below {has}, to which these keys have been rotated, and Rook "
                f"can't go back; write {has}, or a higher number to rotate them again"
            )


def given(live: Json | None) -> dict[str, int]:
    """The generations that a CephCluster has been given."""
    cephx = (((live or {}).get("spec") or {}).get("security") or {}).get("cephx") or {}
    return {group: int((cephx.get(name) or {}).get("keyGeneration") or 0) for group, name in GROUPS.items()}


def raises_volumes(params: Params, live: Json | None) -> bool:
    """Whether the input has the keys of volumes rotated, so that they may be of another type afterwards."""
    return generation(params, "volumes") > given(live)["volumes"]


def old(cluster: Json | None, children: Iterable[Json]) -> list[Row]:
    """A row for each group of keys that is not of the generation that its CephCluster has been given.

    :param cluster: the CephCluster.
    :param children: its file systems and object stores, with their kinds; their daemons get keys with those of others.
    """
    if cluster is None:
        return []
    wanted, status = given(cluster), ((cluster.get("status") or {}).get("cephx") or {})
    name = spelled("CephCluster", cluster)
    rows: list[Row] = []
    if wanted["daemons"]:
        for one in (*_ALWAYS, *_PERHAPS):
            rows += _of(f"{one} of {name}", status.get(one), wanted["daemons"], needed=one in _ALWAYS)
        for child in children:
            found = ((child.get("status") or {}).get("cephx") or {}).get("daemon")
            rows += _of(spelled(str(child["kind"]), child), found, wanted["daemons"])
    if wanted["volumes"]:
        rows += _of(f"volumes of {name}", status.get("csi"), wanted["volumes"], needed=True)
    return rows


def _of(what: str, found: Any, wanted: int, *, needed: bool = False) -> Iterator[Row]:
    """What the key of a component lacks. One that is not needed may never run, and then has no key."""
    known: Params = found or {}
    if not needed and (not known or known.get("keyCephVersion") == _NONE_YET):
        return
    has = int(known.get("keyGeneration") or 0)
    if has < wanted:
        yield Row(f"keys of {what}", f"they are of generation {has}, not yet of {wanted}")


def _policy(wanted: int) -> Json:
    return {"keyRotationPolicy": POLICY, "keyGeneration": wanted}
