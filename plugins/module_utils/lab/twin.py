# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin of a cloud: the same model, changed so that a virtual rack can implement it.

`twin(cloud, materials)` maps one model (the mapping of the file, with `defaults`) to another and lists in `notes`
what a virtual rack can't reproduce. Settings that don't concern hardware are unchanged. Nothing is read or written.
"""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field
from typing import Any

from ..model import inherit
from ..model.enums import ControlPlane, ImageProfile, Role, Timings
from ..model.parse import Parser
from ..model.services import ROOT
from ..model.types import Machine, Network
from ..model.wiring import boot_nic
from .addresses import provisioner_addresses
from .disks import root_disks
from .names import Places
from .shell import LabError
from .sizes import sized
from .twin_endpoint import serve_endpoint
from .twin_switches import Cabling, twin_switches

Tree = dict[str, Any]

SERIAL_LIMIT = 20
"""Longest serial number of a virtio disk that the guest sees (VIRTIO_BLK_ID_BYTES)."""
_NAMESPACE = uuid.UUID("5f4a2f0e-8a36-5e0b-9e0c-6a1d0c1b7a11")
_KEPT_OF_LAB = ("accelerator", "control_plane")
_SIZED_FOR_METAL = (
    "cpuManagerPolicy",
    "kubeReserved",
    "memoryManagerPolicy",
    "reservedMemory",
    "reservedSystemCPUs",
    "systemReserved",
)
_NO_TWIN_OF = {
    "ntp": "no time server is reachable from the lab; the provisioner's own clock is the source",
    "dns": "no resolver is reachable from the lab",
}


@dataclass(frozen=True)
class Materials:
    """Secrets and paths of the lab. They are not in the model, so that the twin has no secret of the real cloud."""

    places: Places
    bmc_password: str
    public_key: str
    private_key_file: str
    fingerprints: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each BMC's certificate in hexadecimal, by machine."""


def twin(cloud: Tree, materials: Materials, accelerator: str = "kvm") -> tuple[Tree, list[str]]:
    """The twin's model, and notes about what it can't reproduce.

    :param cloud: a model as in the file, before or after evaluation of templates, with which `require_bmcs` has found
        nothing wrong; it is not changed.
    :param accelerator: `tcg` for emulated machines, which are slow: images and timings of the twin suit them.
    :returns: `(model, notes)`; a note begins with the place in the original model.
    """
    notes: list[str] = []
    result = _resolved(cloud)
    result["name"] = materials.places.name
    lab = result.get("lab") or {}
    if lab.get("control_plane") == str(ControlPlane.HOSTED):
        _host_control_plane(result["machines"], notes)
    networks = result["networks"]
    result["switches"], cabling = twin_switches(
        result["switches"], networks, (result.get("provisioner") or {}).get("rack"), materials.places.database, notes
    )
    result["machines"] = {
        name: _machine(name, machine, cabling, materials, notes) for name, machine in result["machines"].items()
    }
    _boot_nics(result["machines"], networks)
    result.pop("routed_links", None)
    emulated = accelerator == "tcg"
    if (result.get("kubernetes") or {}).pop("registries", None):
        notes.append("kubernetes.registries: no registry is reachable from the lab, and no secret enters the twin")
    _kubelets(result, notes)
    for machine in result["machines"].values():
        machine["lab"] = sized(machine, emulated, bool(result.get("kubernetes")))
    if emulated:
        _suit_emulation(result, notes)
    serve_endpoint(cloud, result, notes)
    result["provisioner"] = _provisioner(result.get("provisioner") or {}, networks, materials.places, notes)
    result["access"] = {
        "user": _user(result.get("access") or {}, notes),
        "public_keys": [materials.public_key],
        "private_key_file": materials.private_key_file,
    }
    result["lab"] = {"throw_away_secrets": True, **{key: lab[key] for key in _KEPT_OF_LAB if lab.get(key)}}
    _upstream(result, notes)
    _gateways(networks, notes)
    return result, notes


def _boot_nics(machines: Tree, networks: Tree) -> None:
    """Name the NIC that boots where it is not the first: libvirt boots by the first one of a domain."""
    native = next((name for name, network in networks.items() if (network or {}).get("native")), None)
    provision = Network(name=native) if native else None
    for name, machine in machines.items():
        own: Machine = Parser().record(Machine, machine, (), name, partial=True)
        nic = boot_nic(own, provision)
        if nic is not None and nic.name != next(iter(own.nics)):
            machine["boot_nic"] = nic.name


def _kubelets(result: Tree, notes: list[str]) -> None:
    """Leave out what kubelets reserve of machines that are larger: the kubelet of a twin would not start."""
    places: list[tuple[str, Tree]] = [("kubernetes", result.get("kubernetes") or {})]
    places += [(f"machines.{name}", machine) for name, machine in result["machines"].items()]
    for where, place in places:
        for name in [name for name in place.get("kubelet") or {} if name in _SIZED_FOR_METAL]:
            del place["kubelet"][name]
            notes.append(f"{where}.kubelet.{name}: is left to the kubelet, as twins are smaller than their machines")


def _user(access: Tree, notes: list[str]) -> str:
    """The account on the machines, which the rack has to know as well, to set clocks."""
    user = str(access.get("user") or ROOT)
    if "{{" in user:
        notes.append(f"access.user: is {ROOT}, because the rack does not evaluate templates")
        return ROOT
    return user


def _suit_emulation(result: Tree, notes: list[str]) -> None:
    """Images and timings for machines whose CPUs are emulated. What the model says for such machines stays."""
    images = result.setdefault("images", {"debian-13": {}})
    for name, image in images.items():
        images[name] = image = dict(image or {})
        if image.get("source", "build") == "build" and image.get("profile") != str(ImageProfile.EMULATED):
            image["profile"] = str(ImageProfile.EMULATED)
            image.pop("non_free_firmware", None)
            notes.append(f"images.{name}.profile: is emulated, because the machines are")
    kubernetes = result.get("kubernetes")
    if kubernetes and kubernetes.get("timings") != str(Timings.SLOW):
        kubernetes["timings"] = str(Timings.SLOW)
        notes.append("kubernetes.timings: is slow, because the machines are emulated")
    virtualization = result.get("virtualization") or {}
    if virtualization.get("enabled") and not virtualization.get("emulation"):
        virtualization["emulation"] = True
        notes.append("virtualization.emulation: is true, because emulated machines have no virtualization in hardware")


def _host_control_plane(machines: Tree, notes: list[str]) -> None:
    """Take the role control_plane from all machines, and those that have no other role out of the twin."""
    own = str(Role.CONTROL_PLANE)
    for name, machine in list(machines.items()):
        roles = list(machine.get("roles") or [])
        if own not in roles:
            continue
        machine["roles"] = [role for role in roles if role != own]
        if machine["roles"]:
            notes.append(f"machines.{name}: is a worker, because lab.control_plane is hosted")
        else:
            del machines[name]
            notes.append(f"machines.{name}: has no twin, because lab.control_plane is hosted and it has no other role")


def require_bmcs(cloud: Tree) -> None:
    """Refuse a model with machines whose operating system others installed: nobody installs it in the twin.

    Their interfaces, and whatever else was set up by hand, are not in the model either.

    :raises LabError: where a machine of the twin would have no `bmc`.
    """
    machines = _resolved(cloud)["machines"]
    if (cloud.get("lab") or {}).get("control_plane") == str(ControlPlane.HOSTED):
        _host_control_plane(machines, [])
    lacking = [name for name, machine in machines.items() if not machine.get("bmc")]
    if lacking:
        more = f" (nor have {len(lacking) - 1} more)" if len(lacking) > 1 else ""
        raise LabError(
            f"machines.{lacking[0]}: has no bmc{more}, so its operating system is not from a deployment, and a virtual "
            "rack starts from blank machines; raise a copy of the model in which each machine has bmc, nics and "
            "root_disk instead of interfaces, or try such machines as virtual machines of your own "
            "(docs/existing_machines.md)"
        )


def _resolved(cloud: Tree) -> Tree:
    """The model with `defaults` and hardware profiles merged into every object."""
    result = copy.deepcopy({key: value for key, value in cloud.items() if key not in inherit.KEYS})
    found = inherit.sections(cloud, inherit.of_valid(cloud))
    for section, _cls in inherit.SECTION_DEFAULTS.values():
        # Each on its own, since objects share what they inherit.
        result[section] = {name: copy.deepcopy(item) for name, item in found.get(section, {}).items()}
    for machine in result["machines"].values():
        machine.pop("profile", None)
    return result


def system_uuid(lab: str, machine: str, given: str | None) -> str:
    """The machine's UUID in the model, else one that depends only on the names of lab and machine."""
    return str(uuid.UUID(given)) if given else str(uuid.uuid5(_NAMESPACE, f"{lab}/{machine}"))


def _machine(name: str, machine: Tree, cabling: Cabling, materials: Materials, notes: list[str]) -> Tree:
    where = f"machines.{name}"
    for link in [link for link, own in (machine.get("links") or {}).items() if (own or {}).get("routed")]:
        del machine["links"][link]
        notes.append(f"{where}.links.{link}: has no twin, as Open vSwitch does not route")
    for nic, settings in (machine.get("nics") or {}).items():
        if settings.get("port"):
            settings["port"] = cabling.port(settings["port"])
        else:
            notes.append(f"{where}.nics.{nic}: has no port, so its twin is a NIC without a cable")
    identity = machine.get("identity") or {}
    if identity.get("serial"):
        notes.append(
            f"{where}.identity.serial: a Redfish emulator reports no chassis serial; the UUID identifies the twin"
        )
    machine["identity"] = {"uuid": system_uuid(materials.places.name, name, identity.get("uuid"))}
    if (machine.get("host") or {}).pop("kernel_arguments", None):
        notes.append(f"{where}.host.kernel_arguments: are left out, as they are for the hardware of the machine")
    _disks(where, machine, notes)
    machine["bmc"] = _bmc(where, machine["bmc"], materials, materials.fingerprints.get(name), notes)
    return machine


def _disks(where: str, machine: Tree, notes: list[str]) -> None:
    for disk in [*root_disks(machine), *(machine.get("storage_disks") or [])]:
        serial = str(disk.get("serial") or "")
        if len(serial) > SERIAL_LIMIT and not disk.get("wwn"):
            disk["serial"] = serial[-SERIAL_LIMIT:]
            notes.append(
                f"{where}: disk {serial} is {disk['serial']} in the twin "
                f"(a virtio serial has at most {SERIAL_LIMIT} characters)"
            )


def _bmc(where: str, bmc: Tree, materials: Materials, fingerprint: str | None, notes: list[str]) -> Tree:
    result = {key: bmc[key] for key in ("address", "protocol", "port", "username") if bmc.get(key)}
    if "{{" in str(result.get("username", "")):
        result.pop("username")
    result["password"] = materials.bmc_password
    if str(bmc.get("protocol", "redfish")) == "ipmi":
        result["ipmi"] = {"cipher": 3}
        if (bmc.get("ipmi") or {}).get("cipher", 17) != 3:
            notes.append(f"{where}.bmc.ipmi.cipher: virtualbmc supports cipher suite 3 only")
    elif fingerprint:
        result["tls"] = {"fingerprint": fingerprint}
    if bmc.get("switch_port"):
        notes.append(f"{where}.bmc.switch_port: the lab's BMCs are on an out-of-band cable instead")
    return result


def _provisioner(given: Tree, networks: Tree, places: Places, notes: list[str]) -> Tree:
    if given.get("host", "localhost") != "localhost":
        notes.append(f"provisioner.host: {given['host']} is the controller itself in the lab")
    ports: Tree = {key: given[key] for key in ("rack", "http_port", "registry_port") if key in given}
    return {
        **ports,
        "host": "localhost",
        "addresses": provisioner_addresses(networks, given.get("addresses") or {}, given.get("rack")),
        "service_manager": "processes",
        "state_dir": f"{places.state}/provisioner",
    }


def _upstream(result: Tree, notes: list[str]) -> None:
    for key, why in _NO_TWIN_OF.items():
        section = result.get(key)
        if isinstance(section, dict) and section.pop("servers", None):
            notes.append(f"{key}.servers: {why}")


def _gateways(networks: Tree, notes: list[str]) -> None:
    divided = sorted(name for name, network in networks.items() if (network or {}).get("racks"))
    if divided:
        notes.append(f"networks.*.racks ({', '.join(divided)}): a namespace of this host is the router between racks")
    names = sorted(name for name, network in networks.items() if (network or {}).get("gateway"))
    if names:
        notes.append(f"networks.*.gateway ({', '.join(names)}): answers, but forwards nothing: a lab is isolated")
