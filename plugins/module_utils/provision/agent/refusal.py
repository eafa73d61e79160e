# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a deployment is not done."""

from __future__ import annotations


class Refusal(Exception):
    """The deployment is refused. `code` is for programs (contract of the events), the text gives cause and remedy."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(f"{message}; {remedy}")
        self.code, self.message, self.remedy = code, message, remedy
