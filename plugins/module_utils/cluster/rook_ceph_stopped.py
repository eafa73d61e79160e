# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Ceph that was stopped in order, which no run of the role may start out of order."""

from __future__ import annotations

from ..objects.live import get
from ..objects.transport import Transport
from .rook_ceph_input import DEPLOYMENTS, OPERATOR, ROLE
from .upstream import ClusterLayerError

#: Annotations of Deployments: the replicas before the stop, and of the operator's, that the flag noout was set.
REPLICAS, NOOUT = "groundup.cloud/replicas", "groundup.cloud/noout"


def refuse(transport: Transport) -> None:
    """Refuse to bring, compare or remove a Ceph that is stopped.

    :raises ClusterLayerError: with the remedy.
    """
    marks = ((get(transport, f"{DEPLOYMENTS}/{OPERATOR}") or {}).get("metadata") or {}).get("annotations") or {}
    if REPLICAS in marks:
        raise ClusterLayerError(
            f"{ROLE}: nothing was changed, since all of Ceph was stopped; start it in order with the playbook "
            "storage_power and -e storage_power=on"
        )
