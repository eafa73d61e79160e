# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network provider `kube_ovn`: the input of the role `network_kube_ovn`."""

from __future__ import annotations

import typing as t

from ..cluster import network_kube_ovn as kube_ovn
from .bundle_facts import manifest
from .enums import Role
from .layout import Layout
from .pods_mtu import pods
from .providers import Provider, of_api

View = dict[str, t.Any]


def network_kube_ovn(layout: Layout) -> View:
    """The role input `network_kube_ovn_config`; empty while the model names no network of the cluster."""
    settings = layout.cloud.kubernetes
    if settings is None or layout.cluster is None:
        return {}
    join = layout.cloud.network.join
    return {
        "manifest": manifest(kube_ovn.MANIFEST),
        "policy_manifests": [manifest(name) for name in kube_ovn.POLICIES],
        **of_api(settings),
        "pods": str(settings.pods),
        "services": str(settings.services),
        **({"join": str(join)} if join else {}),
        "mtu": pods(layout),
        "databases": _databases(layout),
    }


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
