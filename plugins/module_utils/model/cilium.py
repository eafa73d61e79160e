# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The class of the model for what only the provider `cilium` can do."""

# ruff: noqa: RUF009  (one() returns dataclasses.field())
from __future__ import annotations

from dataclasses import dataclass

from . import enums, scalars
from .fields import one


@dataclass(frozen=True)
class Cilium:
    """Settings of Cilium. What follows from the rest of the model is not among them."""

    ipam: enums.PodAddresses = one(
        enums.PodAddresses,
        "Who gives nodes their parts of `kubernetes.pods`: Cilium's operator, or Kubernetes. For the cluster's life.",
        default=enums.PodAddresses.CLUSTER_POOL,
    )
    node_prefix: int = one(
        scalars.NODE_PREFIX,
        "Prefix length of a node's part of `kubernetes.pods`, with `cluster_pool`. For the cluster's life.",
        default=24,
    )
    encryption: enums.Encryption = one(
        enums.Encryption, "What encrypts traffic between pods of different nodes.", default=enums.Encryption.NONE
    )
