# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Phases of ``kubeadm init``, one after another, with the configuration of a control plane."""

from __future__ import annotations

import typing as t

from ..host.system import System
from . import config, control_plane, paths, yaml
from .settings import Settings

CONFIG = f"{paths.SCRATCH}/phases.yaml"


def run(settings: Settings, system: System, phases: t.Iterable[t.Sequence[str]], timeout: float) -> None:
    """Run the phases; those of a hosted control plane below its root (kubeadm's flag ``--rootfs``, 1.36).

    The configuration, which holds a token, is removed when they end. ``timeout``: seconds for each phase.

    :raises HostError: with kubeadm's own message.
    """
    text = yaml.documents([config.init(settings, control_plane.new_token()), *config.cluster(settings)])
    system.write(CONFIG, text.encode(), mode=0o600)
    words = [paths.KUBEADM]
    if settings.hosted:
        words = [str(system.path(paths.KUBEADM)), "--rootfs", system.root]
    try:
        for phase in phases:
            system.run([*words, "init", "phase", *phase, "--config", CONFIG], timeout=timeout)
    finally:
        system.path(CONFIG).unlink(missing_ok=True)
