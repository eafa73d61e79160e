# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the identity of the machine behind an address with the model, before the first change."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import BmcIdentityError
from .types import Identity


def require_same_machine(
    wanted_serial: str | None, wanted_uuid: str | None, macs: Iterable[str], found: Identity, where: str
) -> list[str]:
    """Return the names of the facts that agree with the model; the first that contradicts it is an error.

    :raises BmcIdentityError: serial, UUID or MACs belong to another machine.
    """
    facts = _compare(wanted_serial, wanted_uuid, macs, found)
    reported = {"serial": found.serial, "uuid": found.uuid, "macs": ", ".join(found.macs)}
    model = {"serial": wanted_serial, "uuid": wanted_uuid, "macs": ", ".join(macs)}
    for name, same in facts.items():
        if same is False:
            raise BmcIdentityError(
                f"another machine is behind this address: its {name} is {reported[name]}, the model says {model[name]}",
                where,
                "correct bmc.address or the identity and nics of the machine in the model; nothing was changed",
            )
    return [name for name, same in facts.items() if same]


def _compare(serial: str | None, uuid: str | None, macs: Iterable[str], found: Identity) -> dict[str, bool | None]:
    wanted_macs = {mac.lower() for mac in macs}
    return {
        "serial": _same(serial, found.serial),
        "uuid": _same(uuid, found.uuid),
        # A controller may list only some of the ports; none in common means another machine.
        "macs": bool(wanted_macs & set(found.macs)) if wanted_macs and found.macs else None,
    }


def _same(wanted: str | None, found: str | None) -> bool | None:
    if not wanted or not found:
        return None
    return wanted.strip().lower() == found.strip().lower()
