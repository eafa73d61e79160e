# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that the packets of pods fit into the cluster's network, and that enough of it is left for IPv6.

Whether links, bonds and switches carry the networks is the business of check_carriage.
"""

from __future__ import annotations

from ..network.mtu import IPV6_LEAST, IPV6_SOURCE, describe
from . import pods_mtu
from .checks import Report
from .tunnels import tunnel


def check_mtu(report: Report) -> None:
    """Report a cluster network that is too small for its tunnel, or pods' packets that are too large for it."""
    network, way = report.layout.cluster, tunnel(report.cloud)
    fits, wanted = pods_mtu.fitting(report.layout), report.cloud.network.mtu
    if report.cloud.kubernetes is None or network is None or way is None or fits is None:
        return
    taken = describe(way, pods_mtu.outer(report.layout, network))
    if fits < IPV6_LEAST:
        report.add(
            f"networks.{network.name}.mtu",
            network.mtu,
            f"leaves {fits} bytes for pods ({taken}), and IPv6 needs {IPV6_LEAST} ({IPV6_SOURCE})",
            f"give at least {IPV6_LEAST + network.mtu - fits}",
        )
    elif wanted is not None and wanted > fits:
        report.add(
            "network.mtu",
            wanted,
            f"is above the {fits} bytes that fit into the {network.mtu} of networks.{network.name}.mtu ({taken})",
            f"give at most {fits}, or raise networks.{network.name}.mtu to {wanted + network.mtu - fits}",
        )
