# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of a bundle."""

from __future__ import annotations

from ..errors import CloudError


class BundleError(CloudError):
    """Something that stops the making of a bundle; the text says what, where and the remedy."""


class DigestMismatch(BundleError):
    """Bytes that are not those the lock names; they are deleted, never stored under the wanted name."""

    def __init__(self, what: str, where: str, wanted: str, got: str) -> None:
        super().__init__(
            f"{what}: {where} gave sha256:{got}, the lock wants sha256:{wanted}; refused. "
            "Get it from another mirror, or look at the publisher's page and correct the lock"
        )


class NotPinned(BundleError):
    """The lock names artefacts without a digest, which are never taken on trust."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"the lock has no digest for {', '.join(names)}; nothing is downloaded unverified. Fill them in with "
            "`ansible-playbook groundup.cloud.bundle -e bundle_action=lock -e bundle_lock_file=NEW.yml`, compare "
            "them with the publishers' pages and pass the result as `lock`. `source: source` needs the digests of "
            "manifests and charts only"
        )
