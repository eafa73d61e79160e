# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network provider `kube_ovn`: the input of the role `network_kube_ovn`."""

from __future__ import annotations

import typing as t

from ..cluster import network_kube_ovn as kube_ovn
from .bundle_facts import manifest
from .enums import Role
from .kube_ovn_vlans import carriers, network_of
from .layout import Layout
from .pods_mtu import pods
from .providers import Provider, of_api
from .subnets import PodSubnet, VpcRoute

View = dict[str, t.Any]


def network_kube_ovn(layout: Layout) -> View:
    """The role input `network_kube_ovn_config`; empty while the model names no network of the cluster."""
    settings = layout.cloud.kubernetes
    if settings is None or layout.cluster is None:
        return {}
    network = layout.cloud.network
    join = network.join
    subnets = [_subnet(layout, one) for one in network.subnets.values()]
    vpcs = [{"name": one.name, "routes": [_route(route) for route in one.routes]} for one in network.vpcs.values()]
    return {
        "manifest": manifest(kube_ovn.MANIFEST),
        "policy_manifests": [manifest(name) for name in kube_ovn.POLICIES],
        **of_api(settings),
        "pods": settings.text_of("pods"),
        "services": settings.text_of("services"),
        **({"join": str(join)} if join else {}),
        "mtu": pods(layout),
        "databases": _databases(layout),
        **({"subnets": subnets} if subnets else {}),
        **({"vpcs": vpcs} if vpcs else {}),
    }


def _route(route: VpcRoute) -> View:
    return {"to": str(route.to), "via": str(route.via)}


def _subnet(layout: Layout, one: PodSubnet) -> View:
    attached = next(
        (item for item in layout.cloud.network.attachments.values() if one.vlan and item.vlan == one.vlan), None
    )
    network = network_of(layout.cloud, one.vlan)
    view: View = {
        "name": one.name,
        "subnet": str(one.subnet),
        **({"gateway": str(one.gateway)} if one.gateway else {}),
        **({"exclude": [f"{taken.first}-{taken.last}" for taken in one.exclude]} if one.exclude else {}),
        **({"namespaces": list(one.namespaces)} if one.namespaces else {}),
        **({"vpc": one.vpc} if one.vpc else {}),
        **({"private": True} if one.private else {}),
        **({"allow": [str(subnet) for subnet in one.allow]} if one.allow else {}),
    }
    if network is None:
        return view
    # A VLAN adds no header below IP, so pods have the MTU of the network itself (see network/mtu.py).
    view |= {"vlan": one.vlan, "mtu": (attached.mtu if attached else None) or network.mtu}
    found = carriers(layout, one.vlan).items()
    view["interfaces"] = [{"name": name, "nodes": [item.name for item in machines]} for name, machines in found]
    return {**view, **({"attachment": f"{attached.namespaces[0]}/{attached.name}"} if attached else {})}


def _databases(layout: Layout) -> list[View]:
    """The nodes with OVN's databases: the control planes; the first node where the control plane is hosted."""
    machines = list(layout.cloud.machines.values())
    members = [machine for machine in machines if Role.CONTROL_PLANE in machine.roles] or machines[:1]
    network = layout.cluster.name if layout.cluster else ""
    return [{"node": one.name, "address": layout.texts_of(one.name).get(network)} for one in members]


def needs(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifests and the image."""
    return (*(f"manifest:{name}" for name in (kube_ovn.MANIFEST, *kube_ovn.POLICIES)), kube_ovn.IMAGE)


PROVIDER = Provider(
    role=kube_ovn.ROLE,
    of_cluster=network_kube_ovn,
    api=True,
    needs=needs,
    kernel_modules=kube_ovn.KERNEL_MODULES,
    follows=("kubernetes",),
)
