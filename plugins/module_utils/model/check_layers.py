# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last check: what a layer would refuse on a machine is an error of the model, by the layer's own rule.

The other checks name the key of the model; here the layer's message names the setting in the role's input. Machines
that differ only in names and addresses are tried once.
"""

from __future__ import annotations

import typing as t

from ..cluster import cdi, kubevirt_input, load_balancer_objects, multus_objects, rook_ceph_input, vm_images_input
from ..cluster import network_cilium as cilium_layer
from ..errors import CloudError
from ..fabric.config import SwitchConfig
from ..kube import settings as kube
from ..layers import host_base
from ..links import spec as links
from ..specs.check import filled
from ..specs.network_cilium import CONFIG as CILIUM
from . import kubevirt, load_balancer, multus, rook_ceph, vm_images
from .check_load_balancer import ROOT
from .check_storage import ROOT as STORAGE
from .checks import Report
from .cluster_view import ClusterView
from .enums import NetworkProvider
from .hardware import Machine
from .host_view import host_network
from .layout import is_network_configured
from .network_cilium import network_cilium
from .switch_view import switch_views, without_secrets

View = dict[str, t.Any]
Parse = t.Callable[[View], object]


def check_layers(report: Report) -> None:
    """Try the inputs that are derived from a model without other errors."""
    if report.problems or report.unread:
        return
    view = ClusterView(report.layout)
    seen: set[tuple[str, object]] = set()
    for machine in report.cloud.machines.values():
        host = machine.host
        own = (host.packages, host.kernel_modules, host.kernel_arguments, tuple(host.sysctls.items()), machine.roles)
        if _is_new(seen, "host_base", own):
            # The registry's CA is known when the layer runs; here it is still a template.
            _try(report, _at(machine), "host_base", host_base.render, view.host_base(machine) | {"registry_ca": None})
        nics = (tuple(machine.nics), tuple(machine.interfaces.items()))
        links_of = (
            machine.networks,
            machine.network_backend,
            machine.bond,
            tuple(machine.links.values()),
            nics,
            "." in machine.name,
        )
        if is_network_configured(machine) and _is_new(seen, "host_network", links_of):
            _try(report, _at(machine), "host_network", links.parse, host_network(report.layout, machine, {}))
        if report.layout.cluster and _is_new(seen, "kubernetes", (machine.roles, links_of)):
            _try(report, _at(machine), "kubernetes", kube.parse, view.kubernetes(machine))
    for name, inputs in switch_views(report.layout).items():
        _try(report, f"switches.{name}", "switch", SwitchConfig.from_vars, without_secrets(inputs))
    if report.cloud.network.provider is NetworkProvider.CILIUM and report.layout.cluster:
        _try(report, "network", "network", cilium_layer.check, filled(CILIUM, network_cilium(report.layout)))
    if load_balancer.layered(report.cloud.network):
        _try(report, ROOT, load_balancer.LAYER, load_balancer_objects.definitions, load_balancer.view(report.layout))
    if multus.is_layer(report.cloud):
        _try(report, multus.ROOT, multus.LAYER, multus_objects.definitions, multus.view(report.layout))
    if rook_ceph.wanted(report.cloud):
        _try(report, STORAGE, rook_ceph.LAYER, rook_ceph_input.check, rook_ceph.view(report.layout))
    if kubevirt.wanted(report.cloud):
        _try(report, kubevirt.ROOT, kubevirt.LAYER, kubevirt_input.check, kubevirt.view(report.layout))
        _try(report, kubevirt.ROOT, kubevirt.IMAGES, cdi.check, kubevirt.images_view(report.layout))
        _try(report, kubevirt.ROOT, vm_images.LAYER, vm_images_input.check, vm_images.view(report.layout))


def _at(machine: Machine) -> str:
    return f"machines.{machine.name}"


def _is_new(seen: set[tuple[str, object]], layer: str, shape: object) -> bool:
    """Whether no machine with the same shape was tried before."""
    if (layer, shape) in seen:
        return False
    seen.add((layer, shape))
    return True


def _try(report: Report, path: str, layer: str, parse: Parse, params: View) -> None:
    try:
        parse(params)
    except CloudError as error:
        reason = "; ".join(str(error).splitlines())
        report.add(path, None, f"is refused by the layer {layer}: {reason}", "correct that value")
