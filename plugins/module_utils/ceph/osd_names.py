# SPDX-License-Identifier: GPL-3.0-or-later
"""Which OSDs are meant by an id, by a machine, or by a machine and the serial number of a disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .layout import Layout
from .runner import Ceph, CephError

Json = Mapping[str, Any]
_VIRTIO_SERIAL = 20  # the longest that a virtio disk reports


@dataclass(frozen=True)
class Named:
    """What was named.

    :ivar ids: OSDs that exist, or whose removal has not ended.
    :ivar gone: what was named and is no OSD, as text.
    :ivar machines: hosts of the CRUSH map of which all OSDs were named at once.
    """

    ids: tuple[int, ...] = ()
    gone: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identity:
    """What an OSD said of itself when it started last.

    :ivar host: the machine, by the CRUSH map or by its own word.
    :ivar disks: model and serial number of its disks, joined by ``_``, as Ceph writes them; empty where it knows none.
    :ivar pod: namespace and name of the pod in which it runs, empty where that is none.
    """

    host: str = ""
    disks: tuple[str, ...] = ()
    pod: str = field(default="", compare=False)

    def has(self, serial: str) -> bool:
        """Whether a disk of it has this serial number."""
        key = _key(serial)
        short = key[:_VIRTIO_SERIAL]
        return any(disk in (key, short) or disk.endswith(f"_{key}") for disk in map(_key, self.disks))

    def __str__(self) -> str:
        return " ".join(part for part in (self.host, ", ".join(self.disks)) if part)


#: What identities are read from.
COMMANDS = (("osd", "metadata"),)


def read(ceph: Ceph, layout: Layout) -> dict[int, Identity]:
    """The identities of all OSDs of a layout.

    :raises CephError: as `Ceph.read`.
    """
    found = {entry["id"]: entry for entry in ceph.read(*COMMANDS[0])}
    return {number: identity(found.get(number, {}), layout.devices[number].host) for number in layout.devices}


def identity(entry: Json, host: str = "") -> Identity:
    """The identity that an entry of `osd metadata` tells of."""
    pairs = (text.partition("=") for text in str(entry.get("device_ids") or "").split(",") if text)
    names = [str(entry.get(key) or "") for key in ("pod_namespace", "pod_name")]
    return Identity(
        host or str(entry.get("hostname") or ""),
        tuple(disk for __, __, disk in pairs if disk),
        "/".join(filter(None, names)),
    )


def resolve(entries: Sequence[Json], layout: Layout, known: Mapping[int, Identity]) -> Named:
    """The OSDs that entries {id} or {host, serial} name.

    :param known: identities of OSDs, also of those that are gone and whose removal has not ended.
    :raises CephError: a serial number can't be told from what OSDs say of themselves.
    """
    ids: list[int] = []
    gone: list[str] = []
    machines: list[str] = []
    wrong: list[str] = []
    for entry in entries:
        number, host, serial = entry.get("id"), str(entry.get("host") or ""), str(entry.get("serial") or "")
        if number is not None:
            found, text = ([int(number)] if int(number) in known else []), f"osd.{number}"
        else:
            there = [one for one in known if host in (known[one].host, _host(layout, one))]
            found = [one for one in there if not serial or known[one].has(serial)]
            text = f"the disk {serial} of {host}" if serial else f"OSDs of {host}"
            silent = [f"osd.{one}" for one in there if not known[one].disks]
            if serial and not found and silent:
                wrong.append(f"{text}: {', '.join(silent)} do not tell serial numbers; name the OSD by its id")
                continue
            if not serial and layout.buckets.get(host) == "host":
                machines.append(host)
        ids += found
        gone += [] if found else [text]
    if wrong:
        raise CephError("; ".join(wrong))
    return Named(tuple(sorted(set(ids))), tuple(gone), tuple(dict.fromkeys(machines)))


def not_consented(ids: Iterable[int], known: Mapping[int, Identity], consent: Iterable[str]) -> list[int]:
    """Those of the OSDs that neither by id nor by their machine are in a consent."""
    given = {str(one).strip() for one in consent}
    return [
        number
        for number in ids
        if not given & {str(number), f"osd.{number}", known.get(number, Identity()).host or f"osd.{number}"}
    ]


def _host(layout: Layout, number: int) -> str:
    return layout.devices[number].host if number in layout.devices else ""


def _key(text: str) -> str:
    return "_".join(text.split()).lower()
