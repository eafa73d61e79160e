# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of what KubeVirt does when interfaces of a VM are changed while it runs; no pod and no guest is behind it.

The specification goes from the VM to its instance, and an interface joins by the dynamic networks controller or by a
migration that KubeVirt begins (kubevirt v1.9.0, pkg/network/controllers/vm.go, pkg/network/migration/evaluator.go,
watch/workload-updater). The annotation `fault: deaf-network` keeps KubeVirt from taking anything up.
"""

from __future__ import annotations

import typing as t

from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from services.vms.double_controller import CORE, Controllers, condition, fault

Json = dict[str, t.Any]
DYNAMIC = "/apis/apps/v1/namespaces/kube-system/daemonsets/dynamic-networks-controller-ds"
REQUIRED = "MigrationRequired"


def nics(spec: Json) -> list[Json]:
    return list(spec["domain"]["devices"].get("interfaces") or [])


def lists(ones: list[Json], nets: list[Json]) -> Json:
    """A specification with these interfaces, and the networks that they are on."""
    names = {one["name"] for one in ones}
    kept = [one for one in nets if one["name"] in names]
    return {"domain": {"devices": {"interfaces": ones}}, "networks": kept}


class NetworkControllers:
    """Each round moves every interface one step further.

    :ivar began: where a VM ran when an interface of it wanted a migration.
    """

    def __init__(self, base: Controllers) -> None:
        self.base, self.began = base, dict[tuple[str, str], str]()

    def round(self) -> None:
        vmis = {self.base.key(one): one for one in self.base.all(f"{CORE}/virtualmachineinstances")}
        for vm in self.base.all(f"{CORE}/virtualmachines"):
            vmi = vmis.get(self.base.key(vm))
            if vmi is None or vmi.get("status", {}).get("phase") != "Running" or fault(vmi) == "deaf-network":
                continue
            if not self.taken_up(vm, vmi):
                self.join(vm, vmi)

    def taken_up(self, vm: Json, vmi: Json) -> bool:
        """Bring the VM's template to its instance, and what has gone out of both; whether anything was changed."""
        template, spec = vm["spec"]["template"]["spec"], vmi["spec"]
        wanted = {one["name"]: one for one in nics(template)}
        seen = {one["name"] for one in vmi["status"].get("interfaces", [])}
        new = [one for name, one in wanted.items() if name not in {have["name"] for have in nics(spec)}]
        new = [one for one in new if "bridge" in one and one.get("state") != "absent"]
        own = [
            {**one, "state": "absent"} if wanted.get(one["name"], {}).get("state") == "absent" else one
            for one in nics(spec)
        ]
        kept = [one for one in own if one.get("state") != "absent" or one["name"] in seen]
        if [*kept, *new] != nics(spec):
            nets = [*spec.get("networks", []), *template.get("networks", [])]
            nets = list({one["name"]: one for one in nets}.values())
            self.base.patch(self.base.path(vmi, "virtualmachineinstances"), {"spec": lists([*kept, *new], nets)})
            return True
        have = {one["name"] for one in nics(spec)} | seen
        left = [one for one in wanted.values() if one.get("state") != "absent" or one["name"] in have]
        if left != list(wanted.values()):
            body = lists(left, template.get("networks", []))
            self.base.patch(self.base.path(vm, "virtualmachines"), {"spec": {"template": {"spec": body}}})
            return True
        return False

    def join(self, vm: Json, vmi: Json) -> None:
        """Interfaces join the guest, or leave it, once the pod has changed."""
        states = {one["name"]: one for one in vmi["status"].get("interfaces", [])}
        nets = {one["name"] for one in vmi["spec"].get("networks", []) if "multus" in one}
        own = [one for one in nics(vmi["spec"]) if one["name"] in nets]
        joining = [one for one in own if one.get("state") != "absent" and one["name"] not in states]
        leaving = [one for one in own if one.get("state") == "absent" and one["name"] in states]
        path, others = self.base.path(vmi, "virtualmachineinstances"), self.conditions(vmi)
        if not joining and not leaving:
            return
        if get(self.base.api, DYNAMIC) is None and not self.migrated(vm, vmi, [*joining, *leaving], others):
            return
        gone = {one["name"] for one in leaving}
        shown = [one for name, one in states.items() if name not in gone]
        for number, one in enumerate(joining):
            mac = one.get("macAddress") or f"02:00:00:00:01:{number:02x}"
            pod = {"podInterfaceName": "pod0123456789a", "infoSource": "domain, multus-status"}
            shown.append({"name": one["name"], "mac": mac, **pod})
        self.base.patch(path, {"status": {"interfaces": shown, "conditions": others}})

    def conditions(self, vmi: Json) -> list[Json]:
        return [one for one in vmi["status"].get("conditions", []) if one["type"] != REQUIRED]

    def migrated(self, vm: Json, vmi: Json, changed: list[Json], others: list[Json]) -> bool:
        """Whether the VM was migrated since the change; it is begun once, and the guest loses NICs before."""
        key, node = self.base.key(vm), vmi["status"]["nodeName"]
        if key in self.began and self.began[key] != node:
            del self.began[key]
            return True
        if key not in self.began:
            self.began[key] = node
            required = condition(REQUIRED, "True", "AutoMigrationDueToLiveUpdate")
            leaving = {one["name"] for one in changed if one.get("state") == "absent"}
            shown = [
                {**one, "infoSource": "multus-status"} if one["name"] in leaving else one
                for one in vmi["status"].get("interfaces", [])
            ]
            status = {"conditions": [*others, required], "interfaces": shown}
            self.base.patch(self.base.path(vmi, "virtualmachineinstances"), {"status": status})
            metadata = {"generateName": "kubevirt-workload-update-", "namespace": vm["metadata"]["namespace"]}
            body = {
                "apiVersion": "kubevirt.io/v1",
                "kind": "VirtualMachineInstanceMigration",
                "metadata": metadata,
                "spec": {"vmiName": vm["metadata"]["name"]},
            }
            space = vm["metadata"]["namespace"]
            self.base.api.call("POST", f"{CORE}/namespaces/{space}/virtualmachineinstancemigrations", None, body)
        return False
