# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of management controllers: addresses, networks, and what their protocol takes."""

from __future__ import annotations

from ..bmc.arguments import LONGEST_PASSWORD, LONGEST_USER, PORTS
from .checks import Claims, Report, check_tls
from .clear_text import takes_variables
from .enums import BmcProtocol
from .hardware import Machine
from .management import Bmc, Ipmi
from .problems import choose


def check_bmc(report: Report, machine: Machine, bmc: Bmc, path: str, bmcs: Claims) -> None:
    """Check the management controller of a machine; `bmcs` are those of the machines before."""
    if bmc.address is not None:
        # One BMC may serve several machines of a chassis; `system` distinguishes them.
        key = (bmc.address, bmc.port or PORTS.get(str(bmc.protocol)), bmc.system)
        bmcs.claim(key, f"{path}.bmc.address", path, shown=bmc.address)
        _bmc_network(report, machine, bmc, f"{path}.bmc")
    if bmc.password is None:
        report.add(f"{path}.bmc.password", None, "is missing", 'give it from a vault: password: "{{ vault_bmc }}"')
    check_tls(report, bmc.tls, f"{path}.bmc.tls")
    if bmc.protocol is BmcProtocol.IPMI:
        _ipmi(report, bmc, f"{path}.bmc")
    elif bmc.ipmi != Ipmi() and not report.origin(f"{path}.bmc.ipmi"):
        message = "has no effect with protocol: redfish"
        report.add(f"{path}.bmc.ipmi", None, message, "remove it, or write protocol: ipmi")


def _ipmi(report: Report, bmc: Bmc, path: str) -> None:
    """What IPMI does not have, and longer names and passwords than it sends."""
    if bmc.tls:
        report.add(f"{path}.tls", None, "is for redfish: IPMI has no TLS", "remove it, or write protocol: redfish")
    if bmc.system is not None and not report.origin(f"{path}.system"):
        message = "is for redfish: a controller that speaks IPMI has one system"
        report.add(f"{path}.system", bmc.system, message, "remove it, or write protocol: redfish")
    for key, text, longest in (("username", bmc.username, LONGEST_USER), ("password", bmc.password, LONGEST_PASSWORD)):
        if isinstance(text, str) and not takes_variables(text) and len(text.encode()) > longest:
            message = f"has {len(text.encode())} bytes, and IPMI takes at most {longest}"
            remedy = "give the account a shorter one, or use redfish"
            report.add(f"{path}.{key}", None if key == "password" else text, message, remedy, hidden=key == "password")


def _bmc_network(report: Report, machine: Machine, bmc: Bmc, path: str) -> None:
    network = report.layout.bmc_network(machine)
    if bmc.network is not None and network is None:
        report.add(f"{path}.network", bmc.network, "is not a network", choose(bmc.network, report.cloud.networks))
    elif bmc.network is not None and network and network.vlan is None and not network.vlans:
        return  # check_networks has reported a network without a VLAN
    elif bmc.network is not None and network and network.vlans is not None:
        report.add(f"{path}.network", bmc.network, "has several VLANs", "name a network with one vlan")
    elif bmc.network is not None and network and network.subnet and not isinstance(bmc.address, str):
        if not any(bmc.address in subnet for subnet in network.subnets):
            report.add(
                f"{path}.network", bmc.network, f"does not contain {bmc.address}", "correct one of network and address"
            )
    elif bmc.switch_port and network is None and not report.is_incomplete("networks", "subnet"):
        name = isinstance(bmc.address, str)
        report.add(
            f"{path}.switch_port",
            str(bmc.switch_port),
            f"has no VLAN: {bmc.address} is {'a host name' if name else 'in no network'}",
            f"give {path}.network" if name else "add the network of the BMCs, or remove switch_port",
        )
