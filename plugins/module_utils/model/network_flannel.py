# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network provider `flannel`: the input of the role `network_flannel`."""

from __future__ import annotations

import typing as t

from ..cluster import network_flannel as flannel
from .bundle_facts import manifest
from .layout import Layout
from .pods_mtu import pods
from .providers import Provider, of_api

View = dict[str, t.Any]


def network_flannel(layout: Layout) -> View:
    """The role input `network_flannel_config`; empty while the model names no network of the cluster."""
    settings = layout.cloud.kubernetes
    if settings is None or layout.cluster is None:
        return {}
    return {
        "manifest": manifest(flannel.MANIFEST),
        **of_api(settings),
        "pods": settings.text_of("pods"),
        "mtu": pods(layout),
    }


def needs(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifest and its images."""
    return (f"manifest:{flannel.MANIFEST}", *flannel.IMAGES)


PROVIDER = Provider(
    role=flannel.ROLE,
    of_cluster=network_flannel,
    api=True,
    needs=needs,
    kernel_modules=flannel.KERNEL_MODULES,
    vxlan=flannel.INTERFACE,
    vxlan_six=flannel.INTERFACE_SIX,
    follows=("kubernetes",),
)
