# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the Kubernetes API and of etcd, turned into failed proofs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..kube.errors import KubeError
from ..report.proofs import ProofError

Evidence = TypeVar("Evidence")


def failed_by_api_errors(attempt: Callable[[], Evidence]) -> Callable[[], Evidence]:
    """The attempt, in which errors of the API, of etcd and of the connection become :class:`ProofError`."""

    def wrapped() -> Evidence:
        try:
            return attempt()
        except (KubeError, OSError) as error:
            raise ProofError(str(error)) from error

    return wrapped
