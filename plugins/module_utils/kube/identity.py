# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node has for life: its name, its address, and the endpoint at which a worker reaches the API.

kubeadm gives them to the kubelet when the machine joins, and nothing of ours writes them again: the certificate of the
kubelet has the name, its serving certificate and the routes of pod networks have the address, and its kubeconfig has
the endpoint. The kubelet would go on with the former ones, or announce an address that others do not use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from ..host.system import System
from . import kubelet_files, observe, paths, x509
from .api import Kubeconfig
from .errors import KubeRefusedError
from .settings import Settings

#: The kubelet's certificate, which is there from its first start on, and how its name begins.
CERTIFICATE = "/var/lib/kubelet/pki/kubelet-client-current.pem"
USER = "system:node:"
#: The arguments that kubeadm gives the kubelet.
FLAGS = kubelet_files.FILES[1]
NODE_IP = re.compile(r"--node-ip=([^\s\"]+)")


def refuse_changes(settings: Settings, system: System) -> None:
    """Refuse another name of a node, and another address or endpoint of a worker. A join that has not ended may still
    bring them; of a control plane, ``immutable`` judges address and endpoint.

    :raises KubeRefusedError: naming both values and the remedy.
    """
    record = observe.attempt(Path(system.root))
    if not system.path(paths.KUBELET_CONF).exists() or (record and not record["done"]):
        return
    changed = list(_differing(settings, system))
    if changed:
        raise KubeRefusedError(f"{settings.node.name}: {'; '.join(changed)}; {remedy(settings)}")


def remedy(settings: Settings) -> str:
    """What to do where a node has to become another one."""
    name = settings.node.name
    return (
        "a node keeps these for life. Set the model back, or let the machine join anew: drain the node, "
        "`kubectl delete node` with the name that it has, and run again with kubernetes_reset=true and "
        f"--limit {name} or without a limit"
    )


def _differing(settings: Settings, system: System) -> Iterator[str]:
    node = settings.node
    has = _name(system)
    if has and has != node.name:
        yield f"this machine is the node {has} of its cluster, and the model calls it {node.name}"
    if node.control_plane:
        return
    address = NODE_IP.search(_flags(system))
    if address and address[1] != node.addresses:
        yield f"the address of its node is {address[1]}, and the model wants {node.addresses}"
    server = Kubeconfig.fields(system.path(paths.KUBELET_CONF)).get("server", "")
    wanted = settings.endpoint.url
    if server and server != wanted:
        yield f"it reaches the API at {server}, and the model wants {wanted}"


def _name(system: System) -> str:
    """The name in the kubelet's certificate; empty where there is none."""
    path = system.path(CERTIFICATE)
    if not path.exists():
        return ""
    user = x509.common_name(CERTIFICATE, path.read_text())
    return user.removeprefix(USER) if user.startswith(USER) else ""


def _flags(system: System) -> str:
    """The kubelet's arguments as kubeadm wrote them: a change of the file by hand is undone, and says nothing."""
    record, path = system.path(paths.KUBELET_RECORD), system.path(FLAGS)
    if record.exists() and (found := json.loads(record.read_text()).get(FLAGS)):
        return str(found[1])
    return path.read_text() if path.exists() else ""
