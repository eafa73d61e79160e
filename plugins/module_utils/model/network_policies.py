# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies for pods of a network whose provider does not enforce them: the input of the role `network_policies`."""

from __future__ import annotations

import typing as t

from ..cluster import network_policies
from .bundle_facts import manifest
from .enums import NetworkProvider
from .layout import Layout
from .pod_network import PodNetwork
from .providers import of_api

View = dict[str, t.Any]
PROVIDER = "kube_network_policies"


def wanted(network: PodNetwork) -> bool:
    """Whether the model wants them, or chooses a provider that goes with them."""
    return network.policies or network.provider is NetworkProvider.FLANNEL


def view(layout: Layout) -> View:
    """The role input `network_policies_config`."""
    settings = layout.cloud.kubernetes
    return {"manifest": manifest(network_policies.MANIFEST), **(of_api(settings) if settings else {})}


def needs(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifest and its image."""
    return (f"manifest:{network_policies.MANIFEST}", network_policies.IMAGE)
