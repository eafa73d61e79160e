# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the load balancer `metallb` promises: MetalLB without FRR."""

from __future__ import annotations

from .promise import Kept, Promise, Table

PROMISES: Table = {
    Promise.LOAD_BALANCER: Kept("MetalLB 0.16.1", "MetalLB's documentation, concepts: announced on layer 2 or by BGP"),
}
