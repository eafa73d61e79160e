# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the model has to know of a provider of a layer in order to bring it about."""

from __future__ import annotations

import dataclasses
import typing as t

from .enums import Timings
from .hardware import Machine
from .kubernetes import Kubernetes
from .layout import Layout
from .types import Cloud

View = dict[str, t.Any]
Needs = t.Callable[[t.Mapping[str, t.Any]], tuple[str, ...]]


def nothing(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The needs of a layer that takes nothing from the bundle."""
    return ()


def of_api(settings: Kubernetes) -> View:
    """What the input of each layer of objects has of the cluster."""
    return {"api": settings.api, **timings(settings)}


def timings(settings: Kubernetes) -> View:
    """What the input of a layer has of slow machines; nothing where they are as usual."""
    return {"timings": str(settings.timings)} if settings.timings is Timings.SLOW else {}


@dataclasses.dataclass(frozen=True)
class Provider:
    """A provider of a layer.

    :ivar role: its role, without the collection's name; the role's input is the variable ROLE_config.
    :ivar of_machine: the input where the provider works on machines, from the layout and a machine.
    :ivar of_cluster: the input where it works on the Kubernetes API, from the layout.
    :ivar of_hosted: the input on the host of a hosted control plane, where pods are reached by routes of that host.
        Without one, the host has no routes to pods, and its API server reaches them through konnectivity.
    :ivar api: the layer of the cluster is objects of the Kubernetes API.
    :ivar needs: artefacts of the bundle, from that input.
    :ivar kernel_modules: modules that its nodes need; host_base loads them.
    :ivar sysctls: kernel parameters that its nodes need; host_base sets them.
    :ivar vxlan: the interface of its VXLAN on each node; host_base works around a fault of kernels there.
    :ivar vxlan_six: that of IPv6, where pods have both IP versions and each version has a tunnel of its own.
    :ivar when: whether there is a layer of it; always without one.
    :ivar secrets: the variable with the role's secrets, which are no part of its input, and their values.
    :ivar follows: layers whose change on any machine means that this one has to run on all of them.
    """

    role: str
    of_machine: t.Callable[[Layout, Machine], View] | None = None
    of_cluster: t.Callable[[Layout], View] | None = None
    of_hosted: t.Callable[[Layout], View] | None = None
    api: bool = False
    needs: Needs = nothing
    kernel_modules: tuple[str, ...] = ()
    sysctls: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    vxlan: str = ""
    vxlan_six: str = ""
    follows: tuple[str, ...] = ()
    secrets: tuple[str, t.Callable[[Layout], View]] | None = None
    when: t.Callable[[Cloud], bool] | None = None
