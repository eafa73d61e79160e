# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The KubeVirt object that the input of the role kubevirt means, and the network of migrations."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.protected import HOLDS_DATA
from . import kubevirt_admission, kubevirt_cpus, kubevirt_features, kubevirt_rights
from .kubevirt_input import BASELINE, BRIDGE, IF_POSSIBLE, MASQUERADE, MIGRATE, NAME, NAMESPACE, STOP, gates, version
from .placement import placement
from .quantities import canonical

Params = Mapping[str, Any]
Json = dict[str, Any]
#: The annotation with the version that is wanted, which :mod:`..conditions.virtual_machines` compares with the observed
#: one: while the operator itself is replaced, the object still reports the release before as deployed.
WANTED = "groundup.cloud/version"
#: Words of the input -> those of KubeVirt (api/core/v1, EvictionStrategy).
EVICTION = {MIGRATE: "LiveMigrate", IF_POSSIBLE: "LiveMigrateIfPossible", STOP: "None"}
#: KubeVirt's own numbers (pkg/virt-config/virt-config.go).
PARALLEL, PARALLEL_PER_NODE = 5, 2
ATTACHMENT = "migration"
#: The socket of Kube-OVN's daemon, by which other CNI plugins get addresses of its subnets.
_SOCKET = "/run/openvswitch/kube-ovn-daemon.sock"
#: Uninstalling is refused by KubeVirt itself while there are virtual machines.
BLOCK = "BlockUninstallIfWorkloadsExist"


def render(params: Params) -> list[Json]:
    """The objects beside upstream's manifest."""
    migrations: Params = params.get("migrations") or {}
    network = migrations.get("network")
    judged = kubevirt_admission.objects() if params.get("restartable_only") else []
    rights = kubevirt_rights.objects() if migrations.get("by_users") else []
    return [*judged, *rights, *(_network(network) if network else ()), _kubevirt(params)]


def _kubevirt(params: Params) -> Json:
    eviction = str(params.get("eviction") or IF_POSSIBLE)
    chosen = gates(params)
    developer: Json = {
        "useEmulation": bool(params.get("emulation")),
        "featureGates": kubevirt_features.enabled(version(params), chosen),
        "disabledFeatureGates": kubevirt_features.disabled(version(params), chosen),
    }
    binding = str(params.get("network_binding") or MASQUERADE)
    configuration: Json = {
        "developerConfiguration": developer,
        "evictionStrategy": EVICTION[eviction],
        # A virtual machine that can't be migrated takes changes of its specification with its next start.
        "vmRolloutStrategy": "Stage" if eviction == STOP else "LiveUpdate",
        "migrations": _migrations(params.get("migrations") or {}),
        "network": {"defaultNetworkInterface": binding, "permitBridgeInterfaceOnPodNetwork": binding == BRIDGE},
    }
    for key, name in (("cpu_model", "cpuModel"), ("state_storage_class", "vmStateStorageClass")):
        if params.get(key) and params[key] != BASELINE:  # a removal looks at no machine and needs no model
            configuration[name] = str(params[key])
    spec = {
        "imagePullPolicy": "IfNotPresent",
        "uninstallStrategy": BLOCK,
        # One that can't be migrated stays as it is until it is started anew: no update ever stops it. The operator
        # writes its object anew without empty lists, so an empty list would be a change again in the next run.
        "workloadUpdateStrategy": {
            **({} if eviction == STOP else {"workloadUpdateMethods": ["LiveMigrate"]}),
            "batchEvictionSize": 10,
            "batchEvictionInterval": "1m0s",
        },
        "infra": {"replicas": int(params.get("replicas") or 2), **infra(params)},
        "workloads": {"nodePlacement": placement(params)},
        "configuration": configuration,
    }
    record = params.get(kubevirt_cpus.RECORD)
    cpus = {kubevirt_cpus.ANNOTATION: kubevirt_cpus.annotation(record)} if record else {}
    metadata = {"name": NAME, "namespace": NAMESPACE, "annotations": {WANTED: f"v{version(params)}", **cpus}}
    return {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "metadata": metadata, "spec": spec}


def infra(params: Params) -> Json:
    """Where KubeVirt's own controllers run: on control planes unless it is said otherwise, as upstream has it."""
    if params.get("on_control_planes", True):
        return {}
    return {"nodePlacement": placement(params)}


def _migrations(given: Params) -> Json:
    found: Json = {
        "parallelMigrationsPerCluster": int(given.get("parallel") or PARALLEL),
        "parallelOutboundMigrationsPerNode": int(given.get("parallel_per_node") or PARALLEL_PER_NODE),
        "allowAutoConverge": False,
        "allowPostCopy": False,
    }
    if given.get("bandwidth"):
        found["bandwidthPerMigration"] = canonical(str(given["bandwidth"]))
    if attachment := (ATTACHMENT if given.get("network") else given.get("attachment")):
        found["network"] = str(attachment)
    return found


def _network(given: Params) -> Iterator[Json]:
    """The attachment of virt-handler on each node, and the addresses that Kube-OVN gives it.

    Only an allocator that knows all nodes gives each another address: Multus calls the same attachment everywhere.
    (Kube-OVN, multi-nic: a subnet's provider is NAME.NAMESPACE of the attachment.)
    """
    provider = f"{ATTACHMENT}.{NAMESPACE}"
    mtu = {"mtu": int(given["mtu"])} if given.get("mtu") else {}
    ipam = {"type": "kube-ovn", "server_socket": _SOCKET, "provider": provider}
    config = {
        "cniVersion": "1.0.0",
        "name": ATTACHMENT,
        "type": "macvlan",
        "master": str(given["interface"]),
        "mode": "bridge",
        **mtu,
        "ipam": ipam,
    }
    yield {
        "apiVersion": "kubeovn.io/v1",
        "kind": "Subnet",
        # It holds nothing: virt-handler gets another address, or migrates over the network of pods.
        "metadata": {"name": provider.replace(".", "-"), "annotations": {HOLDS_DATA: "false"}},
        "spec": {
            "protocol": "IPv4",
            "provider": provider,
            "cidrBlock": str(given["subnet"]),
            "gateway": gateway(given),
            "excludeIps": excluded(given),
        },
    }
    yield {
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": {"name": ATTACHMENT, "namespace": NAMESPACE},
        "spec": {"config": json.dumps(config, sort_keys=True)},
    }


def gateway(given: Params) -> str:
    """The gateway of the network, or an address of it that nobody gets: Kube-OVN takes one from each subnet."""
    if given.get("gateway"):
        return str(given["gateway"])
    hosts = ipaddress.IPv4Network(str(given["subnet"]))
    first = ipaddress.IPv4Address(str(given["first"]))
    lowest = hosts.network_address + 1
    return str(lowest if lowest < first else hosts.broadcast_address - 1)


def excluded(given: Params) -> list[str]:
    """All addresses but those from ``first`` to ``last``, as Kube-OVN writes them: sorted, the gateway by itself."""
    subnet = ipaddress.IPv4Network(str(given["subnet"]))
    first, last = (int(ipaddress.IPv4Address(str(given[key]))) for key in ("first", "last"))
    own = int(ipaddress.IPv4Address(gateway(given)))
    low, high = int(subnet.network_address) + 1, int(subnet.broadcast_address) - 1
    found = [str(ipaddress.IPv4Address(own))]
    for begin, end in ((low, first - 1), (last + 1, high)):
        parts = ((begin, own - 1), (own + 1, end)) if begin <= own <= end else ((begin, end),)
        found += [_range(*part) for part in parts if part[0] <= part[1]]
    return sorted(found)


def _range(first: int, last: int) -> str:
    begin, end = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
    return str(begin) if begin == end else f"{begin}..{end}"
