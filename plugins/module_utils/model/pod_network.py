# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The class of the model for the network of pods and virtual machines."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

from dataclasses import dataclass

from ..promises.promise import Promise
from ..promises.tunnel import Encapsulation
from . import enums, scalars
from .fields import many, one


@dataclass(frozen=True)
class PodNetwork:
    """The network of pods and VMs."""

    provider: enums.NetworkProvider = one(
        enums.NetworkProvider,
        "Provider, chosen by what each promises. `basic` is meant for labs.",
        default=enums.NetworkProvider.BASIC,
    )
    encapsulation: Encapsulation | None = one(
        Encapsulation,
        "What packets of pods are put into between nodes; `none`: the network below has routes to pods.",
        default=None,
        shown_default="the usual one of the provider",
    )
    mtu: int | None = one(
        scalars.MTU, "MTU of pods.", default=None, unit="bytes", shown_default="the largest that fits"
    )
    require: tuple[Promise, ...] = many(
        Promise,
        "What the provider has to promise; a model whose provider does not is refused.",
        example="[policy_pods, address_kept]",
        checked_only=True,
    )
    policies: bool = one(
        scalars.BOOLEAN,
        "NetworkPolicy holds for pods, by kube-network-policies of SIG Network on every node. For `basic` and "
        "`custom`; with `flannel` it holds in any case, and the others enforce it themselves.",
        default=False,
    )
