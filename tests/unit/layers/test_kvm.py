# SPDX-License-Identifier: GPL-3.0-or-later
"""KVM of machines that run virtual machines: its options, and machines that are refused."""

from __future__ import annotations

import pathlib
import subprocess

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError, RefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.layers import host_base, kvm

INTEL = "processor : 0\nflags\t\t: fpu vme vmx sse\n"
AMD = "processor : 0\nflags\t\t: fpu svm sse\n"
PLAIN = "processor : 0\nmodel name : vmx svm\nflags\t\t: fpu svmx vmxy sse\n"


def machine(root: pathlib.Path, **files: str) -> System:
    system = System(str(root))
    for name, text in files.items():
        system.write({"cpus": "/proc/cpuinfo", "kvm": "/dev/kvm", "libvirt": "/usr/sbin/libvirtd"}[name], text.encode())
    return system


@pytest.mark.parametrize(
    ("mode", "files", "message"),
    [
        ("hardware", {"cpus": INTEL}, ""),
        ("hardware", {"cpus": AMD}, ""),
        ("hardware", {"cpus": PLAIN, "kvm": ""}, ""),
        (
            "hardware",
            {"cpus": PLAIN},
            "no virtualization in hardware (neither vmx nor svm); turn it on in its firmware",
        ),
        ("emulated", {"cpus": PLAIN}, ""),
        ("emulated", {"cpus": PLAIN, "libvirt": ""}, "libvirt is installed (/usr/sbin/libvirtd)"),
        ("none", {"cpus": PLAIN, "libvirt": ""}, ""),
        ("hardware", {}, ""),
    ],
)
def test_a_machine_that_can_t_run_them_is_refused(
    tmp_path: pathlib.Path, mode: str, files: dict[str, str], message: str
) -> None:
    renderer = host_base.renderer(machine(tmp_path, **files))
    if not message:
        assert renderer({"virtual_machines": mode})
        return
    with pytest.raises(RefusedError) as refused:
        renderer({"virtual_machines": mode})
    assert message in str(refused.value)


def test_guests_do_not_nest_and_nothing_is_left_without_them() -> None:
    state = host_base.render({"virtual_machines": "hardware"})
    (options,) = [file for file in state.files if file.path == kvm.OPTIONS]
    assert options.content == "options kvm_intel nested=0\noptions kvm_amd nested=0\n"
    assert kvm.OPTIONS not in state.absent and [hook.name for hook in state.hooks if hook.on == (kvm.OPTIONS,)]
    assert kvm.OPTIONS in host_base.render({}).absent


def test_another_word_is_refused() -> None:
    with pytest.raises(HostError, match=r"virtual_machines: some is not one of none, hardware, emulated"):
        host_base.render({"virtual_machines": "some"})


@pytest.mark.parametrize(
    ("nested", "modprobe", "code", "calls"),
    [
        ("N", "exit 0", 0, ""),
        ("0", "exit 0", 0, ""),
        ("Y", "exit 0", 0, "-r kvm_intel\nkvm_intel\n"),
        ("Y", "exit 1", 1, "-r kvm_intel\n"),
        (None, "exit 0", 0, ""),
    ],
)
def test_a_module_that_was_loaded_without_its_options_is_loaded_anew(
    tmp_path: pathlib.Path, nested: str | None, modprobe: str, code: int, calls: str
) -> None:
    """The hook's command, with a double of /sys and of modprobe."""
    place = tmp_path / "sys/module/kvm_intel/parameters"
    if nested:
        place.mkdir(parents=True)
        (place / "nested").write_text(f"{nested}\n")
    double = tmp_path / "modprobe"
    double.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\n{modprobe}\n')
    double.chmod(0o755)
    (hook,) = kvm.hooks("hardware")
    script = hook.argv[2].replace("/sys/", f"{tmp_path}/sys/")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    log = tmp_path / "calls"
    assert (log.read_text() if log.exists() else "") == calls
    assert ("move them to other machines" in done.stderr) == bool(code)
