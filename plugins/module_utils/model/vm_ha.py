# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fencing by itself, so that virtual machines start elsewhere: whether it is there, and the input of the role vm_ha."""

from __future__ import annotations

import typing as t

from . import kubevirt
from .hardware import Machine
from .layout import Layout
from .metal_view import bmc_view, state_dir
from .providers import timings
from .types import Cloud

View = dict[str, t.Any]
LAYER, ROLE = "fencing", "vm_ha"


def machines_of(cloud: Cloud) -> list[Machine]:
    """The machines that can be fenced: those with management controllers."""
    return [one for one in cloud.machines.values() if one.bmc is not None]


def left(cloud: Cloud) -> int:
    """Percent of the machines that are healthy when one is lost."""
    return 100 * (len(cloud.machines) - 1) // max(1, len(cloud.machines))


def possible(cloud: Cloud) -> bool:
    """Whether there are virtual machines, a way to switch a host off, and enough others when one is lost."""
    enough = left(cloud) >= cloud.virtualization.ha.minimum_healthy
    return kubevirt.wanted(cloud) and bool(machines_of(cloud)) and enough


def wanted(cloud: Cloud) -> bool:
    """Whether it is possible, and the model does not refuse it."""
    return possible(cloud) and cloud.virtualization.ha.enabled is not False


def view(layout: Layout) -> View:
    """The role input `vm_ha_config`; also where it is not wanted, for the service that is stopped then."""
    cloud, given = layout.cloud, layout.cloud.virtualization.ha
    return {
        "cloud": cloud.name,
        "state_dir": state_dir(layout),
        "service_manager": str(cloud.provisioner.service_manager),
        "profile": str(given.profile),
        **(timings(cloud.kubernetes) if cloud.kubernetes else {}),
        "minimum_healthy": given.minimum_healthy,
        "machines": [_machine(one) for one in machines_of(cloud)],
    }


def places(provisioner: str, kubeconfig: str) -> View:
    """Further variables of the role: where the service runs, and the kubeconfig that it is given."""
    return {"vm_ha_provisioner": provisioner, "vm_ha_kubeconfig": kubeconfig}


def _machine(machine: Machine) -> View:
    identity = machine.identity
    found = {"serial": identity.serial, "uuid": identity.uuid} if identity else {}
    bmc = bmc_view(machine.bmc) if machine.bmc else {}
    return {
        "name": machine.name,
        "identity": {**{key: value for key, value in found.items() if value}, "macs": _macs(machine)},
        "bmc": {key: value for key, value in bmc.items() if value is not None},
    }


def _macs(machine: Machine) -> list[str]:
    return [str(nic.mac) for nic in machine.nics.values() if nic.mac]
