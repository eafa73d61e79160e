# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong with a request, without what the libraries that carried it put around the reason."""

from __future__ import annotations


def innermost(error: BaseException) -> str:
    """Return the innermost reason of a chain that requests and urllib3 wrap several times."""
    while True:
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(inner, BaseException):
            break
        error = inner
    text = str(error)
    return text.split("): ", 1)[1] if text.startswith("HTTPSConnectionPool(") and "): " in text else text
