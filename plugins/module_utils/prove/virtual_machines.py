# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a cloud's virtual machines: what KubeVirt and CDI report, and what one of a golden image does.

No virtual machine has run in any test of this: tests use doubles of KubeVirt's controllers and of the guest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..cluster import cdi, kubevirt_layer
from ..conditions.serving import unready
from ..kube.api import Api
from ..kube.errors import KubeError
from ..promises.catalog import promised
from ..promises.promise import Promise
from ..report.proofs import Proof, Warned, prove, untried
from . import spaces, workloads
from . import virtual_machines_attempts as attempts
from . import virtual_machines_state as state
from .api_errors import failed_by_api_errors
from .registry import proof
from .spaces import Space
from .virtual_machines_objects import Pods
from .virtual_machines_room import room
from .virtual_machines_running import Running
from .virtual_machines_wanted import Image, VirtualMachines

if TYPE_CHECKING:
    from .cluster import Cluster

LAYER, IMPORTER, IMAGES = "virtual_machines", "disk_images", "golden_images"
KUBEVIRT = "KubeVirt is deployed in the version of the model, with all of its parts"
CDI = "CDI is deployed in its version, with all of its parts"
NODES = "each machine of the model for virtual machines takes them"
ROOM = "virtual machines find room on other machines when one is lost"
SOURCES = "disks can be made of each golden image of the model"
REMOVED = "what proofs of virtual machines made is removed, with its volumes"
EMULATED = "QEMU emulates the CPUs of virtual machines (virtualization.emulation)"
#: Claims that are promises of the network.
OF_NETWORK = {
    attempts.POLICY: Promise.POLICY_VMS,
    attempts.ADDRESS: Promise.ADDRESS_KEPT,
    attempts.CONNECTIONS: Promise.CONNECTIONS_KEPT,
}
_CLAIMS = (
    attempts.STARTS,
    attempts.REACHED,
    attempts.POLICY,
    attempts.KEEPS,
    attempts.MIGRATES,
    attempts.ADDRESS,
    attempts.CONNECTIONS,
    attempts.SNAPSHOT_OF,
    attempts.CLONE_OF,
)


def missing(wanted: VirtualMachines) -> dict[str, str]:
    """Claims that a model with these virtual machines does not promise -> why; promises of its network are not here."""
    found = {}
    if len(wanted.nodes) < 2:
        found[attempts.MIGRATES] = "one machine of the model runs virtual machines"
    elif not wanted.shared:
        found[attempts.MIGRATES] = "the model has no volumes that several machines use at once (storage.block)"
    if not wanted.snapshots:
        why = "the model has no snapshots of volumes (storage.block, storage.snapshots)"
        found |= {attempts.SNAPSHOT_OF: why, attempts.CLONE_OF: why}
    return found


def owed(context: Cluster, wanted: VirtualMachines) -> list[str]:
    """The claims about a virtual machine that are owed, in their order."""
    expected, without = context.expected, missing(wanted)
    found = []
    for claim in _CLAIMS:
        promise = OF_NETWORK.get(claim)
        if claim in without or (promise and not promised(expected.layers, promise, expected.promises)):
            continue
        # What is kept over a migration is seen by one.
        if claim in (attempts.ADDRESS, attempts.CONNECTIONS) and attempts.MIGRATES in without:
            continue
        found.append(claim)
    return found


@proof("cluster", layer=IMPORTER)
def _importer(context: Cluster) -> Iterator[Proof]:
    if wanted := context.expected.virtual_machines:
        version = wanted.cdi
        yield context.prove(CDI, lambda api: state.cdi(api.get(cdi.OPERATED.path), version, _now()), IMPORTER)


@proof("cluster", layer=LAYER)
def _deployed(context: Cluster) -> Iterator[Proof]:
    if wanted := context.expected.virtual_machines:
        version, path = wanted.kubevirt, kubevirt_layer.OPERATED.path
        yield context.prove(KUBEVIRT, lambda api: state.kubevirt(api.get(path), version, _now()), LAYER)
        yield context.prove(NODES, lambda api: state.nodes(_nodes(api), wanted), LAYER)
        if len(wanted.nodes) > 1:
            yield context.prove(ROOM, lambda api: _room(api, wanted), LAYER)


@proof("cluster", layer=IMAGES)
def _images(context: Cluster) -> Iterator[Proof]:
    wanted = context.expected.virtual_machines
    if wanted and wanted.images:
        names = [one.name for one in wanted.images]
        yield context.prove(SOURCES, lambda api: state.images(_sources(api, wanted), names), IMAGES)


@proof("cluster", layer=LAYER)
def _virtual_machine(context: Cluster) -> Iterator[Proof]:
    wanted = context.expected.virtual_machines
    if wanted is None:  # nobody knows what virtual machines a cluster has whose model is not known
        return
    claims = owed(context, wanted)
    reason, image, api = context.unreachable or wanted.no_image, wanted.image, context.api
    if api is None or reason or image is None:
        yield from (untried(claim, _layer(claim), reason) for claim in (*claims, REMOVED))
    else:
        yield from _tried(api, context, wanted, image, claims)
    for claim, why in missing(wanted).items():
        yield Proof(claim, LAYER, None, 0.0, "not promised", real=False, why_not_real=why, promised=False)


def _tried(api: Api, context: Cluster, wanted: VirtualMachines, image: Image, claims: Sequence[str]) -> Iterator[Proof]:
    """The claims, each tried with the virtual machine, in a namespace that is removed afterwards."""
    found: list[Proof] = []
    try:
        nodes = [name for name, node in _nodes(api).items() if not unready(node) and name in context.expected.nodes]
        why = state.not_ready(_sources(api, wanted).get(image.name))
    except (KubeError, OSError) as error:
        nodes, why = [], str(error)
    if why or not nodes:
        reason = f"the golden image {image.name}: {why}" if why else "no node is Ready"
        yield from (untried(claim, _layer(claim), reason) for claim in (*claims, REMOVED))
        return
    name = f"{workloads.PREFIX}vms-{int(time.time())}"
    space = Space(api, name, wanted.patience)
    pods = Pods(name, context.expected.image, name, max(30, wanted.patience // 2))
    hosts = len({*nodes} & {*wanted.nodes})
    streams = attempts.CONNECTIONS in claims
    tries = attempts.Attempts(Running(space, pods, sorted(nodes), name), wanted, image, streams=streams, hosts=hosts)

    def run() -> str:
        spaces.delete_leftovers(api)
        with spaces.namespace(api, name):
            try:
                found.extend(_each(tries, claims))
            finally:
                spaces.release(api, name)
        return spaces.gone(api, name, wanted.patience)

    removed = prove(REMOVED, LAYER, failed_by_api_errors(run))
    done = {one.name for one in found}
    yield from (_marked(one, wanted) for one in found)
    yield from (untried(claim, _layer(claim), removed.evidence) for claim in claims if claim not in done)
    yield removed


def _each(tries: attempts.Attempts, claims: Sequence[str]) -> Iterator[Proof]:
    """Each claim by its attempt; none but the first where no virtual machine started."""
    first = ""
    for claim in claims:
        if claim == attempts.STARTS or tries.started:
            attempt: Callable[[], str] = tries.of_machine[claim]
            found = prove(claim, _layer(claim), failed_by_api_errors(attempt))
            first = first or found.evidence
            yield found
        else:
            yield untried(claim, _layer(claim), f"no virtual machine started: {first}")


def _layer(claim: str) -> str:
    return "network" if claim in OF_NETWORK else LAYER


def _marked(found: Proof, wanted: VirtualMachines) -> Proof:
    """The proof, which is one on a double where the CPUs of virtual machines are emulated."""
    if not wanted.emulation or found.ok is None:
        return found
    return replace(found, real=False, why_not_real=EMULATED)


def _nodes(api: Api) -> dict[str, dict[str, object]]:
    return {item["metadata"]["name"]: item for item in api.get("/api/v1/nodes")["items"]}


def _room(api: Api, wanted: VirtualMachines) -> str | Warned:
    pods = api.get("/api/v1/pods")["items"]
    return room(_nodes(api), pods, wanted.nodes, owed=wanted.restartable_only)


def _sources(api: Api, wanted: VirtualMachines) -> dict[str, dict[str, object] | None]:
    path = f"/apis/cdi.kubevirt.io/v1beta1/namespaces/{wanted.images_namespace}/datasources"
    return {one.name: api.get(f"{path}/{one.name}") for one in wanted.images}


def _now() -> datetime:
    return datetime.now(UTC)
