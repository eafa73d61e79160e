# SPDX-License-Identifier: GPL-3.0-or-later
"""From the settings in the model to a controller that can be talked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .ipmi import IpmiBmc
from .redfish import RedfishBmc
from .types import Bmc, BmcSettings


@contextmanager
def connected(settings: BmcSettings) -> Iterator[Bmc]:
    """Give the controller and end its session whatever happens inside.

    :raises BmcError: by any use of it; an error while ending the session never hides the one that came before.
    :raises BmcSessionLeft: at the end, when everything before went well.
    """
    bmc: Bmc = IpmiBmc(settings) if settings.protocol == "ipmi" else RedfishBmc(settings)
    try:
        yield bmc
    except BaseException as error:
        try:
            bmc.close()
        except Exception as closing:
            # the first error is what matters; this one becomes a note of it
            error.add_note(str(closing))
        raise
    bmc.close()
