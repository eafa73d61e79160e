# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network providers that this release can install, each described in a file of its own."""

from __future__ import annotations

from ..cluster import multus
from ..cluster import network_policies as policies
from ..promises.tunnel import Encapsulation
from . import (
    network_basic,
    network_calico,
    network_cilium,
    network_custom,
    network_flannel,
    network_kube_ovn,
    network_policies,
)
from .enums import NetworkProvider
from .hardware import Machine
from .layout import BUILT_KERNEL, Layout, is_built
from .providers import Provider
from .tunnels import encapsulation
from .types import Cloud

#: What the model calls a provider -> how it is brought about. Whoever is not here is brought by the user.
PROVIDERS: dict[NetworkProvider, Provider] = {
    NetworkProvider.BASIC: network_basic.PROVIDER,
    NetworkProvider.FLANNEL: network_flannel.PROVIDER,
    NetworkProvider.KUBE_OVN: network_kube_ovn.PROVIDER,
    NetworkProvider.CALICO: network_calico.PROVIDER,
    NetworkProvider.CILIUM: network_cilium.PROVIDER,
    NetworkProvider.CUSTOM: network_custom.PROVIDER,
}

#: Nodes pass on packets of pods of IPv6; those of IPv4 they do in any case.
FORWARDING = {"net.ipv6.conf.all.forwarding": "1"}
#: The first kernel on which VXLAN over a bond can be slow, see `layers.offload`.
CHECKSUM_FAULT = (6, 12)


def chosen(cloud: Cloud) -> Provider | None:
    """The provider that the model chooses and that this release brings about; None where people install it."""
    provider = PROVIDERS.get(cloud.network.provider)
    return None if provider is None or (provider.when and not provider.when(cloud)) else provider


def kernel_modules(cloud: Cloud) -> tuple[str, ...]:
    """Modules that machines need for the network that the model chooses."""
    provider = PROVIDERS.get(cloud.network.provider)
    own = (*(provider.kernel_modules if provider else ()), *cloud.network.custom.kernel_modules)
    own = (*own, *(multus.KERNEL_MODULES if cloud.network.attachments else ()))
    return (*own, *(policies.KERNEL_MODULES if network_policies.wanted(cloud.network) else ()))


def sysctls(cloud: Cloud) -> dict[str, str]:
    """Kernel parameters that machines need for the network that the model chooses."""
    provider = PROVIDERS.get(cloud.network.provider)
    if cloud.kubernetes is None:
        return {}
    return {**(provider.sysctls if provider else {}), **(FORWARDING if cloud.kubernetes.dual else {})}


def checksums_by_kernel(layout: Layout, machine: Machine) -> tuple[str, ...]:
    """Interfaces of VXLAN over a bond, whose checksums must not be offloaded on the kernel of the machine."""
    cloud = layout.cloud
    provider = PROVIDERS.get(cloud.network.provider)
    concerned = encapsulation(cloud) is Encapsulation.VXLAN and BUILT_KERNEL >= CHECKSUM_FAULT
    link = layout.wiring.carrying(machine, layout.cluster) if layout.cluster else None
    known = cloud.kubernetes is not None and is_built(cloud, machine) and link is not None and link.bond is not None
    if provider is None or not provider.vxlan or not concerned or not known:
        return ()
    six = (provider.vxlan_six,) if provider.vxlan_six and cloud.kubernetes and cloud.kubernetes.dual else ()
    return (provider.vxlan, *six)
