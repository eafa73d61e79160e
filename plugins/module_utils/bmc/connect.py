# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to management controllers, by Redfish or IPMI as the settings say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .ipmi import IpmiBmc
from .redfish import RedfishBmc
from .types import Bmc, BmcSettings


@contextmanager
def connected(settings: BmcSettings) -> Iterator[Bmc]:
    """Provide the controller, and end its session afterwards, also after an error.

    :raises BmcError: by any use of it; an error while ending the session becomes a note of the first error.
    :raises BmcSessionLeft: if only ending the session failed.
    """
    bmc: Bmc = IpmiBmc(settings) if settings.protocol == "ipmi" else RedfishBmc(settings)
    try:
        yield bmc
    except BaseException as error:
        try:
            bmc.close()
        except Exception as closing:
            error.add_note(str(closing))
        raise
    bmc.close()
