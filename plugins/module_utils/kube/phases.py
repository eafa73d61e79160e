# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of kubeadm with the configuration of a control plane: phases of ``init``, and renewal of certificates."""

from __future__ import annotations

import typing as t

from ..host.system import System
from . import config, control_plane, paths, yaml
from .settings import Settings

CONFIG = f"{paths.SCRATCH}/phases.yaml"


def run(
    settings: Settings,
    system: System,
    phases: t.Iterable[t.Sequence[str]],
    timeout: float,
    certificates: str = "",
) -> None:
    """Run the phases; those of a hosted control plane below its root.

    ``timeout``: seconds for each phase. ``certificates``: another directory of certificates than kubeadm's own.

    :raises HostError: with kubeadm's own message.
    """
    _each(settings, system, [("init", "phase", *phase) for phase in phases], timeout, certificates)


def renew(settings: Settings, system: System, timeout: float) -> None:
    """Renew all certificates of the control plane, in their files. One that this machine does not have is left out."""
    _each(settings, system, [("certs", "renew", "all")], timeout)


def kubeconfig(settings: Settings, system: System, user: str, timeout: float) -> str:
    """A kubeconfig with a new client certificate for a user of the API, as text."""
    return _each(settings, system, [("kubeconfig", "user", "--client-name", user)], timeout)


def _each(
    settings: Settings,
    system: System,
    commands: t.Iterable[t.Sequence[str]],
    timeout: float,
    certificates: str = "",
) -> str:
    """Run commands of kubeadm; of a hosted control plane below its root (its flag ``--rootfs``, 1.36).

    Returns what they write to standard output.

    The configuration, which holds a token, is removed when they end.
    """
    cluster, *others = config.cluster(settings)
    cluster |= {"certificatesDir": certificates} if certificates else {}
    text = yaml.documents([config.init(settings, control_plane.new_token()), cluster, *others])
    system.write(CONFIG, text.encode(), mode=0o600)
    words = [paths.KUBEADM]
    if settings.hosted:
        words = [str(system.path(paths.KUBEADM)), "--rootfs", system.root]
    try:
        return "".join(system.run([*words, *command, "--config", CONFIG], timeout=timeout) for command in commands)
    finally:
        system.path(CONFIG).unlink(missing_ok=True)
