# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that makes machines from controllers, with a double of a Redfish service (see `tree_service`)."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from services.fabric.eos_double import EosDouble

from .conftest import certificate
from .tree_service import PASSWORD, USER, TreeService

pytestmark = pytest.mark.services
ROOT = Path(__file__).resolve().parents[3]
SYSTEM = "/redfish/v1/Systems/Node"


def tree() -> dict[str, Any]:
    """The twin's tree with two drives, one of which cannot be read."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "trees/twin.json").read_text())
    drives = [{"@odata.id": f"{SYSTEM}/Storage/1/Drives/{number}"} for number in (1, 2)]
    found[SYSTEM] |= {"HostName": "Node1.example.net", "Storage": {"@odata.id": f"{SYSTEM}/Storage"}}
    found[f"{SYSTEM}/Storage"] = {"Members": [{"@odata.id": f"{SYSTEM}/Storage/1"}]}
    found[f"{SYSTEM}/Storage/1"] = {"Drives": drives}
    found[f"{SYSTEM}/Storage/1/Drives/1"] = {"SerialNumber": "DRIVE-1", "MediaType": "SSD", "CapacityBytes": 10**12}
    return found


def play(directory: Path, config: dict[str, Any], *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    more = {
        "HOME": str(directory),
        "PWD": str(directory),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
        "ANSIBLE_NOCOLOR": "1",
        "COLUMNS": "10000",
    }
    line = [str(Path(sys.executable).parent / "ansible-playbook"), "groundup.cloud.import", *words]
    line += ["-e", json.dumps({"import_config": config})]
    return subprocess.run(
        line, cwd=directory, env={**kept, **more}, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_controller_becomes_a_machine_and_is_only_read(tmp_path: Path) -> None:
    certificate(tmp_path, "bmc")
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert((tmp_path / "bmc.crt").read_text())).hexdigest()
    service = TreeService(tree(), str(tmp_path / "bmc.crt"), str(tmp_path / "bmc.key"))
    bmc = {"address": "127.0.0.1", "port": service.port, "username": USER, "password": PASSWORD}
    config = {"bmcs": [{**bmc, "tls": {"fingerprint": fingerprint}}], "dest": "rack1/found.cloud.yml"}
    file = tmp_path / "rack1/found.cloud.yml"
    try:
        shown = play(tmp_path, config, "--check", "--diff")
        assert shown.returncode == 0 and "node1.example.net" in shown.stdout, shown.stdout + shown.stderr
        assert not file.exists()
        done = play(tmp_path, config)
        assert done.returncode == 0 and "changed=1" in done.stdout, done.stdout + done.stderr
        again = play(tmp_path, config)
        assert "changed=0" in again.stdout, again.stdout + again.stderr
        machine = yaml.safe_load(file.read_text())["machines"]["node1.example.net"]
        assert machine["identity"] == {"serial": "TWIN-0001", "uuid": "9a7f3c52-10b4-4f0e-8d8e-6f0c5b1d2e3f"}
        assert machine["root_disk"] == {"serial": "DRIVE-1"} and len(machine["nics"]) == 4
        assert "ports or drives that its controller could not describe: 1" in file.read_text()
        assert service.writes("PATCH") == [] and service.writes("POST") == []
        wrong = play(tmp_path, {**config, "bmcs": [{**config["bmcs"][0], "password": "wrong-one-7"}]})
        assert wrong.returncode != 0 and "127.0.0.1" in wrong.stdout + wrong.stderr
    finally:
        service.close()
    for done in (shown, wrong):
        assert PASSWORD not in done.stdout + done.stderr and "wrong-one-7" not in done.stdout + done.stderr


def test_switches_tell_the_ports(tmp_path: Path) -> None:
    """By a double of an EOS switch; both doubles have certificates of their own."""
    certificate(tmp_path, "bmc")
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert((tmp_path / "bmc.crt").read_text())).hexdigest()
    service = TreeService(tree(), str(tmp_path / "bmc.crt"), str(tmp_path / "bmc.key"))
    eos = EosDouble(tmp_path)
    place = f"{SYSTEM}/EthernetInterfaces"
    macs = [body["MACAddress"] for path, body in service.tree.items() if path.startswith(f"{place}/")]
    eos.table.append({"macAddress": macs[0], "interface": "Ethernet1", "vlanId": 20, "entryType": "dynamic"})
    bmc = {"address": "127.0.0.1", "port": service.port, "username": USER, "password": PASSWORD}
    config = {
        "bmcs": [{**bmc, "tls": {"fingerprint": fingerprint}, "name": "node1"}],
        "switches": {"leaf1": {"platform": "eos", "connection": eos.connection}},
        "dest": "found.cloud.yml",
    }
    try:
        done = play(tmp_path, config)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        service.close()
        eos.close()
    text = (tmp_path / "found.cloud.yml").read_text()
    nics = yaml.safe_load(text)["machines"]["node1"]["nics"]
    assert [nic.get("port") for nic in nics.values() if nic["mac"] == macs[0].lower()] == ["leaf1/Ethernet1"]
    assert "was seen in VLAN 20" in text and eos.running["interface Ethernet1"]
    assert eos.connection["password"] not in done.stdout + done.stderr + text


def test_no_controllers(tmp_path: Path) -> None:
    done = play(tmp_path, {"dest": "found.cloud.yml"})
    assert done.returncode != 0 and "import_config.bmcs is missing" in done.stdout + done.stderr
