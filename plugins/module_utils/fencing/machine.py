# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine of a node, by its management controller. Each call is a session of its own, as minutes may pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..bmc.connect import connected
from ..bmc.errors import BmcError, BmcLibraryMissing, BmcSessionLeft
from ..bmc.identity import check_identity
from ..bmc.power import PowerRules, apply_power, plan_power, settled_state
from ..bmc.types import Bmc, BmcSettings, PowerState
from ..waiting.deadline import Clock
from .facts import Power

#: Seconds in which a machine has to be off after its power was cut, or on.
SWITCHED = 120.0
SETTLED = 20.0  # seconds for a controller that does not know the state while it changes


class Machine:
    """Reads and switches the power; compares the machine's identity first each time.

    :ivar warnings: sessions that could not be ended.
    """

    def __init__(self, settings: BmcSettings, identity: Mapping[str, Any], clock: Clock | None = None) -> None:
        self._settings, self._identity, self._clock = settings, identity, clock
        self.where = settings.where
        self.warnings: list[str] = []

    def power(self) -> Power:
        """Read the power; why it can't be read is part of the answer.

        :raises BmcLibraryMissing: this host can't speak the protocol.
        """
        try:
            return Power(self._with(lambda bmc: settled_state(bmc, self._clock, SETTLED)))
        except BmcLibraryMissing:
            raise
        except BmcError as error:
            return Power(error=str(error))

    def switch(self, wanted: str) -> None:
        """Cut the power (`off`) or switch on (`on`), and wait until it is so.

        :raises BmcError: the controller refused, did not answer, or the machine did not follow.
        """
        rules = PowerRules(graceful=False, wait=SWITCHED)
        self._with(lambda bmc: apply_power(bmc, plan_power(wanted, bmc.power_state()), rules, self._clock))

    def _with(self, work: Callable[[Bmc], Any]) -> Any:
        result: Any = PowerState.UNKNOWN
        try:
            with connected(self._settings) as bmc:
                if any(self._identity.values()):
                    macs = self._identity.get("macs") or []
                    check_identity(bmc, self._identity.get("serial"), self._identity.get("uuid"), macs)
                result = work(bmc)
        except BmcSessionLeft as error:
            self.warnings.append(str(error))
        return result
