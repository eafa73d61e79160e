# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that a cluster keeps for life: what a living control plane was made with, against what is wanted now."""

from __future__ import annotations

import re

from ..host.system import System
from . import config, paths, yaml
from .api import Kubeconfig
from .errors import KubeError
from .settings import Settings

#: of ClusterConfiguration: certificates, kubeconfigs, Services and pods of the cluster are made of them
FIXED = re.compile(r'^\s*(controlPlaneEndpoint|podSubnet|serviceSubnet|dnsDomain): "?(.*?)"?$', re.MULTILINE)


def refuse_changes(settings: Settings, system: System) -> None:
    """Refuse to write anything on a control plane whose cluster was made with another endpoint, other networks or
    another domain: the endpoint would move to an address for which no certificate is valid and which no kubelet uses.

    :raises KubeError: naming both values.
    """
    record = system.path(paths.ATTEMPT)
    if not (settings.node.control_plane and system.path(paths.ADMIN_CONF).exists() and record.exists()):
        return
    wanted = yaml.documents(config.cluster(settings))
    moved = differing(system.path(paths.CLUSTER).read_text(), wanted) if system.path(paths.CLUSTER).exists() else []
    server = Kubeconfig.fields(system.path(paths.ADMIN_CONF)).get("server", "")
    here = f"https://{settings.endpoint.address}:{settings.endpoint.port}"
    if server != here and not moved:
        moved = [f"controlPlaneEndpoint is {server}, wanted {here}"]
    if moved:
        raise KubeError(
            f"{settings.node.name}: the living cluster was made otherwise and can't be moved: {'; '.join(moved)}; "
            "set the model back, or run `kubeadm reset -f` on this machine if its cluster is to go"
        )


def differing(before: str, wanted: str) -> list[str]:
    """What differs of the settings that a cluster keeps for life, in words."""
    have = dict(FIXED.findall(before))
    return [
        f"{key} is {have[key]}, wanted {want}" for key, want in FIXED.findall(wanted) if have.get(key, want) != want
    ]
