# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of /proc/cpuinfo. The texts are synthetic, in the kernel's notation."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.cpus import Cpus, read
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System

ONE = """\
processor\t: {number}
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz
stepping\t: 7
microcode\t: 0x5003707
flags\t\t: {flags}
vmx flags\t: vnmi preemption_timer
bugs\t\t: {bugs}
power management:

"""
ARM = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd aes\nCPU implementer\t: 0x41\n\n"


def test_a_feature_is_that_of_all_cpus_and_a_fault_that_of_one() -> None:
    text = ONE.format(number=0, flags="fpu avx avx2", bugs="mds") + ONE.format(number=1, flags="avx fpu", bugs="taa")
    found = Cpus.of(text)
    assert (found.vendor, found.family, found.model, found.stepping) == ("GenuineIntel", 6, 85, 7)
    assert (found.flags, found.bugs) == ({"fpu", "avx"}, {"mds", "taa"})
    assert found.name.startswith("Intel(R)") and found.microcode == "0x5003707"
    assert Cpus.from_facts(found.facts()) == found


@pytest.mark.parametrize("text", ["", "\n\n", ARM])
def test_cpus_that_are_none_of_x86_have_no_maker_and_no_flags(text: str) -> None:
    found = Cpus.of(text)
    assert (found.vendor, found.flags, found.bugs) == ("", frozenset(), frozenset())


def test_a_machine_is_read_and_one_without_proc_is_an_error(tmp_path: pathlib.Path) -> None:
    system = System(str(tmp_path))
    with pytest.raises(HostError, match=r"/proc/cpuinfo can't be read \(No such file.*mount /proc"):
        read(system)
    system.write("/proc/cpuinfo", ONE.format(number=0, flags="vmx", bugs="").encode())
    assert read(system).flags == {"vmx"}
