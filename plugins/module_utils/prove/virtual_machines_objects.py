# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of proofs of virtual machines: one virtual machine, pods that ask its guest, a policy, a migration.

They are what a user would write: the network, the CPU and the eviction are those that the cloud gives by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cluster.instance_types import MIGRATABLE
from ..vms.kinds import CLONE, MIGRATION, RESTORE, SNAPSHOT, VM
from . import storage_pods, virtual_machines_guest, workloads
from .virtual_machines_wanted import Image, VirtualMachines

Json = dict[str, Any]
NAME, SECRET, ROOT = "proof", "proof-user-data", "root"
#: On the virtual machine, its pod, and what is made of it.
LABEL = {"groundup.cloud/proof": "vm"}
#: Memory of the guest: enough for Linux with cloud-init, little enough for a lab.
MEMORY = "512Mi"
#: Seconds in which a guest shuts down before it is switched off. What it has written is on its disk by then.
GRACE = 60
_POLICY = {
    "podSelector": {"matchLabels": LABEL},
    "policyTypes": ["Ingress"],
    "ingress": [{"ports": [{"protocol": "TCP", "port": virtual_machines_guest.PORT}]}],
}


def secret(namespace: str, word: str) -> Json:
    """The user data, which is too long to stand in the virtual machine itself (2048 bytes)."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": namespace},
        "stringData": {"userdata": virtual_machines_guest.user_data(word)},
    }


def virtual_machine(namespace: str, wanted: VirtualMachines, image: Image) -> Json:
    """The virtual machine, whose disk is made of a golden image."""
    storage: Json = {"resources": {"requests": {"storage": image.size}}}
    if image.storage_class:
        storage["storageClassName"] = image.storage_class
    source = {"kind": "DataSource", "name": image.name, "namespace": wanted.images_namespace}
    disk: Json = {"disk": {"bus": "virtio"}}
    template = {
        "metadata": {"labels": LABEL, **({"annotations": {MIGRATABLE: ""}} if wanted.bridge else {})},
        "spec": {
            "terminationGracePeriodSeconds": GRACE,
            "domain": {
                "cpu": {"cores": 1},
                "memory": {"guest": MEMORY},
                "devices": {"disks": [{"name": ROOT, **disk}, {"name": "init", **disk}], "logSerialConsole": True},
            },
            "volumes": [
                {"name": ROOT, "dataVolume": {"name": f"{NAME}-{ROOT}"}},
                {"name": "init", "cloudInitNoCloud": {"secretRef": {"name": SECRET}}},
            ],
        },
    }
    volume = {"metadata": {"name": f"{NAME}-{ROOT}"}, "spec": {"sourceRef": source, "storage": storage}}
    return VM.body(namespace, NAME, {"runStrategy": "Always", "dataVolumeTemplates": [volume], "template": template})


def policy(namespace: str) -> Json:
    """A policy that closes each port of the virtual machine but one."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": _POLICY,
    }


def migration(namespace: str) -> Json:
    """A migration to whichever machine KubeVirt chooses."""
    return MIGRATION.body(namespace, NAME, {"vmiName": NAME})


def snapshot(namespace: str) -> Json:
    """A snapshot of the virtual machine while it runs."""
    return SNAPSHOT.body(namespace, NAME, {"source": _vm(NAME)})


def restore(namespace: str, target: str) -> Json:
    """A new virtual machine of the snapshot."""
    return RESTORE.body(namespace, target, {"target": _vm(target), "virtualMachineSnapshotName": NAME})


def clone(namespace: str, target: str) -> Json:
    """A clone of the virtual machine."""
    return CLONE.body(namespace, target, {"source": _vm(NAME), "target": _vm(target)})


def _vm(name: str) -> Json:
    return {"apiGroup": VM.group, "kind": VM.kind, "name": name}


class Pods:
    """Makes pods that ask a guest.

    :param image: reference of the probe image, which has busybox's applets on its path.
    :param word: of the run, which the guest knows by its user data.
    :param patience: seconds for which a pod repeats what it waits for.
    """

    def __init__(self, namespace: str, image: str, word: str, patience: int) -> None:
        self._namespace, self._image, self._word, self._patience = namespace, image, word, patience
        self._made = 0

    def look(self, node: str, address: str, write: str = "", *, finish: bool = False) -> Json:
        """A pod that says what is on the guest's disk and which boot it is; before that, it may have a word written.

        :param finish: the streams of the guest end.
        """
        env = {"WRITE": write, "FINISH": "yes" if finish else ""}
        return self._pod(node, address, storage_pods.saying(virtual_machines_guest.LOOK), env)

    def tries(self, node: str, address: str, wanted: str) -> Json:
        """A pod that waits until the second port is `open`, or `closed`."""
        return self._pod(node, address, storage_pods.saying(virtual_machines_guest.TRY), {"WANTED": wanted})

    def stream(self, node: str, address: str) -> Json:
        """A pod that keeps one connection until the streams of the guest end."""
        script = f"exec 3>&1\n{storage_pods.saying(virtual_machines_guest.STREAM)}"
        return self._pod(node, address, script, {})

    def _pod(self, node: str, address: str, script: str, env: Mapping[str, str]) -> Json:
        self._made += 1
        given = {"AT": address, "WORD": self._word, "PATIENCE": str(self._patience), **env}
        return workloads.once(self._namespace, self._image, f"asks-{self._made}", node, script, given)
