# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a whole cloud: errors that involve more than one value."""

from __future__ import annotations

from .check_addresses import check_addresses
from .check_cabling import check_cabling
from .check_carriage import check_carriage
from .check_cluster import check_cluster
from .check_machines import check_machines
from .check_networks import check_networks
from .checks import Report
from .problems import Problem
from .types import Cloud


def validate(cloud: Cloud, unread: frozenset[str] = frozenset()) -> list[Problem]:
    """All errors of a cloud. The time is linear in the number of machines.

    `unread`: paths of values that could not be read; errors that follow only from them are not reported.
    """
    report = Report(cloud, unread)
    for check in (check_networks, check_machines, check_cabling, check_carriage, check_addresses, check_cluster):
        check(report)
    return list(dict.fromkeys(report.problems))
