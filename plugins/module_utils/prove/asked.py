# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a cluster whose silence is a failed proof, not a crash."""

from __future__ import annotations

from collections.abc import Callable

from ..kube.errors import KubeError
from ..report.proofs import ProofError


def asked(attempt: Callable[[], str]) -> Callable[[], str]:
    """The attempt, with an API or etcd that does not answer turned into :class:`ProofError` with its text."""

    def wrapped() -> str:
        try:
            return attempt()
        except (KubeError, OSError) as error:
            raise ProofError(str(error)) from error

    return wrapped
