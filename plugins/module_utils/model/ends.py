# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports and aggregations of a switch that no machine of the model is at the end of, with the keys of their profiles.

The functions also accept a cloud with errors (fields may be None), because the checks use them as well.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from .fields import keys_of
from .hardware import Machine, Switch
from .port_names import expand
from .types import Cloud
from .uplinks import Device, PortProfile, Uplink
from .wiring import HostLink

#: The key of the model with the profiles.
SECTION = "port_profiles"
#: Keys that an uplink or a device takes from its profile.
TAKEN = tuple(key for key in keys_of(PortProfile) if key != "name")


@dataclass(frozen=True)
class End:
    """An uplink or a device, or several that are alike: those of a range of ports.

    :ivar name: of the port, of the range, or of the aggregation.
    :ivar path: its key in the model.
    :ivar ports: its physical ports; none for a range that cannot be read.
    :ivar settings: its own keys, and those of its profile; `edge` and `description` are always given.
    :ivar own: its own keys.
    """

    name: str
    path: str
    ports: tuple[str, ...]
    settings: Uplink
    own: Uplink

    @property
    def is_lag(self) -> bool:
        """Whether its ports are one aggregation."""
        return bool(self.settings.members)

    @property
    def edge(self) -> bool:
        """Whether its ports are edge ports with BPDU guard."""
        return bool(self.settings.edge)

    @property
    def description(self) -> str:
        """What its ports are described by."""
        return self.settings.description or ""

    def at(self, key: str) -> str:
        """The key of the model that a value is from: its own, or that of its profile."""
        inherited = self.own.profile and key in TAKEN and _is_absent(getattr(self.own, key))
        from_profile = inherited and not _is_absent(getattr(self.settings, key))
        return f"{SECTION}.{self.own.profile}.{key}" if from_profile else f"{self.path}.{key}"


def ends_of(cloud: Cloud, switch: Switch) -> list[End]:
    """The uplinks and devices of a switch, in the order of the model."""
    path = f"switches.{switch.name}"
    found = [_end(cloud, f"{path}.uplinks.{name}", name, uplink) for name, uplink in switch.uplinks.items()]
    return [*found, *(_end(cloud, f"{path}.devices.{name}", name, item) for name, item in switch.devices.items())]


def end_named(cloud: Cloud, switch: Switch, name: str) -> End | None:
    """The uplink or device of that name."""
    return next((end for end in ends_of(cloud, switch) if end.name == name), None)


def profile_for(cloud: Cloud, machine: Machine, link: HostLink) -> PortProfile | None:
    """The profile of the switch ports of a machine's link."""
    return cloud.port_profiles.get(link.port_profile or machine.port_profile or "")


def _end(cloud: Cloud, path: str, name: str, own: Uplink) -> End:
    is_device = isinstance(own, Device)
    settings, profile = own, cloud.port_profiles.get(own.profile or "")
    if profile is not None:
        taken = {key: getattr(profile, key) for key in TAKEN if _is_absent(getattr(own, key))}
        settings = dataclasses.replace(own, **taken)
    edge = is_device if settings.edge is None else settings.edge
    description = settings.description or ("device" if is_device else "uplink")
    settings = dataclasses.replace(settings, edge=edge, description=description)
    ports = own.members or (expand(name) if is_device else (name,))
    return End(name, path, ports, settings, own)


def _is_absent(value: object) -> bool:
    return value is None or value == ()
