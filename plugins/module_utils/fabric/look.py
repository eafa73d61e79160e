# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what one switch sees, in the names of the model. Nothing is changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .by_hand import UNMANAGED
from .config import FabricError, SwitchConfig
from .driver import Driver, driver
from .facts import SECTIONS, SwitchFacts, with_lags


def look(params: dict[str, Any], sections: Collection[str] = SECTIONS, switch: Driver | None = None) -> SwitchFacts:
    """What a switch tells of some sections.

    :param params: the input ``switch_config`` of the role switch, which names ports and aggregations.
    :param sections: those of :data:`.facts.SECTIONS`.

    An unmanaged switch, a switch that cannot be reached and one that refuses to answer are a FabricError.
    """
    wanted = SwitchConfig.from_vars(params)
    if params.get("platform") == UNMANAGED:
        why = "it is unmanaged: the model has no way to log in to it, so nothing can be read"
        raise FabricError(f"switches.{wanted.name}", why, "read it by hand, or give its platform and a login")
    switch = switch or driver(params["name"], params["platform"], params["connection"])
    cabled = {item["port"] for item in params.get("cabling") or []}
    try:
        return with_lags(switch.facts(sorted(wanted.port_names | cabled), sections), wanted.lags.values())
    finally:
        switch.close()
