# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight: combinations that are known not to work, or to have a fault, found when a model is read.

A rule reads facts that the model has already; each is a line of a table in `preflight_network` or `preflight_vms`.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field

from ..promises.promise import Promise
from ..promises.tunnel import Encapsulation
from .checks import Report
from .hardware import Machine
from .layout import BUILT_KERNEL, Layout, is_built
from .tunnels import encapsulation
from .types import Cloud

#: Promises that mean something to virtual machines only.
VM_PROMISES = (Promise.POLICY_VMS, Promise.POLICY_VLANS, Promise.ADDRESS_KEPT, Promise.CONNECTIONS_KEPT)


class Severity(enum.StrEnum):
    """What a rule that applies is: an error refuses the model."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Facts:
    """What rules read."""

    cloud: Cloud
    layout: Layout

    @property
    def provider(self) -> str:
        """The provider of the network, as the model calls it."""
        return str(self.cloud.network.provider)

    @property
    def encapsulation(self) -> Encapsulation | None:
        """How packets of pods are carried; None where nothing is known of the provider."""
        return encapsulation(self.cloud)

    @property
    def encapsulated(self) -> bool:
        """Whether packets of pods are carried in a tunnel."""
        return self.encapsulation not in (None, Encapsulation.NONE)

    @property
    def vms(self) -> bool:
        """Whether the cloud is to have virtual machines: of this collection, or those to which the provider is required
        to promise something."""
        return self.cloud.virtualization.enabled or any(wish in VM_PROMISES for wish in self.cloud.network.require)

    @property
    def kubernetes_minor(self) -> tuple[int, int] | None:
        """The minor version of Kubernetes; None if it could not be read."""
        version = self.cloud.kubernetes.version if self.cloud.kubernetes else None
        if version is None:
            return None
        major, minor, *__ = version.split(".")
        return int(major), int(minor)

    def bonded(self, kernel: tuple[int, int]) -> t.Iterator[Machine]:
        """Machines whose tunnels go over a bond, and whose image is built here, with this kernel or a newer one."""
        network = self.layout.cluster
        for machine in self.cloud.machines.values() if kernel <= BUILT_KERNEL and network else ():
            link = self.layout.wiring.carrying(machine, network) if network else None
            if is_built(self.cloud, machine) and link and link.bond:
                yield machine


@dataclass(frozen=True)
class Found:
    """A place at which a rule applies.

    :ivar path: the key that has to be changed.
    :ivar value: its value, if the sentence begins with it.
    :ivar begin: what the sentence begins with otherwise.
    :ivar more: what the way out says of this model in addition.
    """

    path: str
    value: t.Any
    begin: str = ""
    more: str = ""


@dataclass(frozen=True)
class Rule:
    """A line of the table.

    :ivar name: its id in messages and in the reference.
    :ivar case: when it applies, as text for the reference.
    :ivar when: the places at which it applies.
    :ivar why: what happens then, as the rest of a sentence that begins with the value.
    :ivar way_out: what to write or to do instead.
    :ivar source: what says so.
    """

    name: str
    severity: Severity
    case: str
    when: t.Callable[[Facts], t.Iterable[Found]] = field(repr=False)
    why: str
    way_out: str
    source: str


def check(report: Report, rules: t.Iterable[Rule], severity: Severity) -> None:
    """Report every place at which a rule of this severity applies; without Kubernetes there are no pods and no VMs."""
    if report.cloud.kubernetes is None:
        return
    facts = Facts(report.cloud, report.layout)
    for rule in rules:
        if rule.severity is severity:
            for found in rule.when(facts):
                message = f"{found.begin}{rule.why} (pre-flight {rule.name}: {rule.source})"
                report.add(found.path, found.value, message, rule.way_out + found.more)
