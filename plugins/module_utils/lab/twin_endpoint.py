# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoint of the API in a twin: a virtual rack has no load balancer of others, so its control planes serve it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from ..kube.settings import OWN_PORTS
from ..model.enums import ApiLoadBalancer, ControlPlane
from ..model.layout import Layout
from ..model.load import load
from ..model.scalars import Address, Subnet
from ..model.segments import Network
from .shell import LabError

Tree = dict[str, Any]


def serve_endpoint(cloud: Tree, result: Tree, notes: list[str]) -> None:
    """Give the endpoint of an external load balancer to the twin's control planes, at an address of their network.

    :param cloud: the original model, without errors.
    :param result: the twin's model, which is changed.
    :raises LabError: where the network has no free address for it, or the cluster is one of others.
    """
    kubernetes = result.get("kubernetes") or {}
    if kubernetes.get("existing"):
        raise LabError(
            "kubernetes.existing: a virtual rack joins no cluster of others; try the machines' layers below in a model "
            "without kubernetes, or give the rack control planes of its own"
        )
    if (result.get("lab") or {}).get("control_plane") == str(ControlPlane.HOSTED) and kubernetes.pop(
        "endpoint_name", None
    ):
        notes.append("kubernetes.endpoint_name: is left out, as the hosted control plane is reached by its address")
    if kubernetes.get("load_balancer") != str(ApiLoadBalancer.EXTERNAL):
        return
    del kubernetes["load_balancer"]
    layout = Layout(load(cloud))
    network = layout.cluster
    if network is None or network.subnet is None:
        raise LabError("kubernetes: the model has no network for the endpoint of its twin; give kubernetes.network")
    given = ipaddress.ip_address(kubernetes["endpoint"]) if kubernetes.get("endpoint") else None
    if given is None or given not in network.subnet:
        kubernetes["endpoint"] = str(_free(layout, network, network.subnet))
    if kubernetes.get("endpoint_port") in OWN_PORTS:
        del kubernetes["endpoint_port"]
    notes.append(
        f"kubernetes.load_balancer: the lab has none; control planes serve the endpoint, {kubernetes['endpoint']}"
    )


def _free(layout: Layout, network: Network, subnet: Subnet) -> Address:
    taken = {str(address) for address in _taken(layout, network)}
    below = range(min(network.first, subnet.num_addresses - 1) - 1, 0, -1)  # where machines have no addresses
    for offset in (*below, *range(subnet.num_addresses - 2, 0, -1)):
        address: Address = subnet.network_address + offset
        if str(address) not in taken:
            return address
    raise LabError(f"networks.{network.name}: has no free address for the endpoint of the twin; give a larger subnet")


def _taken(layout: Layout, network: Network) -> Iterator[Address | str]:
    cloud = layout.cloud
    found = [*network.gateways, *layout.provisioner.values(), *(switch.address for switch in cloud.switches.values())]
    found += [layout.addresses_of(name).get(network.name) for name in cloud.machines]
    yield from (address for address in found if address is not None)
    yield from (machine.bmc.address for machine in cloud.machines.values() if machine.bmc)
