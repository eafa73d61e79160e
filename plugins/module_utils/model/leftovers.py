# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the role `network_leftovers`: machines whose network works on the Kubernetes API have no other one."""

from __future__ import annotations

import typing as t

from .hardware import Machine
from .layout import Layout
from .values import Expression

View = dict[str, t.Any]
ROLE = "network_leftovers"
#: The consent to remove what networks have left: a list of their names, given by -e.
CONSENT = Expression("{{ network_leftovers_remove | default([]) }}")


def view(layout: Layout, _machine: Machine) -> View:
    """The role input `network_leftovers_config` of a machine."""
    network = layout.cloud.network
    known_as = [str(name) for name in network.custom.known_as]
    return {
        "provider": str(network.provider),
        **({"known_as": known_as} if known_as else {}),
        "remove": CONSENT,
    }
