# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host can hold is said before a machine is started."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.lab.plan import rack
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError
from ansible_collections.groundup.cloud.plugins.module_utils.lab.sizes import available, require_memory
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin import twin
from unit.lab.models import MATERIALS, PLACES, real_rack


def test_a_rack_that_the_host_cannot_hold_is_refused() -> None:
    machines = rack(twin(real_rack(), MATERIALS)[0], PLACES).machines
    require_memory(machines, 2304)
    with pytest.raises(
        LabError, match=r"2 of them need 2304 MiB of memory \(node1 512, node2 512\), and this host has"
    ):
        require_memory(machines, 2303)
    require_memory((), 0)


def test_the_memory_that_is_left_is_the_kernel_s_estimate(tmp_path: pathlib.Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  4194304 kB\nMemFree: 1 kB\nMemAvailable:  2097152 kB\n")
    assert available(str(tmp_path / "meminfo")) == 2048
