# SPDX-License-Identifier: GPL-3.0-or-later
"""The proofs that are carried out on a machine, in one call."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from typing import Any

from ..disks.contents import examine
from ..disks.devices import devices
from ..disks.errors import DiskError
from ..disks.find import find
from ..errors import CloudError
from ..host.system import System
from ..layers.leftovers import leftovers
from ..network.traces import others
from ..report.proofs import Proof, ProofError, prove
from .certificates import DAYS_LEFT, certificates_valid
from .duplicates import duplicates
from .encryption import encrypted
from .isolation import isolation
from .links import bond, network
from .mirror import mirrored
from .registry import proof, prove_scope

_SECONDS_OFF = 1.0


def host_proofs(params: dict[str, Any]) -> list[Proof]:
    """All proofs of one machine.

    :param params: ``host``; ``bonds``, each with ``name``, ``members`` and perhaps ``mode``;
        ``networks`` (see :func:`.links.network`); ``isolation`` (see :func:`.isolation.isolation`); ``blank_disks``,
        each with ``serial`` or ``wwn``, and ``encrypted_disks`` likewise; ``root_mirror``, two such disks; ``node``,
        whether it is a node of a cluster;
        ``layers``, its layers with their providers. Proofs of what is not given are left out.
    """
    return prove_scope("host", params, params.get("layers"))


@proof("host", layer="host_network", concurrent=True)
def _isolation(params: dict[str, Any]) -> Iterator[Proof]:
    if params.get("isolation"):
        yield isolation(params["host"], params["isolation"])


@proof("host", layer="host_network", concurrent=True)
def _duplicates(params: dict[str, Any]) -> Iterator[Proof]:
    if params["networks"]:
        yield duplicates(params["host"], list(dict.fromkeys(item["interface"] for item in params["networks"])))


@proof("host", layer="host_network")
def _links(params: dict[str, Any]) -> Iterator[Proof]:
    for item in params.get("bonds") or ():
        yield bond(params["host"], **item)
    for item in params["networks"]:
        yield network(params["host"], item)


@proof("host", layer="host_base")
def _clock(params: dict[str, Any]) -> Iterator[Proof]:
    yield prove(f"{params['host']}: the clock is synchronised with the rack's time server", "host", clock)


@proof("host")
def _blank_disks(params: dict[str, Any]) -> Iterator[Proof]:
    for disk in params.get("blank_disks") or []:
        claim = f"{params['host']}: storage disk {disk.get('serial') or disk.get('wwn')} is blank"
        yield prove(claim, "storage", partial(blank, disk))


@proof("host")
def _root_mirror(params: dict[str, Any]) -> Iterator[Proof]:
    if params.get("root_mirror"):
        claim = f"{params['host']}: the root file system is on both of its disks"
        yield prove(claim, "machine", partial(mirrored, params["root_mirror"]))


@proof("host")
def _encrypted_disks(params: dict[str, Any]) -> Iterator[Proof]:
    for disk in params.get("encrypted_disks") or []:
        claim = f"{params['host']}: storage disk {disk.get('serial') or disk.get('wwn')} is encrypted"
        yield prove(claim, "storage", partial(encrypted, disk))


@proof("host", layer="kubernetes")
def _certificates(params: dict[str, Any]) -> Iterator[Proof]:
    if params.get("node"):
        claim = f"{params['host']}: certificates are valid for more than {DAYS_LEFT} days"
        yield prove(claim, "kubernetes", certificates_valid)


@proof("host", layer="network")
def _one_network(params: dict[str, Any]) -> Iterator[Proof]:
    provider = (params.get("layers") or {}).get("network")
    if provider and params.get("node"):
        claim = f"{params['host']}: nothing of another network is left"
        yield prove(claim, "network", partial(one_network, provider, params.get("known_as") or []))


def one_network(provider: str, known_as: list[str], system: System | None = None) -> str:
    """Prove that nothing of networks of pods is on this machine that is not the chosen one's.

    :param known_as: networks that the chosen one is, where it is one of the user's own.
    """
    try:
        found = leftovers(provider, known_as, system)
    except CloudError as error:
        raise ProofError(str(error)) from error
    if found:
        names = {one.provider: None for one in found}
        texts = [f"{', '.join(str(one) for one in found if one.provider == name)} of {name}" for name in names]
        consent = f"""-e '{{"network_leftovers_remove": {json.dumps(list(names))}}}'"""
        raise ProofError(f"{'; '.join(texts)}; a run of site.yml removes it with {consent}")
    return f"no file, interface, table or route of {', '.join(others(provider, tuple(known_as)))}"


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


def blank(disk: dict[str, str], root: str = "/") -> str:
    """Prove that a disk has no partition table, file system, LVM, MD or Ceph label, and that nothing uses it.

    :param disk: ``serial``, ``wwn``, or both, as for a deployment.
    :param root: for tests, a directory with sys/, run/, proc/ and dev/.
    """
    try:
        device = find(devices(root), disk, "the storage disk")
        data = examine(device, root).data
    except DiskError as error:
        raise ProofError(str(error)) from error
    if data:
        raise ProofError(f"{device.path} holds: {', '.join(data)}")
    return f"{device.path}: no signature on {device.size / 2**30:.1f} GiB"
