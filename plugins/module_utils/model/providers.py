# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the model has to know of a provider of a layer in order to bring it about."""

from __future__ import annotations

import dataclasses
import typing as t

from .hardware import Machine
from .layout import Layout

View = dict[str, t.Any]
Needs = t.Callable[[t.Mapping[str, t.Any]], tuple[str, ...]]


def nothing(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The needs of a layer that takes nothing from the bundle."""
    return ()


@dataclasses.dataclass(frozen=True)
class Provider:
    """A provider of a layer.

    :ivar role: its role, without the collection's name; the role's input is the variable ROLE_config.
    :ivar of_machine: the input where the provider works on machines, from the layout and a machine.
    :ivar of_cluster: the input where it works on the Kubernetes API, from the layout.
    :ivar of_hosted: the input on the host of a hosted control plane, where pods are reached by routes of that host.
    :ivar api: the layer of the cluster is objects of the Kubernetes API.
    :ivar needs: artefacts of the bundle, from that input.
    :ivar kernel_modules: modules that its nodes need; host_base loads them.
    :ivar follows: layers whose change on any machine means that this one has to run on all of them.
    """

    role: str
    of_machine: t.Callable[[Layout, Machine], View] | None = None
    of_cluster: t.Callable[[Layout], View] | None = None
    of_hosted: t.Callable[[Layout], View] | None = None
    api: bool = False
    needs: Needs = nothing
    kernel_modules: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
