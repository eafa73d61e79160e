# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the certificate of a control plane's API server anew, with other names; its server restarts afterwards."""

from __future__ import annotations

import shutil

from ..host.system import System
from . import api_names, paths, phases
from .errors import KubeError
from .settings import Settings

#: kubeadm leaves a certificate as it is where there is one, so the new one is made in a directory of its own.
SCRATCH = f"{paths.SCRATCH}/pki"
AUTHORITY = ("ca.crt", "ca.key")


def remake(settings: Settings, system: System) -> None:
    """Let kubeadm make a certificate and a key, and put them in the place of the old ones once they are as wanted.

    A record stays until ``taken`` is called, so that an interrupted run is continued.

    :raises KubeError: the new certificate has other names than the wanted ones; the old one is still in its place.
    """
    scratch = system.path(SCRATCH)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True, mode=0o700)
    try:
        for name in AUTHORITY:
            (scratch / name).symlink_to(f"/etc/kubernetes/pki/{name}")  # in a hosted root, kubeadm has it as its own
        phases.run(settings, system, (("certs", "apiserver"),), timeout=300, certificates=SCRATCH)
        pem, key = (scratch / "apiserver.crt").read_bytes(), (scratch / "apiserver.key").read_bytes()
        if text := api_names.difference(settings, pem.decode()):
            raise KubeError(f"{settings.node.name}: kubeadm made a certificate of the API that {text}")
        system.write(paths.API_CERTIFICATE, b"{}", mode=0o600)
        system.write(api_names.KEY, key, mode=0o600)
        system.write(api_names.CERTIFICATE, pem)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def taken(system: System) -> None:
    """Record that the API server has the new certificate."""
    system.path(paths.API_CERTIFICATE).unlink(missing_ok=True)
