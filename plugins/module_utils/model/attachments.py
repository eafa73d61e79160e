# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The class of the model for further interfaces of pods."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

from dataclasses import dataclass

from . import enums, scalars
from .fields import many, one, own_name


@dataclass(frozen=True)
class Attachment:
    """A network of the machines in which pods may have an interface."""

    name: str = own_name("Name of the attachment, which pods write into their annotation.")
    network: str = one(scalars.LABEL_NAME, "The network, one of `networks`; not that over which machines boot.")
    vlan: int | None = one(scalars.VLAN, "The VLAN, where the network has `vlans`.", default=None)
    namespaces: tuple[str, ...] = many(
        scalars.LABEL_NAME,
        "Namespaces whose pods may have it. One that does not exist is made.",
        default=("default",),
        example="[desktops]",
    )
    plugin: enums.AttachmentPlugin | None = one(
        enums.AttachmentPlugin,
        "How pods are connected.",
        default=None,
        shown_default="`kube_ovn` for a VLAN of `network.subnets`, `bridge` for another one of `vlans`, else `macvlan`",
        checked_only=True,
    )
    mtu: int | None = one(
        scalars.MTU, "MTU of the pods' interface.", default=None, unit="bytes", shown_default="that of the network"
    )
    addresses: enums.AttachmentAddresses = one(
        enums.AttachmentAddresses,
        "Where addresses of the interfaces come from. With `kube_ovn`, which gives those of the subnet, leave it out.",
        default=enums.AttachmentAddresses.NONE,
    )


def bridge_name(vlan: int | None) -> str:
    """The name of the bridge that machines have for a VLAN."""
    return f"br{vlan}"
