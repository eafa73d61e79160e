# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Further interfaces of pods in networks of the machines: the input of the role `multus`."""

from __future__ import annotations

import typing as t

from ..cluster import multus, multus_objects
from .attachments import Attachment, bridge_name
from .bundle_facts import manifest
from .enums import AttachmentPlugin, Role
from .hardware import Machine
from .kube_ovn_vlans import carriers, is_of_subnet
from .layout import Layout, is_network_configured
from .pod_network import PodNetwork
from .providers import of_api
from .segments import Network
from .types import Cloud

View = dict[str, t.Any]
LAYER, ROLE, PROVIDER = "attachments", multus.ROLE, "multus"
#: The key of the model.
ROOT = "network.attachments"


def wanted(network: PodNetwork) -> bool:
    """Whether the model wants it."""
    return bool(network.attachments)


def is_layer(cloud: Cloud) -> bool:
    """Whether there is a layer of it: the network in which virtual machines are migrated is an attachment as well."""
    migrations = cloud.virtualization.enabled and cloud.virtualization.migrations.network is not None
    return wanted(cloud.network) or migrations


def view(layout: Layout) -> View:
    """The role input `multus_config`."""
    network, kubernetes = layout.cloud.network, layout.cloud.kubernetes
    return {
        "manifest": manifest(multus.MANIFEST),
        **({multus.DYNAMIC: manifest(multus.DYNAMIC_MANIFEST)} if network.hotplug else {}),
        **(of_api(kubernetes) if kubernetes else {}),
        "attachments": [_attachment(layout, one) for one in network.attachments.values()],
    }


def needs(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifests and their images."""
    dynamic = (f"manifest:{multus.DYNAMIC_MANIFEST}", multus.DYNAMIC_IMAGE) if multus.DYNAMIC in params else ()
    return (f"manifest:{multus.MANIFEST}", multus.IMAGE, *dynamic)


def plugin(cloud: Cloud, one: Attachment, network: Network) -> AttachmentPlugin:
    """How pods are connected: as the model says, or in the only way that the network has."""
    if one.plugin:
        return one.plugin
    if is_of_subnet(cloud, one.vlan):
        return AttachmentPlugin.KUBE_OVN
    return AttachmentPlugin.BRIDGE if network.vlans else AttachmentPlugin.MACVLAN


def interfaces(layout: Layout, one: Attachment) -> dict[str, list[Machine]]:
    """Names of the interfaces above which pods are, with the machines that have them."""
    network = layout.cloud.networks[one.network]
    chosen = plugin(layout.cloud, one, network)
    if chosen is AttachmentPlugin.KUBE_OVN:
        return carriers(layout, one.vlan)
    found: dict[str, list[Machine]] = {}
    for machine in layout.cloud.machines.values():
        if chosen is AttachmentPlugin.BRIDGE:
            name = bridge_name(one.vlan) if Role.COMPUTE in machine.roles and is_network_configured(machine) else ""
        else:
            name = (
                layout.wiring.interface(machine, network) if network.name in layout.addresses_of(machine.name) else ""
            )
        if name:
            found.setdefault(name, []).append(machine)
    return found


def offered(layout: Layout) -> list[View]:
    """What proofs have to know of the attachments: where they are, and with which MTU.

    Those of Kube-OVN are left out: their pods have addresses that nobody knows before, and the proof gives its own.
    """
    networks = layout.cloud.networks
    return [
        {
            "name": one.name,
            "namespace": one.namespaces[0],
            "mtu": one.mtu or layout.cloud.networks[one.network].mtu,
            "nodes": [machine.name for found in interfaces(layout, one).values() for machine in found],
        }
        for one in layout.cloud.network.attachments.values()
        if plugin(layout.cloud, one, networks[one.network]) is not AttachmentPlugin.KUBE_OVN
    ]


def _attachment(layout: Layout, one: Attachment) -> View:
    network = layout.cloud.networks[one.network]
    chosen = plugin(layout.cloud, one, network)
    if chosen is AttachmentPlugin.KUBE_OVN:  # its subnet says all else
        return {"name": one.name, "namespaces": list(one.namespaces), "plugin": multus_objects.KUBE_OVN}
    return {
        "name": one.name,
        "namespaces": list(one.namespaces),
        "plugin": str(chosen),
        "interface": next(iter(interfaces(layout, one)), ""),
        # A VLAN adds no header below IP, so pods have the MTU of the network itself (see network/mtu.py).
        "mtu": one.mtu or network.mtu,
        "addresses": str(one.addresses),
    }
