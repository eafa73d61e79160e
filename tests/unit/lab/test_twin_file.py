# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a twin: what has no twin is an error before keys are made or files are written."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.lab.lifecycle import absent
from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import DIGESTS
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


def test_the_digests_beside_a_model_belong_to_the_twin_too(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its bundle would be refused, with the advice to resolve digests that are there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    model = tmp_path / "own/cloud.yml"
    (tmp_path / "own/group_vars/provisioners").mkdir(parents=True)
    model.write_text(MODEL.replace("node1-bmc.example.net", "10.10.0.201"))
    (tmp_path / "own" / DIGESTS).write_text("bundle_digests: {charts: {}}\n")
    (tmp_path / "own/group_vars/provisioners/vault.yml").write_text("not for a rack\n")
    files, where = write_twin(str(model), str(tmp_path / "twins"), "of-a-unit-test", "tcg")
    twin = pathlib.Path(files.directory)
    assert (twin / DIGESTS).read_text() == "bundle_digests: {charts: {}}\n"
    assert sorted(path.name for path in (twin / DIGESTS).parent.iterdir()) == ["bundle_digests.yml"]
    (tmp_path / "own" / DIGESTS).unlink()
    assert not write_twin(str(model), str(tmp_path / "twins"), "of-a-unit-test", "tcg")[0].changed
    assert (twin / DIGESTS).exists(), "those that `lock` wrote for the twin stay"
    absent(where, files.directory)
    assert not twin.exists()
