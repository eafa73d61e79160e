# SPDX-License-Identifier: GPL-3.0-or-later
"""Checksums of tunnels that the kernel computes itself."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.layers import host_base, offload


def test_an_interface_gets_a_file_for_udev_and_a_command_for_one_that_exists() -> None:
    state = host_base.render({"checksums_by_kernel": ["flannel.1"]})
    (file,) = [file for file in state.files if file.path.startswith(offload.DIRECTORY)]
    assert file.path == "/etc/systemd/network/60-checksums-flannel.1.link"
    assert file.content == "[Match]\nOriginalName=flannel.1\n\n[Link]\nTransmitChecksumOffload=no\n"
    (hook,) = [hook for hook in state.hooks if hook.on == (file.path,)]
    assert hook.argv[-1] == "! test -e /sys/class/net/flannel.1 || ethtool --offload flannel.1 tx off"
    assert offload.PURGE in state.purge, "the file of another network goes"


def test_without_one_nothing_is_written() -> None:
    assert not offload.files([]) and not offload.hooks([])


@pytest.mark.parametrize("name", ["", "flannel*", "a/b", "sixteen-letters.", "x; reboot", "x\n"])
def test_what_is_no_name_of_an_interface_is_refused(name: str) -> None:
    with pytest.raises(HostError, match=r"host_base\.checksums_by_kernel"):
        host_base.render({"checksums_by_kernel": [name]})
