# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a cluster that can't be changed: those of the initialized control plane, and the wanted ones.

Those are what ``kubeadm init`` puts into certificates, kubeconfigs, members of etcd and objects that no later phase of
ours writes again. The version has a rule of its own (``version``). All other settings are of the manifests, which are
written anew (``refresh``).
"""

from __future__ import annotations

import re
from pathlib import Path

from ..host.system import System
from . import config, observe, paths, yaml
from .api import Api, Kubeconfig, Refused
from .errors import KubeRefusedError
from .settings import NO_PROXY, Settings

#: keys of ClusterConfiguration on which certificates, kubeconfigs, Services and pods of the cluster depend
FIXED = re.compile(r'^\s*(controlPlaneEndpoint|podSubnet|serviceSubnet|dnsDomain): "?(.*?)"?$', re.MULTILINE)
ENDPOINT = "controlPlaneEndpoint "
#: The backend in KubeProxyConfiguration, which is there where there is kube-proxy. ``kubeadm init`` makes its ConfigMap
#: and its DaemonSet, and running ones would keep the former backend.
PROXY = re.compile(r'^kind: "?KubeProxyConfiguration"?\n(?:.+\n)*?mode: "?(\w+)', re.MULTILINE)
#: The address in the API server's manifest, by which kubeadm also made this machine's member of etcd.
ADVERTISED = re.compile(r"^\s*- --advertise-address=(\S+)$", re.MULTILINE)
#: Where kubeadm stores the configuration of the cluster.
STORED = "/api/v1/namespaces/kube-system/configmaps/kubeadm-config"


def refuse_changes(settings: Settings, system: System) -> None:
    """Refuse changes on a control plane whose cluster was initialized with another endpoint, other networks, another
    domain, another backend of kube-proxy or none, or whose own address was another one: the endpoint would move to an
    address for which no certificate is valid and which no kubelet uses.

    :raises KubeRefusedError: naming both values.
    """
    record = system.path(paths.ATTEMPT)
    if not (settings.node.control_plane and system.path(paths.ADMIN_CONF).exists() and record.exists()):
        return
    wanted = yaml.documents(config.cluster(settings))
    changed = differing(system.path(paths.CLUSTER).read_text(), wanted) if system.path(paths.CLUSTER).exists() else []
    server = Kubeconfig.fields(system.path(paths.ADMIN_CONF)).get("server", "")
    here = settings.endpoint.url
    if server != here and not changed:
        changed = [f"controlPlaneEndpoint is {server}, wanted {here}"]
    manifest = system.path(f"{paths.MANIFESTS}/kube-apiserver.yaml")
    advertised = ADVERTISED.search(manifest.read_text()) if manifest.exists() else None
    if advertised and advertised[1] != settings.node.address and not settings.hosted:
        changed.append(f"advertiseAddress of {settings.node.name} is {advertised[1]}, wanted {settings.node.address}")
    if changed:
        raise KubeRefusedError(
            f"{settings.node.name}: the cluster has other settings, which can't be changed: {'; '.join(changed)}; "
            "set the model back, or run `kubeadm reset -f` on this machine to give its cluster up"
        )
    attempt = observe.attempt(Path(system.root))
    if attempt and attempt["done"]:
        refuse_encryption(settings, system)


def refuse_encryption(settings: Settings, system: System) -> None:
    """Refuse to switch encryption at rest by new manifests alone.

    :raises KubeRefusedError: Secrets would become unreadable, or every control plane would have another key.
    """
    name, has = settings.node.name, system.path(paths.ENCRYPTION).exists()
    if has and not settings.encryption:
        raise KubeRefusedError(
            f"{name}: Secrets of this cluster are encrypted with {paths.ENCRYPTION}, and without it no server can "
            "read them; set kubernetes.encryption: true again"
        )
    if settings.encryption and not has and not settings.single:
        raise KubeRefusedError(
            f"{name}: {paths.ENCRYPTION} is missing, and all control planes need the same one; copy it from another "
            "control plane (mode 0600), or set kubernetes.encryption: false if none has it"
        )


def differing(before: str, wanted: str) -> list[str]:
    """Differences of the settings that can't be changed, as texts."""
    modes = _proxy_mode(before), _proxy_mode(wanted)
    return _fixed(before, wanted) + ([f"proxy_mode is {modes[0]}, wanted {modes[1]}"] if modes[0] != modes[1] else [])


def refuse_other_cluster(settings: Settings, api: Api) -> None:
    """Refuse a worker whose cluster has other settings than the model, by what kubeadm stored in the cluster. Nodes
    may read that; where somebody took the right away, the control planes alone refuse.

    :raises KubeRefusedError: naming both values.
    """
    try:
        stored = api.get(STORED)
    except Refused:
        return
    before = str(((stored or {}).get("data") or {}).get("ClusterConfiguration") or "")
    changed = _fixed(before, yaml.documents([config.cluster_configuration(settings)]))
    if settings.existing:  # its own endpoint may be another one, by which others reach it
        changed = [text for text in changed if not text.startswith(ENDPOINT)]
    if changed and settings.existing:
        raise KubeRefusedError(
            f"{settings.node.name}: the cluster has other settings than the model: {'; '.join(changed)}; write those "
            "of the cluster as kubernetes.pods, kubernetes.services and kubernetes.domain"
        )
    if changed:
        raise KubeRefusedError(
            f"{settings.node.name}: the cluster has other settings, which can't be changed: {'; '.join(changed)}; "
            "set the model back, or run `kubeadm reset -f` on all machines to give the cluster up"
        )


def _fixed(before: str, wanted: str) -> list[str]:
    have = dict(FIXED.findall(before))
    found = [(key, have.get(key, want), want) for key, want in FIXED.findall(wanted)]
    return [f"{key} is {has}, wanted {want}" for key, has, want in found if has != want]


def _proxy_mode(documents: str) -> str:
    found = PROXY.search(documents)
    return found[1] if found else NO_PROXY
