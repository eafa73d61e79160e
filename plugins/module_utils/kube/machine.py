# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a machine ready to be a node, unless that would pull a living cluster's endpoint or networks away."""

from __future__ import annotations

import re
import typing as t

from ..host.layer import Renderer, Warn, run_layer, silent
from ..host.system import System
from ..layers.kubernetes import render
from . import config, kept, paths, yaml
from .api import Kubeconfig
from .errors import KubeError
from .settings import Settings, parse

#: of ClusterConfiguration: certificates, kubeconfigs, Services and pods of the cluster are made of them
FIXED = re.compile(r'^\s*(controlPlaneEndpoint|podSubnet|serviceSubnet|dnsDomain): "?(.*?)"?$', re.MULTILINE)


def prepare(
    params: dict[str, t.Any], *, check: bool, warn: Warn = silent, system: System | None = None
) -> dict[str, t.Any]:
    """The module kubernetes_prepare."""
    system = system or System()
    refuse_moves(parse(params), system)
    return run_layer(renderer(system), params, check=check, system=system, warn=warn)


def renderer(system: System) -> Renderer:
    """The layer's state on this machine: what the role's variable says, and what kubeadm wrote for its kubelet."""
    return lambda params: kept.with_kept(render(params), system)


def refuse_moves(settings: Settings, system: System) -> None:
    """Nothing may be written on a control plane whose cluster was made with another endpoint, other networks or domain:
    the endpoint would go where no certificate is valid and no kubelet looks.

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
