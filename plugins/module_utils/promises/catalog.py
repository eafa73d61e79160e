# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which provider promises what. A provider is added by its table, in a file of its own, and one line here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from . import calico, cilium, flannel, kube_ovn, metallb, multus, network_basic, network_policies, rook_ceph
from .promise import WORDS, Table, Word
from .tunnel import Encapsulation, Tunnel

#: layer -> words of what its provider promises, as a model says it of a provider that users bring
Declared = Mapping[str, Collection[str]]
#: layer -> provider, as the model calls it -> what it promises
PROVIDERS: dict[str, dict[str, Table]] = {
    "network": {
        "basic": network_basic.PROMISES,
        "flannel": flannel.PROMISES,
        "kube_ovn": kube_ovn.PROMISES,
        "calico": calico.PROMISES,
        "cilium": cilium.PROMISES,
    },
    "policies": {"kube_network_policies": network_policies.PROMISES},
    "load_balancer": {"metallb": metallb.PROMISES},
    "attachments": {"multus": multus.PROMISES},
    "storage": {"rook_ceph": rook_ceph.PROMISES},
}
#: Layers that keep promises of another layer, whose provider does not.
ADDED_TO = {"policies": "network", "load_balancer": "network", "attachments": "network"}
#: network provider -> the ways in which it can carry packets between nodes, the usual one first
TUNNELS: dict[str, dict[Encapsulation, Tunnel]] = {
    name: {tunnel.encapsulation: tunnel for tunnel in tunnels}
    for name, tunnels in {
        "basic": network_basic.TUNNELS,
        "flannel": flannel.TUNNELS,
        "kube_ovn": kube_ovn.TUNNELS,
        "calico": calico.TUNNELS,
        "cilium": cilium.TUNNELS,
    }.items()
}


def keeps(
    layer: str,
    provider: str,
    promise: Word,
    encapsulation: Encapsulation | None = None,
    declared: Declared = MappingProxyType({}),
) -> bool:
    """Whether the provider makes the promise, with the given encapsulation or with any one.

    A provider that is not in the table makes those that are declared for its layer.
    """
    if provider not in PROVIDERS.get(layer, {}):
        return promise in declared.get(layer, ())
    kept = PROVIDERS.get(layer, {}).get(provider, {}).get(promise)
    return kept is not None and (encapsulation is None or not kept.only or encapsulation in kept.only)


def promised(layers: Mapping[str, str | None], promise: Word, declared: Declared = MappingProxyType({})) -> bool:
    """Whether a provider among the chosen ones makes the promise, or it is declared.

    :param layers: layer -> its provider.
    """
    return any(promise in words for words in declared.values()) or any(
        provider is not None and keeps(layer, provider, promise) for layer, provider in layers.items()
    )


def others(layer: str, provider: str, promise: Word) -> list[str]:
    """Providers of the layer, other than the chosen one, that make the promise."""
    return [name for name, table in sorted(PROVIDERS.get(layer, {}).items()) if name != provider and promise in table]


def not_promised(
    layers: Mapping[str, str | None], declared: Declared = MappingProxyType({})
) -> Iterator[tuple[str, Word, str]]:
    """(layer, promise, reason) for every promise that the chosen provider of a layer does not make.

    :param layers: layer -> its provider. Of a provider without a table, of which nothing is declared, nothing is known.
    """
    for layer, provider in layers.items():
        known = provider in PROVIDERS.get(layer, {}) or declared.get(layer)
        if provider is None or not known or layer in ADDED_TO:
            continue
        for promise in WORDS[layer]:
            if not promised(layers, promise, declared):
                yield (
                    layer,
                    promise,
                    f"the {layer} provider {provider} does not promise it; {way(layer, provider, promise)}",
                )


def way(layer: str, provider: str, promise: Word) -> str:
    """Who makes a promise that the provider does not make, as text."""
    found = [_named(layer, name, promise) for name in others(layer, provider, promise)]
    if not found:
        tables = {name: PROVIDERS.get(name, {}).values() for name, to in ADDED_TO.items() if to == layer}
        added = [name for name, kept in tables.items() if any(promise in table for table in kept)]
        return f"the layer {added[0]} does, beside each provider" if added else "no provider of this release does"
    return f"{found[0]} does" if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]} do"


def _named(layer: str, provider: str, promise: Word) -> str:
    """A provider that makes a promise, with the encapsulation with which alone it does."""
    condition = PROVIDERS[layer][provider][promise].condition
    return f"{provider} ({condition})" if condition else provider
