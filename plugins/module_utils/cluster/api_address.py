# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How daemons in the network of their node reach the API: by its endpoint, where they are told it.

Clients in a cluster take the address of the service `kubernetes` from their environment. A node without a default route
has no route to it, so that kube-proxy's rules never see the packet; and a network must not depend on kube-proxy.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..objects.patches import ABSENT, Patch, Step
from .upstream import ClusterLayerError

#: What clients read (k8s.io/client-go, rest.InClusterConfig).
HOST, PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"


def patches(role: str, api: str | None, daemon_set: str, container: Sequence[Step]) -> list[Patch]:
    """Patches that give a container the address of the API; none without one.

    :param api: address and port.
    :param container: the path to the container.
    """
    if not api:
        return []
    why = "nodes may have no route to addresses of services"
    return [
        Patch("DaemonSet", daemon_set, (*container, "env", {"name": name}), ABSENT, {"name": name, "value": value}, why)
        for name, value in variables(role, api).items()
    ]


def variables(role: str, api: str) -> dict[str, str]:
    """The variables by which clients find the API at an address and port."""
    host, colon, port = api.rpartition(":")
    if not (colon and host and port.isdigit()):
        raise ClusterLayerError(f"{role}_config.api: {api} is not ADDRESS:PORT, such as 10.30.0.10:8443")
    return {HOST: host.strip("[]"), PORT: port}
