# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Rook's script create-external-cluster-resources.py says of a Ceph cluster that others run.

The script prints lines ``export KEY=VALUE`` (``--format bash``) or a list of ``{name, kind, data}`` in JSON
(``--format json``); both are read here. The names of keys are those of Rook 1.20, deploy/examples, whose script
import-external-cluster.sh makes the same objects of them. Nothing that is read here is quoted in a message but names.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .upstream import ClusterLayerError

#: What the clients of each kind of storage need: Rook's names of Secrets.
RBD_SECRETS = ("rook-csi-rbd-node", "rook-csi-rbd-provisioner")
CEPHFS_SECRETS = ("rook-csi-cephfs-node", "rook-csi-cephfs-provisioner")
#: Types of CephX keys by the first two bytes of the key (Ceph, include/ceph_fs.h, CEPH_CRYPTO_*).
_KEY_TYPES = {1: "aes", 2: "aes256k"}
#: A monitor: its name and its address with the port (Rook, pkg/operator/ceph/controller, ParseMonEndpoints).
_MONITOR = re.compile(r"[^=,\s]+=(?:\[[0-9A-Fa-f:]+\]|[^:,\s\[\]]+):([0-9]+)")
_LINE = re.compile(r"(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)")
#: Port of msgr2 (Ceph's documentation, rados/configuration/msgr2).
MSGR2_PORT = "3300"
#: What the script can be told to divide a cluster by, of which nothing is made here.
_UNKNOWN = {
    "RADOS_NAMESPACE": "--rados-namespace",
    "SUBVOLUME_GROUP": "--subvolume-group",
    "TOPOLOGY_POOLS": "--topology-pools",
}
_USER = "the user by whom Rook asks for the health (ROOK_EXTERNAL_USERNAME)"


@dataclass(frozen=True)
class Credentials:
    """A user of Ceph, and its key."""

    user: str
    key: str = field(repr=False)

    @property
    def key_type(self) -> str:
        """The type of the key; empty where it is no key of Ceph."""
        try:
            head = base64.b64decode(self.key, validate=True)[:2]
        except (binascii.Error, ValueError):
            return ""
        return _KEY_TYPES.get(int.from_bytes(head, "little"), "") if len(head) == 2 else ""


@dataclass(frozen=True)
class Export:
    """An export.

    :ivar fsid: the identity of the cluster.
    :ivar monitors: as Rook has them: ``a=10.0.0.1:3300,b=10.0.0.2:3300``.
    :ivar health: the user by whom Rook asks for the health.
    :ivar clients: Rook's names of Secrets -> users of the CSI drivers.
    :ivar pools: pools of images that it names; `filesystems` likewise.
    :ivar restricted: its users may use these alone.
    """

    fsid: str
    monitors: str
    health: Credentials
    clients: Mapping[str, Credentials] = field(default_factory=dict)
    pools: tuple[str, ...] = ()
    filesystems: tuple[str, ...] = ()
    restricted: bool = False

    @property
    def msgr2(self) -> bool:
        """Whether monitors are reached by msgr2."""
        return all(found[1] == MSGR2_PORT for found in _MONITOR.finditer(self.monitors))


def parse(given: Any, place: str) -> Export:
    """Return the export.

    :param given: the output of the script, as a text or as the list that the text means.
    :param place: the option, for messages.
    :raises ClusterLayerError: it is none, or lacks something; with all that is wrong.
    """
    if not given:
        raise ClusterLayerError(f"{place}: is missing; give what Rook's create-external-cluster-resources.py prints")
    items: Any = given
    if isinstance(given, str):
        text = given.strip()
        if not text.startswith("["):
            return _checked(_of_lines(text), place)
        try:
            items = json.loads(text)
        except ValueError as error:
            line = getattr(error, "lineno", 0)
            raise ClusterLayerError(f"{place}: is no JSON in line {line}; give all that the script prints") from None
    if not isinstance(items, Sequence) or not all(isinstance(one, Mapping) for one in items):
        raise ClusterLayerError(f"{place}: is no output of the script; it prints lines of export, or a list in JSON")
    return _checked(_of_items(items), place)


def _of_lines(text: str) -> dict[str, str]:
    """The variables. A value with several lines, as a certificate, goes on until the next variable."""
    found: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if match := _LINE.fullmatch(line.strip()):
            last = match[1]
            found[last] = match[2].strip().strip("\"'")
        elif last:
            found[last] += f"\n{line}"
    return found


def _of_items(items: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The same variables, of objects."""
    found: dict[str, str] = {}
    for item in items:
        kind, name, data = str(item.get("kind")), str(item.get("name")), item.get("data") or {}
        if kind == "ConfigMap" and name == "rook-ceph-mon-endpoints":
            found["ROOK_EXTERNAL_CEPH_MON_DATA"] = str(data.get("data") or "")
        elif kind == "Secret" and name == "rook-ceph-mon":
            found["ROOK_EXTERNAL_FSID"] = str(data.get("fsid") or "")
        elif kind == "Secret" and name == "rook-ceph-operator-creds":
            found |= {"ROOK_EXTERNAL_USERNAME": str(data.get("userID") or "")}
            found |= {"ROOK_EXTERNAL_USER_SECRET": str(data.get("userKey") or "")}
        elif kind == "Secret" and name.startswith("rook-csi-"):
            found |= _client(name, str(data.get("userID") or ""), str(data.get("userKey") or ""))
        elif kind == "StorageClass" and name.startswith("ceph-rbd"):
            found |= {"RBD_POOL_NAME": str(data.get("dataPool") or data.get("pool") or "")}
            if data.get("topologyPools"):
                found["TOPOLOGY_POOLS"] = str(data["topologyPools"])
        elif kind == "StorageClass" and name.startswith("cephfs"):
            found["CEPHFS_FS_NAME"] = str(data.get("fsName") or "")
        elif kind == "CephBlockPoolRadosNamespace":
            found["RADOS_NAMESPACE"] = str(data.get("radosNamespaceName") or name)
        elif kind == "CephFilesystemSubVolumeGroup":
            found["SUBVOLUME_GROUP"] = str(data.get("subvolumeGroupName") or name)
    return found


def _client(name: str, user: str, key: str) -> dict[str, str]:
    """A user of a driver, under the names of variables. Restricted users have names that go on."""
    known = next((one for one in (*RBD_SECRETS, *CEPHFS_SECRETS) if name.startswith(one)), "")
    if not known:
        return {}
    variable = known.removeprefix("rook-").upper().replace("-", "_") + "_SECRET"
    restricted = {"RESTRICTED_AUTH_PERMISSION": "True"} if name != known else {}
    return {variable: key, f"{variable}_NAME": user, **restricted}


def _checked(found: Mapping[str, str], place: str) -> Export:
    wrong = list(_wrong(found))
    if wrong:
        raise ClusterLayerError("; ".join(f"{place}: {text}" for text in wrong))
    return Export(
        fsid=found["ROOK_EXTERNAL_FSID"].strip().lower(),
        monitors=found["ROOK_EXTERNAL_CEPH_MON_DATA"],
        health=_credentials(found, "ROOK_EXTERNAL_USERNAME", "ROOK_EXTERNAL_USER_SECRET", ""),
        clients={
            name: _credentials(found, f"{variable}_NAME", variable, name.removeprefix("rook-"))
            for name in (*RBD_SECRETS, *CEPHFS_SECRETS)
            if found.get(variable := _variable(name))
        },
        pools=tuple(filter(None, (found.get("RBD_POOL_NAME"),))),
        filesystems=tuple(filter(None, (found.get("CEPHFS_FS_NAME"),))),
        restricted=found.get("RESTRICTED_AUTH_PERMISSION", "").lower() == "true",
    )


def _variable(secret: str) -> str:
    return secret.removeprefix("rook-").upper().replace("-", "_") + "_SECRET"


def _credentials(found: Mapping[str, str], user: str, key: str, default: str) -> Credentials:
    """A user with its key. The script counts generations of keys apart, and Ceph has them in names of users."""
    name, generation = found.get(user) or default, found.get("CEPHX_KEY_GENERATION") or "0"
    suffix = "" if generation == "0" else f".{generation}"
    return Credentials(name + suffix, found[key])


def _wrong(found: Mapping[str, str]) -> Iterator[str]:
    """What is wrong, without a value."""
    for key in ("ROOK_EXTERNAL_FSID", "ROOK_EXTERNAL_CEPH_MON_DATA", "ROOK_EXTERNAL_USERNAME"):
        if not found.get(key):
            yield f"has no {key}; give all that the script prints"
    monitors = found.get("ROOK_EXTERNAL_CEPH_MON_DATA", "")
    if monitors and not all(_MONITOR.fullmatch(one) for one in monitors.split(",")):
        yield "ROOK_EXTERNAL_CEPH_MON_DATA names no monitors as NAME=ADDRESS:PORT; give what the script prints"
    if found.get("ROOK_EXTERNAL_USERNAME", "").startswith("client.admin"):
        yield f"{_USER} is client.admin, who may destroy the cluster; run the script without --run-as-user"
    keys = {"ROOK_EXTERNAL_USER_SECRET", *map(_variable, (*RBD_SECRETS, *CEPHFS_SECRETS))}
    for key in sorted(keys):
        value = found.get(key)
        if value is None and key == "ROOK_EXTERNAL_USER_SECRET":
            yield f"has no {key}, the key of {_USER}"
        elif value and not Credentials("", value).key_type:
            yield f"{key} is no key of Ceph; is the text complete?"
    for key, option in _UNKNOWN.items():
        if found.get(key):
            yield f"has {key}, of which no class is made; run the script without {option}"
