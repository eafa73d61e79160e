# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network provider `basic` promises: reference CNI plugins on a bridge per node, and routes between nodes."""

from __future__ import annotations

from .promise import Kept, Promise, Table

_ROLE = "roles/network_basic: a bridge on each node, a route to the pods of each other node"
PROMISES: Table = {
    Promise.POD_TO_POD: Kept("0.1.0", _ROLE),
    Promise.SERVICES: Kept("0.1.0", "kube-proxy, as kubeadm installs it; a pod reaches itself by hairpin mode"),
    Promise.HOST_PORTS: Kept("0.1.0", "the CNI plugin portmap (cni.dev/plugins/current/meta/portmap)"),
}
