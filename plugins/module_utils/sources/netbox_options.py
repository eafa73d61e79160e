# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user says about a NetBox: which of its objects are the cloud, and what its own words mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model.enums import Platform, Role
from .errors import SourceError, problem

#: States of devices that are read. A machine that is switched off stays in the model: its number must never change.
STATES = ("active", "failed", "offline", "planned", "staged")
#: Slugs that platforms often have in NetBox. NetBox has no list of its own.
PLATFORMS: Mapping[str, str] = {
    "arista-eos": "eos",
    "cisco-nx-os": "nxos",
    "cisco-nxos": "nxos",
    "cumulus": "nvue",
    "cumulus-linux": "nvue",
    "eos": "eos",
    "juniper-junos": "junos",
    "junos": "junos",
    "nvidia-cumulus-linux": "nvue",
    "nvue": "nvue",
    "nx-os": "nxos",
    "nxos": "nxos",
    "open-vswitch": "openvswitch",
    "openvswitch": "openvswitch",
    "sonic": "sonic",
}
#: What custom fields may hold.
FIELDS = ("bond_mode", "firmware", "gateway", "mlag", "mtu", "number", "root_disk", "storage_disks")


@dataclass(frozen=True)
class Filter:
    """Which objects of a list: those that have one of the sites, one of the roles, and all of the tags, by slugs."""

    sites: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    status: tuple[str, ...] = STATES

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Filter:
        """Build from an option."""
        values = {key: tuple(value) for key, value in (given or {}).items() if value}
        return cls(**values)

    @property
    def empty(self) -> bool:
        """Whether it would take every object of NetBox."""
        return not (self.sites or self.tags or self.roles)

    def query(self) -> dict[str, list[str]]:
        """The query of a list of devices or prefixes."""
        named = {"site": self.sites, "tag": self.tags, "role": self.roles, "status": self.status}
        return {key: list(value) for key, value in named.items() if value}


@dataclass(frozen=True)
class Options:
    """The options of one run; see the module netbox_model."""

    machines: Filter
    switches: Filter
    networks: Filter
    vlan_groups: Mapping[str, str] = field(default_factory=dict)
    network_names: Mapping[str, str] = field(default_factory=dict)
    native: str | None = None
    gateway_tag: str | None = None
    machine_roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    platforms: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    context: str | None = None
    bmc_password: str | None = "vault_bmc"
    switch_password: str | None = None
    switch_username: str | None = None

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Options:
        """Build from the options of a module.

        :raises SourceError: a filter would take everything, or a word is none of the model's.
        """
        problems: list[str] = []
        filters: dict[str, Any] = {
            name: Filter.of(params.get(name))
            if name != "networks"
            else Filter.of({"status": ("active", "reserved"), **_present(params.get(name))})
            for name in ("machines", "switches", "networks")
        }
        for name, chosen in filters.items():
            if chosen.empty:
                problems.append(problem(name, "would take all of NetBox", "give sites, tags or roles"))
        roles = {slug: tuple(words) for slug, words in (params.get("machine_roles") or {}).items()}
        for slug, words in roles.items():
            problems += _unknown(f"machine_roles.{slug}", words, [str(role) for role in Role])
        platforms = {**PLATFORMS, **(params.get("platforms") or {})}
        for slug, word in platforms.items():
            problems += _unknown(f"platforms.{slug}", (word,), [str(item) for item in Platform])
        fields = dict(params.get("fields") or {})
        problems += _unknown("fields", tuple(fields), list(FIELDS))
        for name in ("bmc_password", "switch_password"):
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*|", params.get(name) or ""):
                problems.append(
                    problem(name, "is no name of a variable", "name the one that holds it, such as vault_bmc")
                )
        if problems:
            raise SourceError(*problems)
        plain = ("vlan_groups", "network_names", "images")
        single = ("native", "gateway_tag", "context", "switch_password", "switch_username")
        rest: dict[str, Any] = {key: dict(params.get(key) or {}) for key in plain}
        rest |= {key: params.get(key) or None for key in single}
        return cls(
            **filters,
            **rest,
            machine_roles=roles,
            platforms=platforms,
            fields=fields,
            bmc_password=params.get("bmc_password", "vault_bmc") or None,
        )


def _present(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (given or {}).items() if value}


def _unknown(where: str, words: tuple[str, ...], known: list[str]) -> list[str]:
    return [
        problem(where, f"{word} is not known", f"write one of {', '.join(known)}")
        for word in words
        if word not in known
    ]
