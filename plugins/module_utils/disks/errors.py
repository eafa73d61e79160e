# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of this package."""

from __future__ import annotations

from ..errors import CloudError


class DiskError(CloudError):
    """A disk can't be found, read or written. `code` is for programs, `message` gives the cause and `remedy` the way
    out."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(f"{message}; {remedy}")
        self.code, self.message, self.remedy = code, message, remedy
