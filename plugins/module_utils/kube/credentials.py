# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may use the credentials that kubeadm, the kubelet and etcd write: modes and owners, as they make them.

Their content is theirs, so the layer compares permissions only. A key that others could read is mended like any other
change by hand; whether somebody read it meanwhile, nothing can tell.
"""

from __future__ import annotations

from dataclasses import replace

from ..host.state import Access, HostState
from ..host.system import System
from . import paths
from .certificates import KUBECONFIGS

KUBELET_PKI = "/var/lib/kubelet/pki"
#: files by glob below a directory, all 0600: keys, kubeconfigs that hold keys, manifests as kubeadm writes them
PRIVATE = (
    *((paths.KUBERNETES, name) for name in (*KUBECONFIGS, "kubelet.conf", "bootstrap-kubelet.conf")),
    (paths.KUBERNETES, paths.KONNECTIVITY_CONF.rpartition("/")[2]),
    *((paths.MANIFESTS, f"{name}.yaml") for name in paths.STATIC_PODS),
    (paths.KUBERNETES, "pki/*.key"),
    (paths.KUBERNETES, "pki/etcd/*.key"),
    (paths.APISERVER, "*.yaml"),
    (KUBELET_PKI, "*.pem"),
    (KUBELET_PKI, "*.key"),
)
#: directories and the bits that they may have; nobody but root may put a file there
DIRECTORIES = (
    Access(paths.KUBERNETES, 0o755),
    Access(f"{paths.KUBERNETES}/pki", 0o755),
    Access(paths.ETCD_PKI, 0o755),
    Access(KUBELET_PKI, 0o755),
    Access(paths.ETCD, 0o700),
    Access(paths.ETCD_DATA, 0o700),
)


def access(system: System) -> tuple[Access, ...]:
    """Of every credential that is on this machine now."""
    found = [Access(f"{directory}/{path.relative_to(system.path(directory))}")
             for directory, pattern in PRIVATE
             for path in sorted(system.path(directory).glob(pattern))]  # fmt: skip
    return (*DIRECTORIES, *found)


def with_access(state: HostState, system: System) -> HostState:
    """The layer's state with the permissions of credentials in it; a file that the layer writes itself has its own."""
    own = {file.path for file in state.files} | {item.path for item in state.directories}
    return replace(state, access=tuple(item for item in access(system) if item.path not in own))
