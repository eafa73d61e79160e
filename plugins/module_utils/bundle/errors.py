# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of a bundle."""

from __future__ import annotations

import typing as t

from ..errors import CloudError

#: What finds the digests that nobody has recorded; a playbook's inventory is added to it.
LOCK_COMMAND = "ansible-playbook groundup.cloud.bundle -e bundle_action=lock"
#: How a bundle is made, for those who only read one and do not know its lock.
MAKE = (
    "`ansible-playbook -i MODEL groundup.cloud.bundle` (where the lock has `null` as a digest of what it holds, "
    "`ansible-playbook -i MODEL groundup.cloud.bundle -e bundle_action=lock` finds it first)"
)


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


class Unresolved(BundleError):
    """Digests that could not be found. Those that could are in ``lock`` and ``filled``.

    ``missing``: [{"name": section and name in the lock, "reason": text}].
    """

    def __init__(self, lock: dict[str, t.Any], filled: list[dict[str, t.Any]], missing: list[dict[str, str]]) -> None:
        super().__init__("\n".join(f"{one['name']}: {one['reason']}" for one in missing))
        self.lock, self.filled, self.missing = lock, filled, missing


class NotPinned(BundleError):
    """The lock names artefacts without a digest, which are never taken on trust."""

    def __init__(self, names: list[str], command: str = LOCK_COMMAND) -> None:
        super().__init__(
            f"the lock has no digest for {', '.join(names)}; nothing is downloaded unverified. Run `{command}`, which "
            "resolves all of them at their publishers and writes them to a file, compare that file with the pages of "
            "the publishers, and run this again. `source: source` needs the digests of charts, images of one's own and "
            "manifests that come from no Go module only"
        )
