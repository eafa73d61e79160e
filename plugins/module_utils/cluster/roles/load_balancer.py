# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role load_balancer."""

from __future__ import annotations

from .. import load_balancer, load_balancer_guard
from ..load_balancer_layer import LoadBalancerLayer

LAYER = LoadBalancerLayer(
    load_balancer.ROLE,
    load_balancer.render,
    namespaces=(load_balancer.NAMESPACE,),
    secrets=load_balancer.PASSWORDS,
    guard=load_balancer_guard.guard,
    consent=load_balancer_guard.CONSENT,
)
