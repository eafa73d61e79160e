# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is doubtful about a cloud, but not wrong."""

from __future__ import annotations

import typing as t

from .checks import Report
from .enums import BmcProtocol, NetworkProvider, Platform, Role, StorageProvider
from .networks import PROVIDERS
from .problems import Problem, show
from .types import Cloud

VAULT = (
    'keep it in a vault: write "{{ vault_password }}" here, and vault_password into group_vars/all/vault.yml, '
    "encrypted by ansible-vault"
)


def warn(cloud: Cloud, data: t.Mapping[t.Any, t.Any], whole_vault: bool = False) -> list[Problem]:
    """Everything that is doubtful; `data` is what the cloud was read from.

    `whole_vault`: it came out of an encrypted file, so its passwords are in no clear text.
    """
    report = Report(cloud)
    if not whole_vault and not (cloud.lab and cloud.lab.throw_away_secrets):
        _clear_text(report, data)
        _access(report)
    _switches(report)
    _machines(report)
    _layers(report)
    return report.problems


def _clear_text(report: Report, data: t.Mapping[t.Any, t.Any]) -> None:
    """One warning per secret, at the first place it's written in."""
    found: dict[str, list[str]] = {}
    for path, secret in _written(data):
        if isinstance(secret, str) and secret and "{{" not in secret:
            found.setdefault(str.__str__(secret), []).append(path)
    for paths in found.values():
        places = "place" if len(paths) == 2 else "places"
        more = f", here and in {len(paths) - 1} more {places}," if len(paths) > 1 else ""
        report.say(paths[0], None, f"is in clear text{more} for everybody who can read the file", VAULT, hidden=True)


def _written(data: t.Mapping[t.Any, t.Any]) -> t.Iterator[tuple[str, t.Any]]:
    """Where the file holds passwords: what a machine gets from `defaults` is written only there."""
    yield "defaults.switch.password", _below(data, "defaults", "switch", "password")
    yield "defaults.machine.bmc.password", _below(data, "defaults", "machine", "bmc", "password")
    for section, keys in (("switches", ("password",)), ("machines", ("bmc", "password"))):
        named = _below(data, section)
        for name, item in named.items() if isinstance(named, t.Mapping) else ():
            yield ".".join((section, show(name), *keys)), _below(item, *keys)


def _below(value: t.Any, *keys: str) -> t.Any:
    for key in keys:
        value = value.get(key) if isinstance(value, t.Mapping) else None
    return value


def _access(report: Report) -> None:
    deployed = any(machine.bmc for machine in report.cloud.machines.values())
    if deployed and not report.cloud.access.public_keys:
        report.say(
            "access.public_keys", None, "is empty, so nobody can log in to a machine that is deployed", "give your key"
        )


def _switches(report: Report) -> None:
    for switch in report.cloud.switches.values():
        if switch.mlag and switch.platform is Platform.OPENVSWITCH:
            report.say(
                f"switches.{switch.name}.mlag",
                switch.mlag,
                "is only a promise: Open vSwitch has no MLAG",
                "both bridges must speak LACP with one system id",
            )


def _machines(report: Report) -> None:
    machines = report.cloud.machines.values()
    ipmi = [machine for machine in machines if machine.bmc and machine.bmc.protocol is BmcProtocol.IPMI]
    if ipmi:
        report.say(
            f"machines.{ipmi[0].name}.bmc.protocol",
            "ipmi",
            f"has no TLS ({_count(len(ipmi))}); the report says so too",
            "prefer redfish where the BMC has it",
        )
    loose = [
        f"machines.{machine.name}.nics.{nic.name}"
        for machine in machines
        for nic in machine.nics.values()
        if nic.port is None
    ]
    if loose and report.cloud.switches:
        report.say(
            loose[0],
            None,
            f"names no switch port ({len(loose)} of the NICs), so nothing configures that end of the cable",
            "give port: SWITCH/PORT",
        )
    seen: set[tuple[str, ...]] = set()
    for machine in machines:
        routers = tuple(network.name for network in report.layout.networks_of(machine) if network.gateway)
        if len(routers) > 1 and routers not in seen:
            seen.add(routers)
            report.say(
                f"machines.{machine.name}.networks",
                None,
                f"have several gateways ({', '.join(routers)})",
                "the first of them in the machine's list gives the default route; take the others away if that's wrong",
            )


def _layers(report: Report) -> None:
    cloud = report.cloud
    if cloud.kubernetes and cloud.network.provider not in (*PROVIDERS, NetworkProvider.CUSTOM):
        report.say(
            "network.provider",
            str(cloud.network.provider),
            "is not installed by this release",
            f"bring it yourself after site.yml, or write {', '.join(PROVIDERS)}",
        )
    if cloud.storage.provider is not StorageProvider.NONE:
        report.say(
            "storage.provider",
            str(cloud.storage.provider),
            "is not installed by this release",
            "bring it yourself, or write none",
        )
        _stores(report)
    if cloud.virtualization.enabled:
        report.say(
            "virtualization.enabled", True, "is not installed by this release", "bring it yourself, or write false"
        )


def _stores(report: Report) -> None:
    """Whether storage has something to store on."""
    holders = [machine for machine in report.cloud.machines.values() if Role.STORAGE in machine.roles]
    bare = [machine.name for machine in holders if not machine.storage_disks]
    if len(bare) == len(holders):
        report.say(
            "storage.provider",
            str(report.cloud.storage.provider),
            "has nothing to store on: no machine with the role storage has storage_disks",
            "give some machines both",
        )
    elif bare:
        report.say(
            f"machines.{bare[0]}.storage_disks",
            None,
            f"is empty, but the role is storage ({_count(len(bare))})",
            "list its disks, or take the role away",
        )


def _count(number: int) -> str:
    return "one machine" if number == 1 else f"{number} machines"
