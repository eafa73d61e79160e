# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last check: what a layer would refuse on a machine is an error of the model, by the layer's own rule.

The other checks name the key of the model; here the layer's message names the setting in the role's input. Machines
that differ only in names and addresses are tried once.
"""

from __future__ import annotations

import typing as t

from ..errors import CloudError
from ..kube import settings as kube
from ..layers import host_base
from ..links import spec as links
from .checks import Report
from .cluster_view import ClusterView
from .hardware import Machine
from .host_view import host_network
from .layout import is_network_configured

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
        own = (host.packages, host.kernel_modules, host.kernel_arguments, tuple(host.sysctls.items()))
        if _is_new(seen, "host_base", own):
            # The registry's CA is known when the layer runs; here it is still a template.
            _try(report, machine, "host_base", host_base.render, view.host_base(machine) | {"registry_ca": None})
        nics = (tuple(machine.nics), tuple(machine.interfaces.items()))
        links_of = (machine.networks, machine.bond, nics, "." in machine.name)
        if is_network_configured(machine) and _is_new(seen, "host_network", links_of):
            _try(report, machine, "host_network", links.parse, host_network(report.layout, machine, {}))
        if report.layout.cluster and _is_new(seen, "kubernetes", (machine.roles, links_of)):
            _try(report, machine, "kubernetes", kube.parse, view.kubernetes(machine))


def _is_new(seen: set[tuple[str, object]], layer: str, shape: object) -> bool:
    """Whether no machine with the same shape was tried before."""
    if (layer, shape) in seen:
        return False
    seen.add((layer, shape))
    return True


def _try(report: Report, machine: Machine, layer: str, parse: Parse, params: View) -> None:
    try:
        parse(params)
    except CloudError as error:
        reason = "; ".join(str(error).splitlines())
        report.add(f"machines.{machine.name}", None, f"is refused by the layer {layer}: {reason}", "correct that value")
