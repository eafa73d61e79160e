# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of virtual machines: networks, classes and feature gates suffice for what is wanted."""

from __future__ import annotations

from ..cluster import kubevirt_features, kubevirt_input, vm_images_input
from ..vms.cpu_baseline import near
from . import kubevirt, rook_ceph, vm_ha, vm_images
from .checks import Report
from .enums import HaProfile, Timings
from .kubevirt import ROOT
from .problems import choose
from .segments import Network
from .virtualization import Ha, Migrations, Virtualization

PLACE = f"{ROOT}.migrations"


def check_virtualization(report: Report) -> None:
    """Check the virtual machines that the model wants."""
    settings = report.cloud.virtualization
    if report.is_unreadable(f"{ROOT}."):
        return
    if not settings.enabled:
        _without_effect(report, settings)
        return
    if report.cloud.kubernetes is None:
        if not report.is_unreadable("kubernetes"):
            report.add(f"{ROOT}.enabled", True, "needs a cluster", "add kubernetes, or remove it")
        return
    for problem in kubevirt_features.problems(str(settings.version), list(settings.feature_gates)):
        message, __, remedy = problem.rpartition("; ")
        report.add(f"{ROOT}.feature_gates", None, message, remedy)
    if settings.cpu_model and not kubevirt_input.is_model(settings.cpu_model):
        report.add(
            f"{ROOT}.cpu_model", settings.cpu_model, "is no model of CPUs that is known", near(settings.cpu_model)
        )
    if settings.cpu_model == kubevirt_input.PASSTHROUGH and kubevirt.eviction(report.cloud) != kubevirt_input.STOP:
        message = "lets no virtual machine be migrated"
        report.add(f"{ROOT}.cpu_model", settings.cpu_model, message, "give the highest model that all machines have")
    _classes(report, settings)
    _ha(report, settings.ha)
    _migrations(report, settings.migrations)
    _images(report, settings)


def _without_effect(report: Report, settings: Virtualization) -> None:
    default = Virtualization()
    for key in default.__dataclass_fields__:
        if getattr(settings, key) != getattr(default, key):
            report.add(
                f"{ROOT}.{key}", None, "has no effect without virtual machines", "write enabled: true, or remove it"
            )


def _ha(report: Report, given: Ha) -> None:
    path, cloud = f"{ROOT}.ha", report.cloud
    alone = len(kubevirt.machines_of(cloud)) < 2 and not report.is_incomplete("machines", "roles")
    if given.restartable_only and alone:
        message = "refuses all that could not start elsewhere, and one machine runs virtual machines"
        report.add(f"{path}.restartable_only", True, message, "give a second machine the role compute, or remove it")
    if given.enabled is False:
        for key in ("profile", "minimum_healthy"):
            if getattr(given, key) != getattr(Ha(), key):
                message = "has no effect where nothing is fenced by itself"
                report.add(f"{path}.{key}", None, message, "remove it, or enabled: false")
        return
    if given.enabled and not report.is_incomplete("machines", "bmc"):
        if not vm_ha.machines_of(cloud):
            message = "can't be: no machine has a management controller, so nobody can see to it that one is off"
            report.add(f"{path}.enabled", True, message, "give machines a bmc, or remove it and fence by hand")
        elif vm_ha.left(cloud) < given.minimum_healthy:
            message = f"fences nothing: with one machine lost, {vm_ha.left(cloud)} percent are healthy"
            report.add(f"{path}.enabled", True, message, "add machines, or give a lower minimum_healthy")
    if given.profile is HaProfile.TIGHT and cloud.kubernetes and cloud.kubernetes.timings is Timings.SLOW:
        message = "fences emulated machines that are only slow, as kubernetes.timings says that they are"
        report.add(f"{path}.profile", "tight", message, "remove it, or the timings")


def _classes(report: Report, settings: Virtualization) -> None:
    """Classes of the model's own storage are known; those of others are not."""
    if not rook_ceph.wanted(report.cloud) or report.is_unreadable("storage."):
        return
    known = [f"rook-ceph-{item.name}" for key, item in rook_ceph.items(report.cloud) if key != "object"]
    named = {f"{ROOT}.{key}": getattr(settings, key) for key in ("state_storage_class", "scratch_storage_class")}
    named |= {f"{ROOT}.images.{name}.storage_class": one.storage_class for name, one in settings.images.items()}
    for path, name in named.items():
        if name and name.startswith("rook-ceph-") and name not in known:
            report.add(path, name, "is no storage class of volumes", choose(name, known))


def _images(report: Report, settings: Virtualization) -> None:
    """Each image has one source, and storage for its volume."""
    for name, one in settings.images.items():
        path = f"{ROOT}.images.{name}"
        for key, message, remedy in vm_images_input.faults(vm_images.image(report.cloud, one)):
            report.add(f"{path}.{key}", None, message, remedy)
        if vm_images.storage_class(report.cloud, one) is None and not report.is_unreadable("storage."):
            message = "is missing, and the cloud has no pool of images for its volume"
            report.add(f"{path}.storage_class", None, message, "give one, or write storage.provider: rook_ceph")


def _migrations(report: Report, given: Migrations) -> None:
    alone = len(kubevirt.machines_of(report.cloud)) < 2 and not report.is_incomplete("machines", "roles")
    if given.by_users and alone:
        message = "has no effect, since one machine runs virtual machines and nothing is migrated"
        report.add(f"{PLACE}.by_users", True, message, "give a second machine the role compute, or remove it")
    if given.parallel_per_node > given.parallel:
        message = f"is above {given.parallel}, the number in the whole cluster"
        report.add(f"{PLACE}.parallel_per_node", given.parallel_per_node, message, "lower it, or raise parallel")
    if given.network is None:
        if given.addresses:
            report.add(f"{PLACE}.addresses", str(given.addresses), "are in no network", "give network, or remove it")
        return
    path, network = f"{PLACE}.network", report.cloud.networks.get(given.network)
    if network is None:
        if not report.is_unreadable("networks."):
            report.add(path, given.network, "is no network", choose(given.network, report.cloud.networks))
    elif network.native:
        message = "is the network over which machines boot"
        report.add(path, given.network, message, "name another network")
    elif network.racks:
        message = "has a subnet for each rack, and virtual machines keep their connections in one subnet only"
        report.add(path, given.network, message, "name a network that all racks share")
    elif network.subnet is None or network.subnet.version != 4:
        report.add(path, given.network, "has no subnet of IPv4", "name a network in which machines have addresses")
    elif not kubevirt.gives_addresses(report.cloud):
        provider = str(report.cloud.network.provider)
        report.add(
            path,
            given.network,
            f"needs an address for migrations on each machine, which the network provider {provider} does not give",
            "write network.provider: kube_ovn, or remove it: migrations go over the network of pods",
        )
    else:
        _reached(report, path, network)
        _addresses(report, given, network)


def _reached(report: Report, path: str, network: Network) -> None:
    if report.is_incomplete("machines", "networks"):
        return
    found = kubevirt.interfaces(report.layout, network)
    having = {machine.name for machines in found.values() for machine in machines}
    out = next((one.name for one in kubevirt.machines_of(report.cloud) if one.name not in having), None)
    if out is not None:
        report.add(path, network.name, f"is a network in which {out} has no address", "choose one that all have")
    elif len(found) > 1:
        named = ", ".join(f"{name} of {machines[0].name}" for name, machines in found.items())
        message = f"is reached by interfaces of different names ({named}), and all nodes need one"
        report.add(path, network.name, message, "give the machines' bonds or NICs one name, or choose another network")


def _addresses(report: Report, given: Migrations, network: Network) -> None:
    path, found = f"{PLACE}.addresses", kubevirt.addresses(report.layout, network)
    machines = len(kubevirt.machines_of(report.cloud))
    if found is None:
        message = f"can't be chosen: networks.{network.name} has not enough free ones in a row"
        report.add(path, None, message, f"give at least {machines}")
        return
    count = int(found.last) - int(found.first) + 1
    used = sorted(one for one in kubevirt.taken(report.layout, network) if one in found)
    if network.subnet is None or not found.inside(network.subnet):
        report.add(path, str(found), f"are not in networks.{network.name}", f"give some of {network.subnet}")
    elif found.first == network.subnet.network_address or found.last == network.subnet.broadcast_address:
        report.add(
            path, str(found), "have the first or last address of the subnet, which nobody may have", "leave it out"
        )
    elif used:
        report.add(path, str(found), f"have {used[0]}, which somebody has already", "give others")
    elif count < machines:
        report.add(path, str(found), f"are {count} for {machines} machines", "give more")
