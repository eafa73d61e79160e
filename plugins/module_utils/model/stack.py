# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers as data: which layers an inventory host has, by which role, with which input and what they need of the bundle.

Probe, `site.yml`, the bundle's check and the report follow what stands here; a provider's name stands in a file of its
own and in the table that chooses it.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ..cluster import cdi, snapshot_controller, vm_images
from ..cluster import kubevirt as virtual_machines
from ..cluster import network_policies as policies
from ..cluster import rook_ceph as ceph
from ..layers import container_runtime, kubernetes
from ..layers.selection import BELOW
from . import konnectivity, kubevirt, leftovers, load_balancer, multus, network_policies, rook_ceph, vm_ha
from . import vm_images as golden_images
from .cluster_view import ClusterView
from .hardware import Machine
from .host_view import host_network
from .layout import Layout, is_network_configured
from .networks import chosen
from .prove_view import Neighbours
from .providers import Needs, nothing

View = dict[str, t.Any]
COLLECTION = "groundup.cloud"
HOST_NETWORK = "host_network"


@dataclasses.dataclass(frozen=True)
class Layer:
    """One layer of an inventory host.

    :ivar name: what it is to the cloud, the same for all its providers: ``network``.
    :ivar role: the role that brings it about, without the collection's name: ``network_basic``.
    :ivar view: the role's input; a layer of machines is given the machine, one of a cluster nothing.
    :ivar needs: names of artefacts that the bundle must hold for such an input (see `bundle_info`).
    :ivar follows: layers whose change on any machine means that this one has to run on all of them.
    :ivar provider: as the model chooses it, or None where there is only one.
    :ivar in_turn: control planes that serve together are changed one after another, each while the others are healthy.
        One worker that is a ready node is changed before the others.
    :ivar probed: of a layer of the cluster: whether its role has the entry point `probe`, which compares it.
    :ivar api: of a layer of the cluster: it is objects of the Kubernetes API, which `cluster_probe` compares.
    :ivar secrets: the variable with the role's secrets, which are no part of its input, and their values.
    :ivar absent: the model derives that there is nothing of it, so that what a former model had is removed.
    """

    name: str
    role: str
    view: t.Callable[..., View]
    needs: Needs = nothing
    follows: tuple[str, ...] = ()
    provider: str | None = None
    in_turn: bool = False
    probed: bool = False
    api: bool = False
    secrets: tuple[str, t.Callable[[], View]] | None = None
    absent: bool = False

    @property
    def input(self) -> str:
        """The variable that holds the role's input."""
        return f"{self.role}_config"

    def as_variable(self) -> View:
        """An entry of the variable `groundup_layers`."""
        return {
            "name": self.name,
            "role": f"{COLLECTION}.{self.role}",
            "input": self.input,
            "follows": list(self.follows),
            **({"in_turn": True} if self.in_turn else {}),
            **({"probed": True} if self.probed else {}),
            **({"api": True} if self.api else {}),
            **({"secrets": self.secrets[0]} if self.secrets else {}),
        }


class Stack:
    """The layers of a cloud, from the cable upwards."""

    def __init__(self, layout: Layout, neighbours: Neighbours) -> None:
        self.layout = layout
        self.view = view = ClusterView(layout)
        self.machines: list[Layer] = [
            Layer(
                HOST_NETWORK,
                "host_network",
                lambda m: host_network(layout, m, neighbours.all_addresses(m.name)),
                in_turn=True,
            ),
            Layer("host_base", "host_base", view.host_base, in_turn=True),
        ]
        self.clusters: list[Layer] = []
        if layout.cloud.kubernetes:
            self.machines += [
                Layer(
                    "container_runtime",
                    "container_runtime",
                    lambda _machine: view.container_runtime(),
                    container_runtime.needs,
                    in_turn=True,
                ),
                Layer("kubernetes", "kubernetes", view.kubernetes, kubernetes.needs),
            ]
            if layout.hosted:
                self.clusters.append(
                    Layer(
                        "control_plane",
                        "hosted_control_plane",
                        view.hosted_control_plane,
                        konnectivity.server_needs,
                        provider="hosted",
                        probed=True,
                    )
                )
                self.clusters.append(self._konnectivity())
            if layout.existing:
                return  # what is above the nodes is of those who run the cluster
            self._network()
            if network_policies.wanted(layout.cloud.network):
                self.clusters.append(
                    Layer(
                        "policies",
                        policies.ROLE,
                        functools.partial(network_policies.view, layout),
                        network_policies.needs,
                        follows=("kubernetes",),
                        provider=network_policies.PROVIDER,
                        api=True,
                    )
                )
            if multus.is_layer(layout.cloud):
                self.clusters.append(self._attachments())
            if load_balancer.layered(layout.cloud.network):
                self.clusters.append(self._load_balancer())
            self._storage()
            self._virtual_machines()

    def _konnectivity(self) -> Layer:
        """The way to pods. It comes before the network, whose provider may have webhooks of its own."""
        there, bound = konnectivity.wanted(self.layout), functools.partial(konnectivity.view, self.layout)
        needs, follows = (konnectivity.needs, ("kubernetes",)) if there else (nothing, ())
        layer = Layer(konnectivity.LAYER, konnectivity.ROLE, bound, needs, follows, api=True)
        return dataclasses.replace(layer, absent=not there)

    def _network(self) -> None:
        name, provider = str(self.layout.cloud.network.provider), chosen(self.layout.cloud)
        if provider is None or self.layout.cluster is None:
            return
        if provider.api:
            bound = functools.partial(leftovers.view, self.layout)
            self.machines.append(Layer("network", leftovers.ROLE, bound, provider=name))
        for place, view in ((self.machines, provider.of_machine), (self.clusters, provider.of_cluster)):
            if view:
                bound = functools.partial(view, self.layout)
                layer = Layer("network", provider.role, bound, provider.needs, provider.follows, name)
                of_api = provider.api and place is self.clusters
                name_of, values = provider.secrets or ("", None)
                secrets = (name_of, functools.partial(values, self.layout)) if values and of_api else None
                place.append(dataclasses.replace(layer, api=of_api, secrets=secrets))
        if provider.of_hosted and self.layout.hosted:
            follows = (*provider.follows, "control_plane", "network")
            bound = functools.partial(provider.of_hosted, self.layout)
            self.clusters.append(Layer("network", provider.role, bound, follows=follows, provider=name))

    def _storage(self) -> None:
        """Volumes, and before them the kinds of their snapshots."""
        storage = self.layout.cloud.storage
        if not rook_ceph.wanted(self.layout.cloud):
            return
        provider, follows = str(storage.provider), ("kubernetes",)
        if storage.snapshots:
            bound = functools.partial(rook_ceph.snapshots_view, self.layout)
            needs = rook_ceph.snapshots_need
            self.clusters.append(
                Layer(rook_ceph.SNAPSHOTS, snapshot_controller.ROLE, bound, needs, follows=follows, api=True)
            )
        bound = functools.partial(rook_ceph.view, self.layout)
        layer = Layer(rook_ceph.LAYER, ceph.ROLE, bound, rook_ceph.needs, follows=follows, provider=provider, api=True)
        secrets = (rook_ceph.SECRETS, functools.partial(rook_ceph.secrets, self.layout))
        has_secrets = bool(rook_ceph.secrets(self.layout))
        self.clusters.append(dataclasses.replace(layer, secrets=secrets if has_secrets else None))

    def _virtual_machines(self) -> None:
        """Virtual machines, before them what makes volumes of disk images, and images to make them of."""
        if not kubevirt.wanted(self.layout.cloud):
            return
        for name, role, view, needs in (
            (kubevirt.IMAGES, cdi.ROLE, kubevirt.images_view, kubevirt.images_need),
            (kubevirt.LAYER, virtual_machines.ROLE, kubevirt.view, kubevirt.needs),
            (golden_images.LAYER, vm_images.ROLE, golden_images.view, nothing),
        ):
            bound = functools.partial(view, self.layout)
            self.clusters.append(Layer(name, role, bound, needs, follows=("kubernetes",), api=True))
        if vm_ha.possible(self.layout.cloud):
            bound, absent = functools.partial(vm_ha.view, self.layout), not vm_ha.wanted(self.layout.cloud)
            # The copy of the kubeconfig is made again with the control plane's certificates.
            follows = () if absent else ("control_plane", "kubernetes")
            layer = Layer(vm_ha.LAYER, vm_ha.ROLE, bound, follows=follows, probed=True)
            self.clusters.append(dataclasses.replace(layer, absent=absent))

    @staticmethod
    def below() -> dict[str, list[View]]:
        """The variable `groundup_below` by group: the layer below the operating system that its hosts have."""
        layers = {group: Layer(name, name, lambda _host: {}) for name, group in BELOW.items()}
        return {group: [layer.as_variable()] for group, layer in layers.items()}

    def _attachments(self) -> Layer:
        return Layer(
            multus.LAYER,
            multus.ROLE,
            functools.partial(multus.view, self.layout),
            multus.needs,
            follows=("kubernetes",),
            provider=multus.PROVIDER,
            api=True,
        )

    def _load_balancer(self) -> Layer:
        return Layer(
            load_balancer.LAYER,
            load_balancer.ROLE,
            functools.partial(load_balancer.view, self.layout),
            load_balancer.needs,
            follows=("kubernetes",),
            provider=load_balancer.provider(self.layout.cloud.network),
            api=True,
            secrets=(load_balancer.PASSWORDS, functools.partial(load_balancer.passwords, self.layout)),
        )

    def of(self, machine: Machine) -> list[Layer]:
        """The layers of one machine: without the host network, where the model does not have its network cards."""
        left_out = () if is_network_configured(machine) else (HOST_NETWORK,)
        return [layer for layer in self.machines if layer.name not in left_out]

    @property
    def providers(self) -> dict[str, str | None]:
        """Every layer's provider, in order."""
        return {layer.name: layer.provider for layer in (*self.machines, *self.clusters) if not layer.absent}

    def needs(self) -> dict[str, list[str]]:
        """What the bundle must hold, by layer; a layer that needs nothing is left out."""
        machine = next(iter(self.layout.cloud.machines.values()), None)
        found = {layer.name: layer.needs(layer.view(machine)) for layer in self.of(machine)} if machine else {}
        for layer in self.clusters:
            found[layer.name] = (*found.get(layer.name, ()), *layer.needs(layer.view()))
        return {name: list(needs) for name, needs in found.items() if needs}
