# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the identity of the machine behind an address with the model, before the first change.

Serial number and UUID decide. MAC addresses decide only where the model or the controller has neither: a controller
may list its onboard ports only, so a missing MAC says nothing about a machine whose serial number agrees.
"""

from __future__ import annotations

from collections.abc import Sequence

from .errors import BmcIdentityError
from .facts import mac_of, same_uuid, serial_of, uuid_of
from .types import Bmc, Identity


def check_identity(bmc: Bmc, wanted_serial: str | None, wanted_uuid: str | None, macs: Sequence[str]) -> list[str]:
    """Read the identity and compare it; network ports are read only if serial number and UUID decide nothing.

    :raises BmcIdentityError: serial, UUID or MACs belong to another machine.
    """
    agreeing = require_same_machine(wanted_serial, wanted_uuid, (), bmc.identity(nics=False), bmc.where)
    if agreeing or not macs:
        return agreeing
    return require_same_machine(wanted_serial, wanted_uuid, macs, bmc.identity(), bmc.where)


def require_same_machine(
    wanted_serial: str | None, wanted_uuid: str | None, macs: Sequence[str], found: Identity, where: str
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


def _compare(serial: str | None, uuid: str | None, macs: Sequence[str], found: Identity) -> dict[str, bool | None]:
    facts = {"serial": _same_serial(serial, found), "uuid": _same_uuid(uuid, found.uuid)}
    ports = _same_ports(macs, found)
    if ports is False and any(facts.values()):
        ports = None
    return {**facts, "macs": ports}


def _same_serial(wanted: str | None, found: Identity) -> bool | None:
    known = {text.lower() for text in map(serial_of, (found.serial, found.service_tag)) if text}
    text = serial_of(wanted)
    return text.lower() in known if text and known else None


def _same_uuid(wanted: str | None, found: str | None) -> bool | None:
    one, other = uuid_of(wanted), uuid_of(found)
    if one and other:
        return same_uuid(one, other)
    if one or other:
        return None
    texts = [text.lower() for text in map(serial_of, (wanted, found)) if text]  # neither is a UUID
    return texts[0] == texts[1] if len(texts) == 2 else None


def _same_ports(macs: Sequence[str], found: Identity) -> bool | None:
    wanted, known = {mac for mac in map(mac_of, macs) if mac}, {mac for mac in map(mac_of, found.macs) if mac}
    if not wanted or not known:
        return None
    # A port that could not be read may be the one of the model.
    return True if wanted & known else None if found.ports_unread else False
