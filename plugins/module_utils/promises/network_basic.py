# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network provider `basic` promises: reference CNI plugins on a bridge per node, and routes between nodes."""

from __future__ import annotations

from .promise import Kept, Promise, Table
from .tunnel import Encapsulation, Tunnel

_ROLE = "roles/network_basic: a bridge on each node, a route to the pods of each other node"
_SINCE = "groundup.cloud 0.1.0"
PROMISES: Table = {
    Promise.POD_TO_POD: Kept(_SINCE, _ROLE),
    Promise.SERVICES: Kept(_SINCE, "kube-proxy, as kubeadm installs it; a pod reaches itself by hairpin mode"),
    Promise.HOST_PORTS: Kept(_SINCE, "the CNI plugin portmap (cni.dev/plugins/current/meta/portmap)"),
    Promise.IPV6: Kept("groundup.cloud 0.2.0", f"{_ROLE}; beside IPv4"),
}
TUNNELS = (Tunnel(Encapsulation.NONE, source=_ROLE),)
