# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a whole cloud: errors that involve more than one value."""

from __future__ import annotations

from .check_addresses import check_addresses
from .check_attachments import check_attachments
from .check_bfd import check_bfd
from .check_bgp import check_bgp
from .check_cabling import check_cabling
from .check_carriage import check_carriage
from .check_cluster import check_cluster
from .check_custom import check_custom
from .check_deployment import check_deployment
from .check_kubelet import check_kubelet
from .check_layers import check_layers
from .check_links import check_links
from .check_load_balancer import check_load_balancer
from .check_machines import check_machines
from .check_mtu import check_mtu
from .check_networks import check_networks
from .check_port_profiles import check_port_profiles
from .check_preflight import check_preflight
from .check_promises import check_promises
from .check_racks import check_racks
from .check_routed import check_routed
from .check_routes import check_routes
from .check_storage import check_storage
from .check_subnets import check_subnets
from .check_switch_bgp import check_switch_bgp
from .check_unread import check_unread
from .check_virtualization import check_virtualization
from .checks import Report
from .problems import Problem
from .sources import Origins
from .types import Cloud

CHECKS = (
    check_networks,
    check_racks,
    check_routes,
    check_machines,
    check_deployment,
    check_cabling,
    check_port_profiles,
    check_links,
    check_routed,
    check_carriage,
    check_mtu,
    check_addresses,
    check_cluster,
    check_bgp,
    check_load_balancer,
    check_bfd,
    check_switch_bgp,
    check_subnets,
    check_attachments,
    check_custom,
    check_storage,
    check_virtualization,
    check_promises,
    check_preflight,
    check_kubelet,
    check_unread,
    check_layers,
)


def validate(cloud: Cloud, unread: frozenset[str] = frozenset(), origins: Origins | None = None) -> list[Problem]:
    """All errors of a cloud. The time is linear in the number of machines.

    `unread`: paths of values that could not be read; errors that follow only from them are not reported.
    `origins` tells which values are defaults.
    """
    report = Report(cloud, unread, origins)
    for check in CHECKS:
        check(report)
    return list(dict.fromkeys(report.problems))
