# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody who raised a twin finds: a BMC with the pinned certificate, and a machine that is off."""

from __future__ import annotations

import hashlib
import os
import pathlib
import ssl
import subprocess
from typing import Any

import pytest
import yaml

LAB = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "examples/lab/small-twin"


@pytest.fixture(name="twin", scope="module")
def _twin() -> Any:
    return yaml.safe_load((LAB / "cloud.yml").read_text())


def inside(*words: str, text: str | None = None) -> str:
    argv = [str(LAB / "run"), *words]
    return subprocess.run(argv, input=text, capture_output=True, text=True, timeout=60, check=True).stdout


def test_the_bmc_shows_the_certificate_of_the_twin(twin: Any) -> None:
    bmc = twin["machines"]["node1"]["bmc"]
    ask = "import ssl, sys; print(ssl.get_server_certificate((sys.argv[1], 443), timeout=20))"
    shown = ssl.PEM_cert_to_DER_cert(inside("python3", "-c", ask, bmc["address"]))
    assert hashlib.sha256(shown).hexdigest() == bmc["tls"]["fingerprint"]


def test_the_bmc_wants_the_password_and_the_machine_is_off(twin: Any) -> None:
    bmc, uuid = twin["machines"]["node1"]["bmc"], twin["machines"]["node1"]["identity"]["uuid"]
    # The fingerprint was verified above; curl can only pin a public key.
    url = f'url = "https://{bmc["address"]}/redfish/v1/Systems/{uuid}"\ninsecure\nsilent\n'
    assert "PowerState" not in inside("curl", "--config", "-", text=url)
    assert '"PowerState": "Off"' in inside("curl", "--config", "-", text=f'{url}user = "admin:{bmc["password"]}"\n')


def test_both_cables_end_in_the_bridge_that_stands_for_the_pair(twin: Any) -> None:
    (bridge,) = twin["switches"]
    argv = ["ovs-vsctl", f"--db={twin['switches'][bridge]['database']}", "--timeout=20", "list-ports", bridge]
    ports = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    assert {"node1-nic0", "node1-nic1", "ctl-provision"} <= set(ports)


def test_no_secret_of_the_model_is_in_the_twin() -> None:
    assert "of-the-real-one" not in (LAB / "cloud.yml").read_text()
