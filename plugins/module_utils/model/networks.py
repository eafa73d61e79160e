# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network providers that this release can install, each described in a file of its own."""

from __future__ import annotations

from ..cluster import network_policies as policies
from . import network_basic, network_flannel, network_policies
from .enums import NetworkProvider
from .providers import Provider
from .types import Cloud

#: What the model calls a provider -> how it is brought about. Whoever is not here is brought by the user.
PROVIDERS: dict[NetworkProvider, Provider] = {
    NetworkProvider.BASIC: network_basic.PROVIDER,
    NetworkProvider.FLANNEL: network_flannel.PROVIDER,
}


def kernel_modules(cloud: Cloud) -> tuple[str, ...]:
    """Modules that machines need for the network that the model chooses."""
    provider = PROVIDERS.get(cloud.network.provider)
    own = provider.kernel_modules if provider else ()
    return (*own, *(policies.KERNEL_MODULES if network_policies.wanted(cloud.network) else ()))
