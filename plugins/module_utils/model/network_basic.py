# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network provider `basic`: the input of the role `network_basic`."""

from __future__ import annotations

import typing as t

from .hardware import Machine
from .layout import Layout
from .leftovers import CONSENT
from .pods_mtu import pods
from .providers import Provider

View = dict[str, t.Any]


def network_basic(layout: Layout, machine: Machine) -> View:
    """The role input `network_basic_config` of a machine; empty while the model names no network of the cluster."""
    settings, network = layout.cloud.kubernetes, layout.cluster
    if settings is None or network is None:
        return {}
    return {
        "pods": settings.text_of("pods"),
        "interface": layout.wiring.interface(machine, network),
        "mtu": pods(layout),
        "remove_leftovers": CONSENT,
    }


def of_hosted(layout: Layout) -> View:
    """The role input `network_basic_config` of the host of a hosted control plane."""
    return {"pods": layout.cloud.kubernetes.text_of("pods")} if layout.cloud.kubernetes else {}


def needs(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The reference CNI plugins, with which pods are attached to the bridge of their node."""
    return ("cni-plugins",)


#: The routes of every node lead to every other one, so all of them follow whoever joins.
PROVIDER = Provider(
    role="network_basic", of_machine=network_basic, of_hosted=of_hosted, needs=needs, follows=("kubernetes",)
)
