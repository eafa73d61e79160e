# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a cluster that can't be changed: those of the initialized control plane, and the wanted ones."""

from __future__ import annotations

import re

from ..host.system import System
from . import config, paths, yaml
from .api import Kubeconfig
from .errors import KubeRefusedError
from .settings import Settings

#: keys of ClusterConfiguration on which certificates, kubeconfigs, Services and pods of the cluster depend
FIXED = re.compile(r'^\s*(controlPlaneEndpoint|podSubnet|serviceSubnet|dnsDomain): "?(.*?)"?$', re.MULTILINE)


def refuse_changes(settings: Settings, system: System) -> None:
    """Refuse changes on a control plane whose cluster was initialized with another endpoint, other networks or another
    domain: the endpoint would move to an address for which no certificate is valid and which no kubelet uses.

    :raises KubeRefusedError: naming both values.
    """
    record = system.path(paths.ATTEMPT)
    if not (settings.node.control_plane and system.path(paths.ADMIN_CONF).exists() and record.exists()):
        return
    wanted = yaml.documents(config.cluster(settings))
    changed = differing(system.path(paths.CLUSTER).read_text(), wanted) if system.path(paths.CLUSTER).exists() else []
    server = Kubeconfig.fields(system.path(paths.ADMIN_CONF)).get("server", "")
    here = f"https://{settings.endpoint.address}:{settings.endpoint.port}"
    if server != here and not changed:
        changed = [f"controlPlaneEndpoint is {server}, wanted {here}"]
    if changed:
        raise KubeRefusedError(
            f"{settings.node.name}: the cluster has other settings, which can't be changed: {'; '.join(changed)}; "
            "set the model back, or run `kubeadm reset -f` on this machine to give its cluster up"
        )


def differing(before: str, wanted: str) -> list[str]:
    """Differences of the settings that can't be changed, as texts."""
    have = dict(FIXED.findall(before))
    return [
        f"{key} is {have[key]}, wanted {want}" for key, want in FIXED.findall(wanted) if have.get(key, want) != want
    ]
