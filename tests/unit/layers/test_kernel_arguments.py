# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel arguments: in the boot configuration that a machine has, and said to be in force only when they are."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.act import apply
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import Plan, plan
from ansible_collections.groundup.cloud.plugins.module_utils.host.read import read
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError, HostState
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.layers import host_base, kernel_arguments
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import foresee
from ansible_collections.groundup.cloud.plugins.module_utils.provision import rootfs
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import seed

WANTED = ("intel_iommu=on", "hugepagesz=1G", "hugepages=16")
GRUB = rootfs._GRUB.format(cmdline="console=tty0 quiet")
BOOTED = "BOOT_IMAGE=/vmlinuz root=LABEL=root ro quiet"


class Machine(System):
    """A root on which commands are only recorded."""

    ran: tuple[str, ...] = ()

    def run(self, argv: Any, **_more: Any) -> str:
        self.ran = (*self.ran, " ".join(argv))
        return ""


def machine(root: pathlib.Path, files: dict[str, str], cmdline: str = BOOTED) -> Machine:
    system = Machine(str(root))
    for path, text in {"/proc/cmdline": f"{cmdline}\n", **files}.items():
        system.write(path, text.encode())
    return system


def planned(system: Machine, *arguments: str) -> tuple[Plan, HostState]:
    """What the arguments alone need on this machine."""
    state = kernel_arguments.with_boot(HostState("host_base", kernel_arguments=arguments), system)
    return plan(state, read(state, system)), state


KINDS = {
    "image": ({kernel_arguments.GRUB: GRUB}, kernel_arguments.OWN, []),
    "debian": (
        {kernel_arguments.GRUB: "linux /boot/vmlinuz", kernel_arguments.DEBIAN: ""},
        kernel_arguments.DROP_IN,
        ["hook update-grub"],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_written_where_the_machine_boots_from(tmp_path: pathlib.Path, kind: str) -> None:
    files, path, hooks = KINDS[kind]
    system = machine(tmp_path, files)
    todo, state = planned(system, *WANTED)
    assert [str(step) for step in todo.steps] == [f"file {path}", *hooks]
    assert "intel_iommu=on hugepagesz=1G hugepages=16" in todo.steps[0].after
    assert todo.warnings == (f"kernel arguments {' '.join(WANTED)}: take effect after a reboot, which is left to you",)
    apply(todo, state, system)
    again, __ = planned(system, *WANTED)
    assert not again.changed and "take effect after a reboot" in again.warnings[0], "they are not in force yet"
    assert not [word for word in system.ran if "reboot" in word or "kexec" in word]
    system.write("/proc/cmdline", f"{BOOTED} {' '.join(WANTED)}\n".encode())
    done, __ = planned(system, *WANTED)
    assert not done.changed and done.warnings == ()
    fewer, __ = planned(system, "intel_iommu=on")
    assert fewer.changed and fewer.warnings == (
        f"{path}: the change takes effect after a reboot, which is left to you",
    )
    gone, __ = planned(system)
    assert [str(step) for step in gone.steps] == [f"remove {path}", *hooks]
    assert "takes effect after a reboot" in gone.warnings[0]


@pytest.mark.parametrize(
    "files", [{}, {kernel_arguments.GRUB: "linux /vmlinuz root=LABEL=root"}], ids=["none", "old image"]
)
def test_a_machine_that_boots_by_something_else_is_refused_only_where_some_are_wanted(
    tmp_path: pathlib.Path, files: dict[str, str]
) -> None:
    system = machine(tmp_path, files)
    with pytest.raises(HostError, match="deploy it again where its image is of an earlier release"):
        planned(system, *WANTED)
    todo, __ = planned(system)
    assert not todo.changed and todo.warnings == ()


def test_a_deployment_writes_what_the_layer_would(tmp_path: pathlib.Path) -> None:
    wanted = {
        "seed": {"hostname": "n1", "kernel_arguments": list(WANTED)},
        "image": {"name": "i", "sha256": "s"},
        "cloud": "c",
        "machine": "n1",
        "deploy_id": "d",
    }
    (file,) = [item for item in seed.files(wanted, "f" * 32) if "grub" in item.path]
    assert (f"/{file.path}", file.content) == (kernel_arguments.OWN, kernel_arguments.grub(WANTED))
    system = machine(tmp_path, {kernel_arguments.GRUB: GRUB}, f"{BOOTED} {' '.join(WANTED)}")
    seed.write(str(tmp_path), [file])
    todo, __ = planned(system, *WANTED)
    assert not todo.changed and todo.warnings == ()


def test_a_machine_without_an_operating_system_can_be_planned_for() -> None:
    layer = {"name": "host_base", "role": "groundup.cloud.host_base", "input": "host_base_config"}
    found = foresee([layer], {"host_base_config": {"kernel_arguments": list(WANTED)}})
    assert not [step for step in found["host_base"] if "grub" in step or "could not" in step]


def test_both_files_are_in_the_language_that_reads_them(tmp_path: pathlib.Path) -> None:
    shell = f". {tmp_path}/debian; echo $GRUB_CMDLINE_LINUX_DEFAULT"
    (tmp_path / "debian").write_text(kernel_arguments.debian(WANTED))
    done = subprocess.run(
        ["sh", "-c", shell], env={"GRUB_CMDLINE_LINUX_DEFAULT": "quiet"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"quiet {' '.join(WANTED)}\n"
    if not shutil.which("grub-script-check"):
        pytest.skip("grub-script-check (grub-common) is not installed")
    for text in (GRUB, kernel_arguments.grub(WANTED)):
        (tmp_path / "grub").write_text(text)
        subprocess.run(["grub-script-check", str(tmp_path / "grub")], check=True)
    assert f"source {kernel_arguments.OWN};" in GRUB and "$groundup_arguments" in GRUB


@pytest.mark.parametrize(
    ("argument", "error"),
    [
        ("a b", "isn't a kernel argument"),
        ('x="y"', "isn't a kernel argument"),
        ("x=$y", "isn't a kernel argument"),
        ("", "isn't a kernel argument"),
        ("root=/dev/sda1", "can't be set; remove it: the machine boots"),
        ("ro", "can't be set"),
    ],
)
def test_what_is_no_argument_is_refused(argument: str, error: str) -> None:
    with pytest.raises(HostError, match=r"host_base\.kernel_arguments: ") as raised:
        host_base.render({"kernel_arguments": [argument]})
    assert error in str(raised.value)
