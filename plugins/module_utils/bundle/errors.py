# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of a bundle."""

from __future__ import annotations

from ..errors import CloudError

#: What finds the digests that nobody has recorded; a playbook's inventory is added to it.
LOCK_COMMAND = "ansible-playbook groundup.cloud.bundle -e bundle_action=lock"


class BundleError(CloudError):
    """Something that stops the making of a bundle; the text says what, where and the remedy."""


class DigestMismatch(BundleError):
    """Bytes that are not those the lock names; they are deleted, never stored under the wanted name."""

    def __init__(self, what: str, where: str, wanted: str, got: str) -> None:
        super().__init__(
            f"{what}: {where} gave sha256:{got}, the lock wants sha256:{wanted}; refused. "
            "Get it from another mirror, or look at the publisher's page and correct the lock"
        )
        self.wanted, self.got = wanted, got


class NotPinned(BundleError):
    """The lock names artefacts without a digest, which are never taken on trust."""

    def __init__(self, names: list[str], command: str = LOCK_COMMAND) -> None:
        super().__init__(
            f"the lock has no digest for {', '.join(names)}; nothing is downloaded unverified. Run `{command}`, which "
            "resolves all of them at their publishers and writes them to a file, compare that file with the pages of "
            "the publishers, and run this again. `source: source` needs the digests of charts, images of one's own and "
            "manifests that come from no Go module only"
        )
