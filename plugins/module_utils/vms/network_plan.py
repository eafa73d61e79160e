# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module `vm_network` decides: a VM's interfaces and networks as they shall be, and why that can't be.

Sources: kubevirt v1.9.0, pkg/network/controllers/vm.go (only interfaces by bridge or SR-IOV join a VM that runs; one
whose state is absent is removed from both objects when it has gone), pkg/network/admitter (names; absent is for bridges
only, and not for the network of pods), pkg/network/migration/evaluator.go and watch/workload-updater (without the
dynamic networks controller, the VM is migrated for it); its user guide, network/hotplug_interfaces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..conditions.fields import Item, at, condition, why
from .vmi import not_migratable

ABSENT = "absent"
_NAME = re.compile(r"[A-Za-z0-9_-]+")
#: A label of DNS, which names of networks are (api/core/v1, Network).
LONGEST = 63
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
#: Names of interfaces in pods that KubeVirt up to 0.59 has started, which nothing can be taken from.
_ORDINAL = re.compile(r"net[0-9]+")
#: What an interface's status says of where it was seen: in the guest's definition, and in its pod.
DOMAIN, POD = "domain", "multus-status"
#: KubeVirt's own choice (pkg/virt-config, DefaultNetworkInterface).
DEFAULT_BINDING = "bridge"


@dataclass(frozen=True)
class Cloud:
    """What the cluster says of changes to VMs that run.

    :ivar dynamic: the dynamic networks controller of Multus changes pods that run.
    :ivar updates: KubeVirt migrates VMs for changes: vmRolloutStrategy LiveUpdate, and LiveMigrate for updates.
    :ivar binding: how VMs that do not say it are bound to the network of pods.
    """

    dynamic: bool = False
    updates: bool = True
    binding: str = DEFAULT_BINDING

    @classmethod
    def of(cls, kubevirts: Sequence[Item], dynamic: bool) -> Cloud:
        """What the KubeVirt object says; KubeVirt's defaults where it may not be read."""
        spec = (at(kubevirts[0], "spec") or {}) if kubevirts else {}
        configuration = spec.get("configuration") or {}
        strategy = str(configuration.get("vmRolloutStrategy") or "LiveUpdate")
        methods = at(spec, "workloadUpdateStrategy", "workloadUpdateMethods") or ()
        binding = str(at(configuration, "network", "defaultNetworkInterface") or DEFAULT_BINDING)
        return cls(dynamic, not kubevirts or (strategy == "LiveUpdate" and "LiveMigrate" in methods), binding)


def wrong(params: Mapping[str, Any]) -> list[str]:
    """What is wrong with names and addresses."""
    name, mac = name_of(params), str(params.get("mac_address") or "").lower()
    texts = []
    if not _NAME.fullmatch(name):
        texts.append(f"interface is {name}, and may have letters, digits, dashes and underscores only; choose another")
    elif len(name) > LONGEST:
        texts.append(f"interface has {len(name)} characters, and {LONGEST} are possible; give a shorter one")
    if mac and not _MAC.fullmatch(mac):
        texts.append(f"mac_address is {mac}, which is not like 02:00:00:00:00:17")
    elif mac and int(mac[:2], 16) & 1:
        texts.append(f"mac_address is {mac}, which is one of a group; give one whose first byte is even")
    return texts


def name_of(params: Mapping[str, Any]) -> str:
    """Name of the interface; by default that of the attachment."""
    return str(params.get("interface") or str(params.get("attachment") or "").rpartition("/")[2])


def attachment_of(params: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace and name of the attachment."""
    space, __, name = str(params.get("attachment") or "").rpartition("/")
    return space or str(params["namespace"]), name


def interfaces(spec: Item | None) -> list[dict[str, Any]]:
    """Interfaces of a specification of a VM that runs, or of a template."""
    return [dict(one) for one in at(spec, "domain", "devices", "interfaces") or ()]


def networks(spec: Item | None) -> list[dict[str, Any]]:
    """Networks of it."""
    return [dict(one) for one in at(spec, "networks") or ()]


def named(items: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any] | None:
    """The interface, network or status with a name."""
    return next((dict(one) for one in items if one.get("name") == name), None)


def template(vm: Item) -> Item:
    """The specification of VMs that are made of it."""
    found: Item = at(vm, "spec", "template", "spec") or {}
    return found


def shown(vm: Item, name: str) -> str:
    """An interface as lines of a diff; empty where there is none."""
    nic, network = named(interfaces(template(vm)), name), named(networks(template(vm)), name)
    if nic is None or nic.get("state") == ABSENT:
        return ""
    words = {
        "interface": name,
        "attachment": str(at(network, "multus", "networkName") or "the network of pods"),
        "binding": next((key for key in ("bridge", "masquerade", "sriov", "binding") if key in nic), "bridge"),
        "mac_address": str(nic.get("macAddress") or "").lower(),
    }
    return "".join(f"{key}: {value}\n" for key, value in words.items() if value)


def is_wanted(vm: Item, params: Mapping[str, Any]) -> bool:
    """Whether the VM's definition says already what is wanted. It may not have happened yet."""
    nic = named(interfaces(template(vm)), name_of(params))
    if params["state"] == ABSENT:
        return nic is None or nic.get("state") == ABSENT
    return nic is not None and nic.get("state") != ABSENT and not differences(vm, params)


def differences(vm: Item, params: Mapping[str, Any]) -> list[str]:
    """In what an interface of this name is another one than the wanted."""
    name, space = name_of(params), str(params["namespace"])
    nic, network = named(interfaces(template(vm)), name), named(networks(template(vm)), name)
    if nic is None:
        return []
    has = str(at(network, "multus", "networkName") or "")
    full = "/".join(attachment_of(params))
    texts = []
    if has not in (full, full.removeprefix(f"{space}/")):
        texts.append(f"it is on {has or 'the network of pods'}")
    if "bridge" not in nic:
        texts.append("it is not bound by a bridge")
    mac, wish = str(nic.get("macAddress") or "").lower(), str(params.get("mac_address") or "").lower()
    if wish and mac != wish:
        texts.append(f"its MAC address is {mac or 'one that KubeVirt chose'}")
    return texts


def refusals(params: Mapping[str, Any], vm: Item, vmi: Item | None, cloud: Cloud) -> list[str]:
    """Why what is wanted can't be done to this VM."""
    name, detaches = name_of(params), params["state"] == ABSENT
    nic, network = named(interfaces(template(vm)), name), named(networks(template(vm)), name)
    texts = []
    if not detaches and nic is not None:
        if nic.get("state") == ABSENT:
            texts.append(f"an interface {name} is just being detached; wait until it has gone")
        else:
            there = " and ".join(differences(vm, params))
            texts.append(f"it has an interface {name} already, and {there}; detach that first, or give another name")
    if detaches and nic is not None:
        if at(network, "multus") is None or at(network, "multus", "default"):
            texts.append(f"{name} is its interface to the network of pods, which stays")
        elif vmi is not None and "bridge" not in nic:
            texts.append(
                f"{name} is not bound by a bridge, and only such interfaces are detached while it runs; stop it"
            )
    if vmi is not None and not texts:
        texts += filter(None, [not_hot(params, vmi, cloud)])
    return texts


def not_hot(params: Mapping[str, Any], vmi: Item, cloud: Cloud) -> str:
    """Why an interface of a VM that runs can't be changed; empty where it can."""
    name = name_of(params)
    status = named(at(vmi, "status", "interfaces") or (), name) or {}
    reason, way = "", "stop the VM with vm_power, run this again, and start it"
    if params["state"] == ABSENT and _ORDINAL.fullmatch(str(status.get("podInterfaceName") or "")):
        return f"{name} was made by KubeVirt 0.59 or older, which nothing is detached from while it runs; {way}"
    if cloud.dynamic:
        return ""
    if not cloud.updates:
        reason = (
            "KubeVirt migrates no VM for that (vmRolloutStrategy LiveUpdate, and LiveMigrate in workloadUpdateMethods)"
        )
    elif unable := not_migratable(vmi):
        reason = f"it can't be migrated: {unable}"
    head = "it runs, its pod can't be changed without the dynamic networks controller of Multus, and "
    return f"{head}{reason}; {way}" if reason else ""


def changed(params: Mapping[str, Any], vm: Item, vmi: Item | None, cloud: Cloud) -> dict[str, Any]:
    """The patch of a VM's template. A list is replaced as a whole, so that others may not have changed it meanwhile."""
    name, spec = name_of(params), template(vm)
    nics, nets = interfaces(spec), networks(spec)
    if params["state"] == ABSENT and vmi is None:
        nics, nets = ([one for one in ones if one["name"] != name] for ones in (nics, nets))
    elif params["state"] == ABSENT:
        nics = [{**one, "state": ABSENT} if one["name"] == name else one for one in nics]
    else:
        if not nics and not nets and at(spec, "domain", "devices", "autoattachPodInterface") is not False:
            nics, nets = _of_pods(vmi, cloud)
        mac = {"macAddress": str(params["mac_address"]).lower()} if params.get("mac_address") else {}
        nics.append({"name": name, "bridge": {}, **mac})
        nets.append({"name": name, "multus": {"networkName": "/".join(attachment_of(params))}})
    body = {"domain": {"devices": {"interfaces": nics}}, "networks": nets}
    version = at(vm, "metadata", "resourceVersion")
    return {"metadata": {"resourceVersion": version}, "spec": {"template": {"spec": body}}}


def _of_pods(vmi: Item | None, cloud: Cloud) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The interface that KubeVirt gives to VMs without any, which one with another interface would lose."""
    running = at(vmi, "spec")
    if running:
        return interfaces(running), networks(running)
    return [{"name": "default", cloud.binding: {}}], [{"name": "default", "pod": {}}]


def missing(params: Mapping[str, Any], vm: Item, vmi: Item) -> str:
    """What has not happened yet at a VM that runs; empty where all has."""
    name = name_of(params)
    nic = named(interfaces(at(vmi, "spec")), name)
    status = named(at(vmi, "status", "interfaces") or (), name)
    sources = str((status or {}).get("infoSource") or "")
    if params["state"] == ABSENT:
        if nic is None and status is None and named(interfaces(template(vm)), name) is None:
            return ""
        said = f"{name} is still in its guest" if DOMAIN in sources else f"{name} is still in its pod"
        said = said if status else f"{name} has gone, and KubeVirt has not forgotten it yet"
    elif nic is None:
        said = f"KubeVirt has not given it {name} yet"
    elif DOMAIN in sources:
        return ""
    else:
        said = f"{name} is in its pod, and not in its guest yet" if POD in sources else f"its pod has no {name} yet"
    entries = ((vmi, "MigrationRequired"), (vm, "RestartRequired"), (vm, "Failure"))
    return "; ".join([said, *(_told(item, kind) for item, kind in entries if condition(item, kind))])


def _told(item: Item, kind: str) -> str:
    entry = condition(item, kind)
    return f"{kind} is {entry.get('status')}" + (f" ({why(entry)})" if why(entry) else "")


def facts(params: Mapping[str, Any], vm: Item | None, vmi: Item | None) -> dict[str, Any]:
    """Results that describe the interface as it is."""
    name = name_of(params)
    nic = named(interfaces(template(vm or {})), name)
    status = named(at(vmi, "status", "interfaces") or (), name) or {}
    listed = status.get("ipAddresses") or list(filter(None, [status.get("ipAddress")]))
    return {
        "interface": name,
        "attached": nic is not None and nic.get("state") != ABSENT,
        "mac_address": str(status.get("mac") or (nic or {}).get("macAddress") or "").lower(),
        "addresses": [str(one) for one in listed],
        "in_guest": DOMAIN in str(status.get("infoSource") or ""),
    }
