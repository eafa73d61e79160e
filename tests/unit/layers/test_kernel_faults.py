# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels with faults by which guests take over their machine. Texts of /proc/version are synthetic."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.layers import host_base, kernel_faults

BOOKWORM = (
    "Linux version 6.1.0-47-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld "
    "(GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian {release}-1 (2026-07-05)\n"
)
TRIXIE = (
    "Linux version {release}+deb13-amd64 (x@y) (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0) #1 SMP "
    "PREEMPT_DYNAMIC Debian {release}-1 (2026-07-05)\n"
)
OTHER = "Linux version {release} (root@builder) (gcc 14.2.0) #1 SMP PREEMPT_DYNAMIC\n"


@pytest.mark.parametrize(
    ("text", "release", "faults"),
    [
        (BOOKWORM, "6.1.176", ["53359", "64561", "64562"]),
        (BOOKWORM, "6.1.183", []),
        (TRIXIE, "6.12.80", ["53359", "46113", "64561", "64562"]),
        (TRIXIE, "6.12.95", ["64561", "64562"]),
        (TRIXIE, "6.12.107", []),
        (OTHER, "7.1.3", ["64561", "64562"]),
        (OTHER, "7.1.6", []),
        (OTHER, "7.2.0-rc5", []),
        (OTHER, "7.0.9", ["53359", "64561", "64562"]),
        (OTHER, "6.8.0-134-generic", ["53359", "46113", "64561", "64562"]),
        (OTHER, "5.10.260", ["64561", "64562"]),
        ("no kernel\n", "", []),
    ],
)
def test_which_faults_a_kernel_has(tmp_path: pathlib.Path, text: str, release: str, faults: list[str]) -> None:
    system = System(str(tmp_path))
    system.write(kernel_faults.VERSION, text.format(release=release).encode())
    found = kernel_faults.warnings(system)
    assert len(found) == bool(faults)
    for fault in kernel_faults.FAULTS:
        assert any(fault.name in one for one in found) == (fault.name.removeprefix("CVE-2026-") in faults), fault.name


def test_the_remedy_is_a_release_of_the_branch_or_another_branch(tmp_path: pathlib.Path) -> None:
    system = System(str(tmp_path))
    assert kernel_faults.warnings(system) == (), "a root without a kernel"
    system.write(kernel_faults.VERSION, TRIXIE.format(release="6.12.94").encode())
    (text,) = kernel_faults.warnings(system)
    assert text.startswith(
        "the kernel 6.12.94 has CVE-2026-53359, CVE-2026-64561, CVE-2026-64562, by which a guest can "
    )
    assert text.endswith(
        "while guests do not nest, which is so here, it can't be reached; install 6.12.101 or newer and reboot"
    )
    system.write(kernel_faults.VERSION, OTHER.format(release="6.8.0-134").encode())
    assert "its branch 6.8 got no fix for all of them upstream: ask who made" in kernel_faults.warnings(system)[0]


def test_a_fault_that_needs_no_nesting_is_told_as_such(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = kernel_faults.Fault("CVE-0000-1", ((6, 12, 200),), "something breaks", False, "made up for this test")
    monkeypatch.setattr(kernel_faults, "FAULTS", (*kernel_faults.FAULTS, fault))
    system = System(str(tmp_path))
    system.write(kernel_faults.VERSION, TRIXIE.format(release="6.12.107").encode())
    (text,) = kernel_faults.warnings(system)
    assert "turning nested virtualization off does not keep guests from all of them; install 6.12.200 or newer" in text


def test_each_fault_has_a_source_and_one_release_of_a_branch() -> None:
    for fault in kernel_faults.FAULTS:
        assert fault.source and fault.breaks and list(fault.fixed) == sorted(fault.fixed)
        assert len({one[:2] for one in fault.fixed}) == len(fault.fixed)


def test_only_machines_that_run_virtual_machines_are_warned_of(tmp_path: pathlib.Path) -> None:
    system = System(str(tmp_path))
    system.write(kernel_faults.VERSION, TRIXIE.format(release="6.12.94").encode())
    system.write("/proc/cpuinfo", b"processor : 0\nflags : svm\n")
    renderer = host_base.renderer(system)
    assert renderer({}).warnings == ()
    (text,) = renderer({"virtual_machines": "hardware"}).warnings
    assert "CVE-2026-53359" in text
