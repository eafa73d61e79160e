# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a twin: what has no twin is an error before keys are made or files are written."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin import require_bmcs
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


@pytest.mark.parametrize(
    "machine",
    ['{nics: {nic0: {mac: "52:54:00:00:01:01"}}}', "{interfaces: {provision: ens3}}"],
    ids=["nics", "interfaces"],
)
def test_a_machine_that_is_not_deployed_has_no_twin(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    text = (
        MODEL.replace("node1-bmc.example.net", "10.10.0.201")
        + f"  vm2: {machine}\n  vm3: {machine.replace('1:01', '1:02')}\n"
    )
    (tmp_path / "cloud.yml").write_text(text)
    with pytest.raises(
        LabError, match=r"machines\.vm2: has no bmc \(nor have 1 more\), so its operating system is not"
    ):
        write_twin(str(tmp_path / "cloud.yml"), str(tmp_path / "twins"), None)
    assert not (tmp_path / "twins").exists() and not (tmp_path / "state").exists()


def test_a_control_plane_that_is_hosted_needs_no_bmc() -> None:
    """The machine has no twin, so nothing of it is deployed."""
    machines = {"control1": {"roles": ["control_plane"]}, "node1": {"bmc": {"address": "10.10.0.201"}}}
    require_bmcs({"name": "rack", "machines": machines, "lab": {"control_plane": "hosted"}})
    with pytest.raises(LabError, match=r"machines\.control1: has no bmc, so"):
        require_bmcs({"name": "rack", "machines": machines})
