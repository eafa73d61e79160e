# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the input of the role kubevirt has to be, and words that its other parts share."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..vms import cpu_baseline
from ..vms.cpu_models import MODELS
from . import kubevirt_features
from .upstream import refuse

Params = Mapping[str, Any]
ROLE, NAMESPACE, NAME = "kubevirt", "kubevirt", "kubevirt"
BRIDGE, MASQUERADE = "bridge", "masquerade"
#: Eviction strategies: of a node that is drained, virtual machines are migrated; those that can be; or none are.
MIGRATE, IF_POSSIBLE, STOP = "live_migrate", "live_migrate_if_possible", "none"
#: The model of CPUs that no virtual machine can be migrated with (pkg/virt-handler, CPUModeNotLiveMigratable).
PASSTHROUGH = "host-passthrough"
#: KubeVirt's own choice: the CPU of the node on which a virtual machine starts.
HOST_MODEL = "host-model"
#: The highest model that all machines of the input have.
BASELINE = "baseline"
#: Of the network of migrations: who gives addresses, one to virt-handler on each node.
KUBE_OVN = "kube_ovn"
#: virt-operator's limit of parallel migrations is a uint32; more than this of one node starves it.
MOST_PARALLEL = 1000
_QUANTITY = re.compile(r"[0-9]+(Ki|Mi|Gi|Ti|k|M|G|T)?")
#: The kernel's limit of 15 characters (linux/if.h, IFNAMSIZ).
_LINK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")


def version(params: Params) -> str:
    """The version of KubeVirt, such as 1.9.0."""
    return str(params.get("version") or kubevirt_features.VERSIONS[0])


def gates(params: Params) -> list[str]:
    """The feature gates that the input adds."""
    return [str(name) for name in params.get("feature_gates") or ()]


def is_model(name: str) -> bool:
    """Whether it is a model of CPUs that a virtual machine may have."""
    return name in MODELS or name in (HOST_MODEL, PASSTHROUGH)


def check(params: Params) -> None:
    """Check the input.

    :raises ClusterLayerError: with everything that is wrong.
    """
    refuse(_wrong(params))


def _wrong(params: Params) -> Iterator[str]:
    if not params.get("cloud"):
        yield f"{ROLE}_config.cloud: is missing; give the cloud's name, which consents to a removal"
    if version(params) not in kubevirt_features.VERSIONS:
        yield f"{ROLE}_config.version: {version(params)} is not one of {', '.join(kubevirt_features.VERSIONS)}"
        return
    for problem in kubevirt_features.problems(version(params), gates(params)):
        yield f"{ROLE}_config.feature_gates: {problem}"
    yield from _wrong_cpus(params)
    if int(params.get("replicas") or 1) < 1:
        yield f"{ROLE}_config.replicas: {params['replicas']} is not at least 1"
    yield from _wrong_migrations(params.get("migrations") or {}, f"{ROLE}_config.migrations")


def _wrong_cpus(params: Params) -> Iterator[str]:
    place = f"{ROLE}_config.cpu_model"
    cpu, eviction = str(params.get("cpu_model") or ""), str(params.get("eviction") or IF_POSSIBLE)
    if cpu and cpu != BASELINE and not is_model(cpu):
        yield f"{place}: {cpu} is no model of CPUs that is known; {cpu_baseline.near(cpu)}"
    if cpu == PASSTHROUGH and eviction != STOP:
        yield (
            f"{place}: with {PASSTHROUGH} no virtual machine can be migrated; give the model that all machines have, "
            "or write eviction: none"
        )
    if cpu == BASELINE and not params.get("machines"):
        yield f"{place}: {BASELINE} is the highest model of all machines, and there are none; give them as machines"
    if cpu == BASELINE and params.get("emulation"):
        yield f"{place}: {BASELINE} is that of the machines' CPUs, which emulation does not use; remove it"
    nodes = [str(one.get("node")) for one in params.get("machines") or ()]
    for node in sorted({one for one in nodes if nodes.count(one) > 1}):
        yield f"{ROLE}_config.machines: {node} is there twice; list each node once"


def _wrong_migrations(given: Params, place: str) -> Iterator[str]:
    for key in ("parallel", "parallel_per_node"):
        count = given.get(key)
        if count is not None and not 1 <= int(count) <= MOST_PARALLEL:
            yield f"{place}.{key}: {count} is not from 1 to {MOST_PARALLEL}"
    if int(given.get("parallel_per_node") or 2) > int(given.get("parallel") or 5):
        yield f"{place}.parallel_per_node: is above parallel, the number in the whole cluster; lower it, or raise that"
    bandwidth = str(given.get("bandwidth") or "")
    if bandwidth and not _QUANTITY.fullmatch(bandwidth):
        yield f"{place}.bandwidth: {bandwidth} is no quantity of bytes in a second, such as 500Mi"
    if given.get("network") and given.get("attachment"):
        yield f"{place}.attachment: is there beside network, and there is one network of migrations; keep one of them"
    if given.get("network"):
        yield from _wrong_network(given["network"], f"{place}.network")


def _wrong_network(given: Params, place: str) -> Iterator[str]:
    link = str(given.get("interface") or "")
    if not _LINK.fullmatch(link):
        yield f"{place}.interface: {link} is no name of a link, which has at most 15 characters"
    try:
        subnet = ipaddress.ip_network(str(given.get("subnet")))
        first, last = (ipaddress.ip_address(str(given.get(key))) for key in ("first", "last"))
    except ValueError as error:
        yield f"{place}: {error}; give subnet, first and last, such as 10.50.0.0/24, 10.50.0.200 and 10.50.0.250"
        return
    if subnet.version != 4:
        yield f"{place}.subnet: {subnet} is not of IPv4; give one that is"
    elif first not in subnet or last not in subnet or int(first) > int(last):
        yield f"{place}: {first} to {last} are no addresses of {subnet} in order; correct first and last"


__all__ = [
    "BASELINE",
    "BRIDGE",
    "HOST_MODEL",
    "IF_POSSIBLE",
    "MASQUERADE",
    "MIGRATE",
    "NAME",
    "NAMESPACE",
    "ROLE",
    "STOP",
    "check",
    "gates",
]
