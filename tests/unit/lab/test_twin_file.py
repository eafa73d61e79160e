# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a twin: what has no twin is an error before keys are made or files are written."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin_file import write_twin

MODEL = """
plugin: groundup.cloud.cloud
name: rack
networks: {provision: {vlan: 10, subnet: 10.10.0.0/24, native: true}}
machines:
  node1:
    bmc: {address: node1-bmc.example.net, password: "{{ vault_bmc }}", tls: {ca_file: /etc/ssl/bmc.pem}}
    root_disk: {serial: R1}
    nics: {nic0: {mac: "52:54:00:00:01:00"}}
"""


def test_a_bmc_without_an_address_has_no_twin(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "cloud.yml").write_text(MODEL)
    with pytest.raises(LabError, match=r"machines\.node1\.bmc\.address: node1-bmc\.example\.net is not an IP address"):
        write_twin(str(tmp_path / "cloud.yml"), str(tmp_path / "twins"), None)
    assert not (tmp_path / "twins").exists()
