# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for management controllers, and for the certificates of devices."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import enums, notations, scalars
from .fields import one
from .scalars import Address, PortRef


@dataclass(frozen=True)
class Tls:
    """How the certificate of a device is verified: give one of the two keys, or none for the system's CAs."""

    ca_file: str | None = one(scalars.PATH, "CA certificates, a PEM file on the controller.", default=None)
    fingerprint: str | None = one(notations.FINGERPRINT, "SHA-256 of the device's own certificate.", default=None)


@dataclass(frozen=True)
class Ssh:
    """How a device that is reached by ssh is known, and how one logs in."""

    host_key: str | None = one(
        notations.PUBLIC_KEY,
        "Its public host key, a line of a .pub file.",
        default=None,
        shown_default="what known_hosts of who runs the role has",
    )
    key_file: str | None = one(
        scalars.PATH,
        "Private key of the account, a file on the controller.",
        default=None,
        shown_default="the password, else the keys of the agent",
    )


@dataclass(frozen=True)
class Ipmi:
    """Settings of IPMI."""

    cipher: int = one(notations.CIPHER, "Cipher suite; 17 is the only one with SHA-256.", default=17)


@dataclass(frozen=True)
class Bmc:
    """The management controller of a machine."""

    address: Address | str = one(scalars.HOST_ADDRESS, "Address, or the host name for which its certificate is issued.")
    network: str | None = one(
        scalars.LABEL_NAME,
        "Its network; needed with `switch_port` if no subnet contains the address.",
        default=None,
        shown_default="the network whose subnet contains the address",
    )
    protocol: enums.BmcProtocol = one(
        enums.BmcProtocol, "Protocol. IPMI has no TLS.", default=enums.BmcProtocol.REDFISH
    )
    port: int | None = one(
        scalars.TCP_PORT, "TCP or UDP port.", default=None, shown_default="443 for redfish, 623 for ipmi"
    )
    username: str = one(scalars.TEXT, "Account.", default="admin")
    password: t.Any = one(scalars.SECRET, "Password of the account; take it from a vault.", default=None, secret=True)
    tls: Tls | None = one(Tls, "How the BMC's certificate is verified.", default=None)
    system: str | None = one(
        scalars.TEXT, "Redfish system, for a BMC that has several.", default=None, shown_default="the only one"
    )
    ipmi: Ipmi = one(Ipmi, "Settings of IPMI.", default=Ipmi())
    switch_port: PortRef | None = one(
        scalars.PORT_REF,
        "Switch port the BMC is cabled to; it becomes an access port of the BMC's network. A BMC that shares a NIC of "
        "its machine has that NIC's port, which then carries the VLAN of the BMC's network too; the BMC has to tag it, "
        "unless it is the provision network.",
        default=None,
    )
