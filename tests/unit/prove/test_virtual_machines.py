# SPDX-License-Identifier: GPL-3.0-or-later
"""The proofs of virtual machines, against a double of a cluster whose virtual machines behave well or have a fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import virtual_machines as vms
from ansible_collections.groundup.cloud.plugins.module_utils.prove import virtual_machines_attempts as tries
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import (
    Expected,
    cluster_proofs,
    in_check_mode,
)
from ansible_collections.groundup.cloud.plugins.module_utils.prove.virtual_machines_wanted import (
    Image,
    VirtualMachines,
)
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import CHECK, Proof

from .machines_api import ALL, DEBIAN, NODES, Machines

LAYERS: dict[str, str | None] = {
    "disk_images": None, "virtual_machines": None, "golden_images": None, "network": "custom",
}  # fmt: skip
#: As those of a network that users bring, whose provider owes no proof of its own.
PROMISES = {"network": ["policy_vms", "address_kept", "connections_kept"]}
OF_VM = [*vms._CLAIMS]
REPORTED = [vms.CDI, vms.KUBEVIRT, vms.NODES, vms.ROOM, vms.SOURCES]
KNOWN = (*REPORTED, *OF_VM, vms.REMOVED)
#: A network that makes none of these promises.
PLAIN: dict[str, Any] = {"layers": {**LAYERS, "network": "flannel"}, "promises": {}}


def expected(wanted: VirtualMachines | None = ALL, **more: Any) -> Expected:
    more = {"layers": LAYERS, "promises": PROMISES, **more}
    return Expected("a:1", "1.36.3", NODES, "cluster.local", "probe:1", 0, virtual_machines=wanted, **more)


def proofs(api: Machines, wanted: VirtualMachines = ALL, **more: Any) -> dict[str, Proof]:
    found = cluster_proofs(api, expected(wanted, **more))  # type: ignore[arg-type]
    return {one.name: one for one in found if one.name in KNOWN}


def test_everything_that_the_model_promises_is_proved_and_removed() -> None:
    api = Machines()
    found = proofs(api)
    assert {name: one.evidence for name, one in found.items() if not one.ok} == {}
    assert list(found) == [*KNOWN]
    assert {one.real for one in found.values()} == {True}
    assert found[tries.STARTS].evidence.startswith("debian-13: its guest answers by its console, ")
    assert found[tries.MIGRATES].evidence == "from n1 to n2 in 7 s"
    assert found[tries.CONNECTIONS].evidence == (
        "50 numbers came over one connection, none missing; the longest pause took 1 s"
    )
    assert (found[tries.CONNECTIONS].layer, found[tries.KEEPS].layer) == ("network", "virtual_machines")
    assert api.objects == {} and not api.machines, "nothing is left"
    released = [body for path, body in api.patched.items() if path == "/api/v1/persistentvolumes/pvc-7"]
    assert released == [{"spec": {"persistentVolumeReclaimPolicy": "Delete"}}]


@pytest.mark.parametrize(
    ("fault", "claim", "words"),
    [
        ("refused", tries.STARTS, "secrets is forbidden"),
        ("unschedulable", tries.STARTS, "its status is ErrorUnschedulable; Ready is False"),
        ("no volume", tries.STARTS, "DataVolume groundup-prove-vms-"),
        ("silent", tries.STARTS, "no agent, and its console says: Debian boots / login:"),
        ("other address", tries.REACHED, "it has 10.64.9.9, and its pod 10.64.0.1"),
        ("mute", tries.REACHED, "10.64.0.1 answers: nothing"),
        ("no policy", tries.POLICY, 'left the message "open"'),
        ("lost", tries.KEEPS, "its disk has 'nothing', not 'first'"),
        ("not stopped", tries.KEEPS, "its phase is Running"),
        ("not migratable", tries.MIGRATES, "DisksNotLiveMigratable: PVC is not shared"),
        ("aborted", tries.MIGRATES, "stuck for 150 seconds"),
        ("stays", tries.MIGRATES, "the migration succeeded, and it is still on n1"),
        ("restarted", tries.MIGRATES, "its guest was booted again when it went from n1 to n2"),
        ("new address", tries.ADDRESS, "it had 10.64.0.1, and has 10.64.9.1 after its migration"),
        ("cut", tries.CONNECTIONS, "the connection was cut after 7 numbers"),
        ("no snapshot", tries.SNAPSHOT_OF, "snapshot deadline exceeded"),
        ("without disk", tries.SNAPSHOT_OF, "the snapshot does not have its disk, only nothing"),
        ("live snapshot", tries.SNAPSHOT_OF, "the one of the snapshot has 'second', not 'first'"),
        ("same disk", tries.CLONE_OF, "after its clone was changed, has 'third', not 'second'"),
        ("left", vms.REMOVED, "PersistentVolume pvc-7: it is Released"),
    ],
)
def test_a_fault_fails_its_proof_and_nothing_is_left(fault: str, claim: str, words: str) -> None:
    api = Machines(fault)
    found = proofs(api)[claim]
    assert found.ok is False and words in found.evidence, found.evidence
    assert api.objects == {} and not api.machines


def test_a_guest_answers_by_its_agent_as_well() -> None:
    assert ": its guest answers by its agent, " in proofs(Machines("no console"))[tries.STARTS].evidence


def test_what_needs_a_virtual_machine_is_not_tried_without_one() -> None:
    found = proofs(Machines("unschedulable"))
    for claim in OF_VM[1:]:
        assert found[claim].ok is None and "ErrorUnschedulable" in str(found[claim].why_not_real)
    assert found[vms.REMOVED].ok
    found = proofs(Machines("mute"))
    assert found[tries.KEEPS].why_not_real == "no pod reached the virtual machine before"
    assert found[tries.ADDRESS].why_not_real == "the virtual machine was not migrated"


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ((), "the model has no golden image (virtualization.images), and the bundle has no image with a disk in it"),
        (
            (Image("w", "40Gi", preference="windows.2k25"),),
            "all golden images of the model have a preference of Windows, in which no cloud-init runs",
        ),
    ],
)
def test_without_an_image_nothing_is_made(images: tuple[Image, ...], words: str) -> None:
    api = Machines()
    found = proofs(api, replace(ALL, images=images))
    assert {found[claim].why_not_real for claim in (*OF_VM, vms.REMOVED)} == {words}
    assert found[vms.KUBEVIRT].ok and (vms.SOURCES in found) is bool(images)
    assert not api.deleted


def test_an_image_that_is_not_imported_is_the_reason() -> None:
    api = Machines("not imported")
    found = proofs(api)
    assert found[vms.SOURCES].evidence == "debian-13: Ready is False (still importing)"
    assert "the golden image debian-13: Ready is False" in str(found[tries.STARTS].why_not_real) and not api.deleted


def test_the_first_image_with_linux_is_taken() -> None:
    windows = Image("w", "40Gi", preference="general.windows")
    assert replace(ALL, images=(windows, DEBIAN)).image == DEBIAN


def test_what_the_model_does_not_have_is_not_promised() -> None:
    found = proofs(Machines(), replace(ALL, shared=False, snapshots=False))
    without = {name: one.why_not_real for name, one in found.items() if not one.promised}
    assert without == {
        tries.MIGRATES: "the model has no volumes that several machines use at once (storage.block)",
        tries.SNAPSHOT_OF: "the model has no snapshots of volumes (storage.block, storage.snapshots)",
        tries.CLONE_OF: "the model has no snapshots of volumes (storage.block, storage.snapshots)",
    }
    assert tries.ADDRESS not in found and tries.CONNECTIONS not in found
    alone = proofs(Machines(), replace(ALL, nodes=("n1",)))[tries.MIGRATES]
    assert alone.why_not_real == "one machine of the model runs virtual machines"


def test_one_machine_that_is_ready_migrates_nothing() -> None:
    found = proofs(Machines(ready=("n1",)))
    assert found[tries.MIGRATES].why_not_real == "only one machine that runs virtual machines is ready"
    assert found[vms.NODES].evidence == "n2 is not a node; n3 is not a node"


def test_the_network_decides_what_is_kept() -> None:
    api = Machines("new address")
    found = proofs(api, replace(ALL, bridge=False), **PLAIN)
    owed = [name for name, one in found.items() if one.promised]
    assert not {tries.POLICY, tries.ADDRESS, tries.CONNECTIONS} & set(owed) and found[tries.MIGRATES].ok
    shown = {one.name for one in in_check_mode(expected(**PLAIN)) if not one.promised}
    assert {tries.ADDRESS, tries.CONNECTIONS} <= shown, "the report shows what the network does not promise"


def test_emulated_cpus_are_a_double() -> None:
    found = proofs(Machines(), replace(ALL, emulation=True))
    assert {found[claim].why_not_real for claim in OF_VM} == {vms.EMULATED}
    assert not any(found[claim].real for claim in OF_VM) and found[vms.KUBEVIRT].real


def test_check_mode_names_the_same_proofs_and_tries_none() -> None:
    found = [one for one in in_check_mode(expected()) if one.name in KNOWN]
    assert {one.name for one in found} == set(proofs(Machines()))
    assert {one.why_not_real for one in found} == {CHECK}


@pytest.mark.parametrize(("wanted", "layers"), [(None, LAYERS), (None, {}), (ALL, {"network": "custom"})])
def test_nothing_is_owed_without_virtual_machines(
    wanted: VirtualMachines | None, layers: dict[str, str | None]
) -> None:
    found = in_check_mode(expected(wanted, layers=layers))
    assert not [one for one in found if one.name in (*REPORTED, *OF_VM[:1], vms.REMOVED)]


def test_room_elsewhere_is_a_warning_or_owed() -> None:
    class Full(Machines):
        def get(self, path: str) -> Any:
            if path != "/api/v1/pods":
                return super().get(path)
            metadata = {"name": "launcher-a", "namespace": "shop", "labels": {"kubevirt.io": "virt-launcher"}}
            wants = {"resources": {"requests": {"memory": "1Gi"}}}
            return {"items": [{"metadata": metadata, "spec": {"nodeName": "n1", "containers": [wants]}}]}

    warned = proofs(Full())[vms.ROOM]
    assert warned.ok and "without n1, 1 of its 1 virtual machines find no room: shop/launcher-a" in warned.warning
    owed = proofs(Full(), replace(ALL, restartable_only=True))[vms.ROOM]
    assert owed.ok is False and "shop/launcher-a" in owed.evidence
    assert proofs(Machines())[vms.ROOM].warning == ""
    assert vms.ROOM not in proofs(Machines(), replace(ALL, nodes=("n1",)))


def test_the_options_of_the_module_are_the_virtual_machines() -> None:
    given = {
        "kubevirt": "1.9.0", "cdi": "1.66.0", "nodes": ["n1"], "images_namespace": "x", "bridge": True, "shared": True,
        "images": [{"name": "a", "size": "1Gi", "storage_class": None, "preference": "general.linux"}],
        "snapshots": True, "emulation": True, "patience": 9,
    }  # fmt: skip
    image = Image("a", "1Gi")
    assert VirtualMachines.of(given) == VirtualMachines(
        "1.9.0", "1.66.0", ("n1",), (image,), "x", True, True, True, True, 9
    )
