# SPDX-License-Identifier: GPL-3.0-or-later
"""What a login to a switch needs, and that a refused one is not tried again, since switches lock accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .config import FabricError


def require_login(
    where: str, connection: Mapping[str, Any], keys: tuple[str, ...], way: str, refused: bool, remedy: str
) -> None:
    """Raise a :class:`~.config.FabricError` if a login was refused before, or if one of the keys is not given.

    :param where: the switch, as in errors.
    :param way: how its platform is reached, such as HTTPS.
    :param remedy: what to correct after a refusal.
    """
    if refused:
        raise FabricError(where, "it refused the login, which is not tried again", remedy)
    for key in keys:
        if not connection.get(key):
            raise FabricError(f"{where}.{key}", "is not given", f"its platform is reached by {way}: give it")
