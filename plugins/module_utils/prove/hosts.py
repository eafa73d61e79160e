# SPDX-License-Identifier: GPL-3.0-or-later
"""The proofs that are carried out on a machine, in one call."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ..report.proofs import Proof, ProofError, prove
from .certificates import DAYS_LEFT, certificates_valid
from .isolation import isolation
from .links import bond, network
from .registry import proof, prove_scope

_SECONDS_OFF = 1.0


def host_proofs(params: dict[str, Any]) -> list[Proof]:
    """All proofs of one machine.

    :param params: ``host``; ``bond`` (``name``, ``members``, perhaps ``mode``); ``networks`` (see
        :func:`.links.network`); ``isolation`` (see :func:`.isolation.isolation`); ``blank_disks``, each with ``serial``
        or ``wwn``; ``node``, whether it is a node of a cluster; ``layers``, its layers with their providers.
        Proofs of a ``bond``, ``isolation`` or ``blank_disks`` that is not given are left out.
    """
    return prove_scope("host", params, params.get("layers"))


@proof("host", layer="host_network", concurrent=True)
def _isolation(params: dict[str, Any]) -> Iterator[Proof]:
    if params.get("isolation"):
        yield isolation(params["host"], params["isolation"])


@proof("host", layer="host_network")
def _links(params: dict[str, Any]) -> Iterator[Proof]:
    if params.get("bond"):
        yield bond(params["host"], **params["bond"])
    for item in params["networks"]:
        yield network(params["host"], item)


@proof("host", layer="host_base")
def _clock(params: dict[str, Any]) -> Iterator[Proof]:
    yield prove(f"{params['host']}: the clock is synchronised with the rack's time server", "host", clock)


@proof("host")
def _blank_disks(params: dict[str, Any]) -> Iterator[Proof]:
    for disk in params.get("blank_disks") or []:
        claim = f"{params['host']}: storage disk {disk_id(disk)} is blank"
        yield prove(claim, "storage", partial(blank, disk))


@proof("host", layer="kubernetes")
def _certificates(params: dict[str, Any]) -> Iterator[Proof]:
    if params.get("node"):
        claim = f"{params['host']}: certificates are valid for more than {DAYS_LEFT} days"
        yield prove(claim, "kubernetes", certificates_valid)


def clock() -> str:
    """Offset from the time server as chrony measures it (chronyc(1) ``tracking``)."""
    done = subprocess.run(["chronyc", "-c", "tracking"], capture_output=True, text=True, check=False)
    fields = done.stdout.strip().split(",")
    if done.returncode or len(fields) < 5:
        raise ProofError(f"chronyd does not answer: {done.stderr.strip() or done.stdout.strip()}")
    server, offset = fields[1] or fields[0], float(fields[4])
    if fields[2] == "0" or abs(offset) > _SECONDS_OFF:
        raise ProofError(f"{offset:+.3f} s from {server or 'no server'}")
    return f"{offset:+.6f} s from {server}"


def disk_id(disk: dict[str, str]) -> str:
    return disk.get("serial") or disk.get("wwn") or ""


def blank(disk: dict[str, str]) -> str:
    """Prove that libblkid finds no partition table, file system, LVM, MD or Ceph label (blkid(8), low-level)."""
    device = find(disk)
    return no_signature(device, _in_use(device))


def no_signature(device: str, users: tuple[str, ...] = ()) -> str:
    """Prove that libblkid finds nothing on `device`, and that it has no `users`: partitions, mappings or arrays on it.

    blkid exits with 2 and no output when it finds nothing and when it can't read, so the device is read here first.

    :raises OSError: it can't be read.
    """
    size = _readable(device)
    done = subprocess.run(["blkid", "-p", "-o", "export", device], capture_output=True, text=True, check=False)
    if done.returncode == 2 and not users:
        return f"{device}: no signature on {size / 2**30:.1f} GiB"
    held = " ".join(done.stdout.split()) or done.stderr.strip()
    raise ProofError(f"{device} holds: {', '.join(filter(None, [held, *users]))}")


def _readable(device: str) -> int:
    """Size in bytes of a device whose first and last block, where signatures are, can be read."""
    with open(device, "rb") as disk:
        size = disk.seek(0, 2)
        for place in (0, max(0, size - 4096)):
            disk.seek(place)
            if not disk.read(4096):
                raise ProofError(f"{device} has no bytes to read")
    return size


def _in_use(device: str, block: Path = Path("/sys/block")) -> tuple[str, ...]:
    """Partitions of a device, and mappings or arrays that use it, which probing may miss."""
    name = Path(device).name
    parts = sorted(path.parent.name for path in (block / name).glob(f"{name}*/partition"))
    return tuple(parts + sorted(path.name for path in (block / name).glob("holders/*")))


def find(disk: dict[str, str], block: Path = Path("/sys/block")) -> str:
    """The device with this serial or WWN; none or two are a :class:`ProofError`."""
    wanted = disk_id(disk).lower()
    found = [f"/dev/{path.name}" for path in sorted(block.iterdir()) if _matches(wanted, _ids(path))]
    if len(found) != 1:
        raise ProofError(f"{len(found)} disks have the serial number or WWN {wanted}: {', '.join(found) or 'none'}")
    return found[0]


def _matches(wanted: str, ids: set[str]) -> bool:
    """virtio truncates a serial number to 20 bytes, so a truncated one matches."""
    return wanted in ids or (len(wanted) > 20 and wanted[:20] in ids)


def _ids(device: Path) -> set[str]:
    texts: Iterable[Path] = (device / name for name in ("serial", "wwid", "device/serial", "device/wwid"))
    found = {path.read_text(errors="replace").strip().lower() for path in texts if path.is_file()}
    return found | {re.sub(r"^(naa|eui|t10)\.", "0x", text) for text in found}
