# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API as its administrator, on a control plane."""

from __future__ import annotations

from ..host.system import System
from ..waiting.missing import Missing
from . import kubeconfig as files
from . import paths
from .api import Api, Kubeconfig, Refused, Unreachable, connect
from .errors import KubeError
from .settings import Settings


def admin(settings: Settings, system: System, timeout: float = 30, *, own_only: bool = False) -> Api:
    """A client of the API as administrator: this machine's own server, or the endpoint where that isn't ready. Of a
    cluster that others run, as the user of its kubeconfig."""
    if settings.acts:
        return connect(files.read(settings.kubeconfig), timeout=timeout)
    try:
        kubeconfig = Kubeconfig.read(system.path(paths.ADMIN_CONF))
    except FileNotFoundError:
        remedy = "run the role hosted_control_plane first" if settings.hosted else "this is no control plane"
        raise KubeError(f"{settings.node.name}: {system.path(paths.ADMIN_CONF)} is missing; {remedy}") from None
    own = connect(kubeconfig, f"https://{settings.node.address}:{settings.api_port}", timeout)
    if own_only:
        return own
    try:
        own.ready()  # a server that is starting refuses requests (403), which would count as a final error
        return own
    except Unreachable:
        return connect(kubeconfig, timeout=timeout)


def has_login(settings: Settings, system: System) -> bool:
    """Whether there is a kubeconfig by which this host acts; without one there is no cluster yet."""
    return settings.acts or system.path(paths.ADMIN_CONF).exists()


def unready(settings: Settings, system: System) -> Missing | None:
    """Why this machine's own API server is not ready; None when it is."""
    try:
        admin(settings, system, own_only=True).ready()
    except (Unreachable, Refused) as error:
        return Missing.of("kube-apiserver", str(error), settings.node.name)
    return None
