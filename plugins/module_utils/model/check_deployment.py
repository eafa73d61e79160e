# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that what only a deployment reads is given where something is deployed: for machines with a `bmc`.

A machine without one has its operating system, account and keys already, and they stay as they are. Nothing else reads
these keys, so on it they would be promises that nobody fulfils. Keys of the whole cloud may be there for machines to
come, so they are warnings.
"""

from __future__ import annotations

import typing as t

from .checks import Report
from .fields import keys_of
from .hardware import Machine
from .layout import is_deployed
from .services import DEFAULT_IMAGE, Image

_MACHINE = "is read by a deployment only, and the machine has no bmc: its operating system is there and stays as it is"
_CLOUD = "is not used: only a deployment reads it, and no machine has a bmc"

#: Accounts that every Debian has (base-passwd), and that packages of our images make. The ramdisk refuses them, and
#: those of other images.
SYSTEM_ACCOUNTS = frozenset(
    (
        *("daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup"),
        *("list", "irc", "_apt", "nobody", "messagebus", "sshd", "_chrony"),
        *("systemd-network", "systemd-resolve", "systemd-timesync"),
    )
)


def check_deployment(report: Report) -> None:
    """Refuse keys of deployments on machines that are not deployed, and accounts that a deployment can't make."""
    existing, deploys = _existing(report)
    user = report.cloud.access.user
    if user in SYSTEM_ACCOUNTS and any(map(is_deployed, report.cloud.machines.values())):
        message = "is a system account of Debian, and a deployment makes an account for people"
        report.add("access.user", user, message, "give another name, such as ops")
    for machine in existing:
        for key in _given(machine):
            path = f"machines.{machine.name}.{key}"
            # A default may be meant for those that are deployed.
            if not (deploys and report.origin(path)):
                report.add(path, None, _MACHINE, "remove it, or give the machine its bmc")


def warn_of_deployment(report: Report) -> None:
    """Warn of what only deployments read in a cloud that deploys no machine."""
    existing, deploys = _existing(report)
    if deploys or not existing:
        return
    if report.cloud.access.public_keys:
        report.add("access.public_keys", None, _CLOUD, "remove it, and add keys to the machines yourself")
    for image in report.cloud.images.values():
        if image != Image(name=DEFAULT_IMAGE):
            report.add(f"images.{image.name}", None, _CLOUD, "remove it")


def _existing(report: Report) -> tuple[list[Machine], bool]:
    """The machines that are not deployed, and whether others are."""
    machines = report.cloud.machines.values()
    found = [
        item for item in machines if not is_deployed(item) and not report.is_unreadable(f"machines.{item.name}.bmc")
    ]
    return found, len(found) < len(machines)


def _given(machine: Machine) -> t.Iterator[str]:
    """The keys that only a deployment reads and whose values are not the defaults."""
    for key, spec in keys_of(Machine).items():
        if spec.deployed_only and getattr(machine, key) not in (None, spec.default):
            yield key
