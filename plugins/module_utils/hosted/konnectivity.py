# SPDX-License-Identifier: GPL-3.0-or-later
"""konnectivity-server beside the API server: its service, and the kubeconfig by which it reviews tokens of agents.

It shows agents the certificate of the API server, which kubeadm makes for the endpoint's address and renews. See
`kube.egress`.
"""

from __future__ import annotations

import time
import typing as t
from functools import partial
from pathlib import Path

from ..host.state import File
from ..host.system import System
from ..kube import api_names, egress, paths, x509
from ..kube import phases as kubeadm
from ..kube.api import Kubeconfig, tls
from ..kube.errors import KubeError
from ..kube.observe import digest
from ..provision.services import Service
from ..provision.steps import Plan
from .settings import KONNECTIVITY, Hosted

TIMEOUT = 300.0
"""Seconds for kubeadm to make a certificate: natively it takes less than one."""
RECORD = f"{paths.STATE}/konnectivity-server.sha256"
"""Digest of the kubeconfig as it was made, so that a change by hand is noticed."""


def service(hosted: Hosted, port: int, images: t.Mapping[str, str]) -> Service:
    """The server.

    :param images: the digest of each image; another one means that the server has to be restarted.
    """
    root = Path(hosted.root)
    program = File(egress.SERVER_IMAGE, images.get(egress.SERVER_IMAGE, ""))
    # What it reads when it starts.
    names = (api_names.CERTIFICATE, paths.KONNECTIVITY_CONF)
    read = [File(name, digest(root / name.lstrip("/"))) for name in names]
    words = ("chroot", hosted.root, f"/{egress.SERVER_PROGRAM}", *arguments(hosted, port))
    return Service(KONNECTIVITY, words, (program, *read), f"tcp:{port}")


def arguments(hosted: Hosted, port: int) -> tuple[str, ...]:
    """Its command line.

    An agent whose node lost power is noticed by the keepalive, which is an hour by default; until then each second
    connection would be given to it and hang. `destHost` gives connections to a node to the agent on it.
    """
    return (
        "--mode=grpc",
        f"--uds-name={egress.SOCKET}",
        "--server-port=0",
        f"--agent-bind-address={hosted.kubernetes.endpoint.address}",
        f"--agent-port={port}",
        "--health-bind-address=127.0.0.1",
        f"--health-port={egress.HEALTH_PORT}",
        "--admin-bind-address=127.0.0.1",
        f"--admin-port={egress.ADMIN_PORT}",
        f"--cluster-cert={api_names.CERTIFICATE}",
        f"--cluster-key={api_names.KEY}",
        f"--kubeconfig={paths.KONNECTIVITY_CONF}",
        f"--agent-namespace={egress.NAMESPACE}",
        f"--agent-service-account={egress.ACCOUNT}",
        f"--authentication-audience={egress.AUDIENCE}",
        "--proxy-strategies=destHost,default",
        "--keepalive-time=30s",
        "--server-count=1",
        "--server-id=hosted",
    )


def require(found: Plan, hosted: Hosted, system: System) -> bool:
    """Add the step that makes the kubeconfig, where the server is wanted and has not the right one; whether it has to
    start with another one."""
    wrong = pending(hosted, system) if hosted.konnectivity is not None else ""
    if wrong:
        found.add(
            "kubeconfig of konnectivity-server by kubeadm",
            partial(_make, hosted, system),
            before=f"{wrong}\n",
            after="as wanted\n",
        )
    return bool(wrong)


def remove(found: Plan, hosted: Hosted, system: System) -> None:
    """Add the step that removes what only the server, and the API server because of it, have read."""
    left = [name for name in (paths.KONNECTIVITY_CONF, RECORD, paths.EGRESS) if system.path(name).exists()]
    if hosted.konnectivity is None and left:
        found.add("remove files of konnectivity-server", partial(_unlink, system, left))


def pending(hosted: Hosted, system: System) -> str:
    """Why its kubeconfig has to be made again; empty where it is as it was made, and valid for long enough."""
    path, settings = system.path(paths.KONNECTIVITY_CONF), hosted.kubernetes
    if not path.is_file():
        return "it is missing"
    record, ca = system.path(RECORD), system.path(paths.CA)
    if not record.is_file() or record.read_text() != digest(path):
        return "it was changed since kubeadm made it"
    try:
        login = Kubeconfig.read(path)
        tls(login.ca, login.certificate, login.key)
        left = x509.validity(path.name, login.certificate).days_left(time.time())
    except (KubeError, ValueError, OSError) as error:
        return f"it can't be used: {error}"
    if left < settings.renew_days:
        return f"its certificate ends in {left} days"
    if ca.is_file() and login.ca.strip() != ca.read_text().strip():
        return "it trusts another authority than that of the cluster"
    wanted = settings.endpoint.url
    return "" if login.server == wanted else f"it leads to {login.server}, wanted is {wanted}"


def _make(hosted: Hosted, system: System) -> None:
    text = kubeadm.kubeconfig(hosted.kubernetes, system, egress.USER, TIMEOUT)
    system.write(paths.KONNECTIVITY_CONF, text.encode(), mode=0o600)
    system.write(RECORD, digest(system.path(paths.KONNECTIVITY_CONF)).encode(), mode=0o600)
    if wrong := pending(hosted, system):
        raise KubeError(
            f"{system.path(paths.KONNECTIVITY_CONF)}: kubeadm made it, and {wrong}; does the authority of the cluster "
            "end, or is its key another one (`kubeadm certs check-expiration`)?"
        )


def _unlink(system: System, names: t.Sequence[str]) -> None:
    for name in names:
        system.path(name).unlink(missing_ok=True)
