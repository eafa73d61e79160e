# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model says that the network of its users promises, and whether the chosen provider makes a promise."""

from __future__ import annotations

from ..promises import catalog
from ..promises.catalog import Declared
from ..promises.promise import Promise
from .enums import NetworkProvider
from .tunnels import encapsulation
from .types import Cloud

NETWORK = "network"


def declared(cloud: Cloud) -> Declared:
    """Layer -> its promises, for a provider that users bring; empty where the model says nothing."""
    settings = cloud.network
    if settings.provider is not NetworkProvider.CUSTOM or not settings.custom.promises:
        return {}
    return {NETWORK: tuple(settings.custom.promises)}


def is_known(cloud: Cloud) -> bool:
    """Whether it is known what the provider promises."""
    return str(cloud.network.provider) in catalog.PROVIDERS[NETWORK] or bool(declared(cloud))


def keeps(cloud: Cloud, promise: Promise) -> bool:
    """Whether the provider makes the promise with the chosen encapsulation."""
    return catalog.keeps(NETWORK, str(cloud.network.provider), promise, encapsulation(cloud), declared(cloud))
