# SPDX-License-Identifier: GPL-3.0-or-later
"""The account on the machines, and machines without a management controller."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import Derived, derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.fields import keys_of
from ansible_collections.groundup.cloud.plugins.module_utils.model.hardware import Machine
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

ROOT = pathlib.Path(__file__).resolve().parents[3]
N1, N2 = "machines.node1", "machines.node2"
#: Changes of the base model after which node2 is a machine whose network is left as it is.
VM = {f"{N2}.bmc": REMOVED, f"{N2}.nics": REMOVED, f"{N2}.root_disk": REMOVED, f"{N2}.storage_disks": REMOVED}
INTERFACES = {"provision": "ens3", "management": "ens3", "cluster": "ens4"}


def derived(changes: dict[str, Any]) -> Derived:
    return derive(load(model(changes)), "/state")


@pytest.mark.parametrize(
    ("user", "account", "seed", "packages"),
    [
        ("root", {"ansible_user": "root"}, {}, []),
        ("ops", {"ansible_user": "ops", "ansible_become": True}, {"user": "ops"}, ["sudo"]),
    ],
)
def test_the_account_is_made_by_the_deployment_and_becomes_root(
    user: str, account: dict[str, Any], seed: dict[str, Any], packages: list[str]
) -> None:
    found = derived({"access.user": user})
    connection = ("ansible_user", "ansible_become")
    assert {key: value for key, value in found.group_vars["machines"].items() if key in connection} == account
    assert found.hostvars["node1"]["machine_config"]["seed"] == {**seed, "authorized_keys": ["ssh-ed25519 AAAA me"]}
    assert found.hostvars["provisioner"]["provisioner_config"]["images"]["debian-13"]["packages"] == packages
    for host in ("provisioner", "cluster", "leaf1", "node1"):
        assert "ansible_become" not in found.hostvars[host]


def test_root_does_not_become_root_on_another_provisioner() -> None:
    found = derived({"access.user": "ops", "provisioner": {"host": "boot.example.net", "user": "root"}})
    assert "ansible_become" not in found.hostvars["provisioner"]


def test_a_machine_without_a_bmc_is_not_deployed() -> None:
    """It has all layers; its host key is known to the user, and its name is resolved as that of any other machine."""
    found = derived({f"{N2}.bmc": REMOVED, f"{N2}.root_disk": REMOVED})
    machine, provisioner = found.hostvars["node2"], found.hostvars["provisioner"]["provisioner_config"]
    assert "machine_config" not in machine and "groundup_layers" not in machine
    assert machine["groundup_below"] == [] and "groundup_below" not in found.hostvars["node1"]
    assert machine["ansible_host"] == "10.20.0.22" and "host_network_config" in machine
    assert "~/.ssh/known_hosts /state/groundup/rack/known_hosts" in machine["ansible_ssh_common_args"]
    assert "ansible_ssh_common_args" not in found.hostvars["node1"]
    assert [item["name"] for item in provisioner["machines"]] == ["node1"]
    assert provisioner["names"] == {"node2.rack.internal": "10.10.0.22"}
    assert machine["host_base_config"]["registry_ca"] == found.hostvars["node1"]["host_base_config"]["registry_ca"]


def test_host_keys_are_never_accepted_without_a_word() -> None:
    """`accept-new` is a consent, and refuses a key that has changed; `no` is nowhere."""
    arguments = str(
        derived({f"{N2}.bmc": REMOVED, f"{N2}.root_disk": REMOVED}).hostvars["node2"]["ansible_ssh_common_args"]
    )
    assert "'accept-new' if groundup_accept_host_keys | default(false) | bool else 'yes'" in arguments
    assert "StrictHostKeyChecking=no" not in arguments


def test_the_network_of_a_machine_without_nics_is_left_as_it_is() -> None:
    found = derived({**VM, f"{N2}.interfaces": INTERFACES, f"{N2}.address": "vm.example.net"})
    machine = found.hostvars["node2"]
    assert machine["ansible_host"] == "vm.example.net" and "host_network_config" not in machine
    layers = [layer["name"] for layer in machine["groundup_layers"]]
    assert layers == [layer["name"] for layer in found.group_vars["machines"]["groundup_layers"]][1:]
    assert machine["kubernetes_config"]["endpoint"]["interface"] == "ens4"
    assert machine["network_basic_config"]["interface"] == "ens4"
    base, other = machine["host_base_config"], found.hostvars["node1"]["host_base_config"]
    assert (base["hostname"], base["fqdn"]) == ("node2", "node2.rack.internal") and "hostname" not in other
    assert base["firewall"]["open"] == ["udp/68", "udp/546"] and other["firewall"]["open"] == []
    proofs = machine["prove_config"]
    assert "host_network" not in proofs["layers"] and proofs["isolation"] is None and proofs["bonds"] == []
    heard = found.hostvars["node1"]["prove_config"]["isolation"]["links"][0]["peers"]
    assert heard == {"10": [], "20": [], "30": []}, "it sends nothing that others could hear"
    assert [network["interface"] for network in proofs["networks"]] == ["ens3", "ens3", "ens4"]


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "neither NICs nor interfaces": (
        VM,
        (
            f'{N2}.nics: is missing; give its network cards: {{nic0: {{mac: "…", port: SWITCH/PORT}}}}; or interfaces: '
            "{NETWORK: INTERFACE}, to leave its network as it is"
        ),
    ),
    "interfaces instead of NICs with a BMC": (
        {f"{N2}.nics": REMOVED, f"{N2}.interfaces": INTERFACES},
        f'{N2}.nics: is missing; give its network cards: {{nic0: {{mac: "…", port: SWITCH/PORT}}}}',
    ),
    "NICs and interfaces": (
        {f"{N2}.interfaces": INTERFACES},
        f"{N2}.interfaces: is given together with nics; keep nics, or remove them to leave its network as it is",
    ),
    "a network without an interface": (
        {**VM, f"{N2}.interfaces": {"cluster": "ens4", "management": "ens3"}},
        f"{N2}.interfaces: lacks provision, in which the machine has an address; add provision: INTERFACE",
    ),
    "a further network without an interface": (
        {**VM, f"{N2}.interfaces": {"cluster": "ens4", "provision": "ens3"}},
        (
            f"{N2}.interfaces: lacks management, in which the machine has an address; add management: INTERFACE, or leave management "
            "out of its networks"
        ),
    ),
    "an interface in another network": (
        {**VM, f"{N2}.interfaces": {**INTERFACES, "tenants": "ens5"}},
        f"{N2}.interfaces.tenants: names a network that the machine is not in; choose from: cluster, management, provision",
    ),
    "no network with the provisioner": (
        {
            **VM,
            f"{N1}.bmc": REMOVED,
            f"{N1}.root_disk": REMOVED,
            "networks.provision": REMOVED,
            f"{N2}.interfaces": {"management": "a", "cluster": "b"},
        },
        (
            "networks: include no provision network, from which machines take the programs and images of Kubernetes; mark the "
            "network native: true in which machines and provisioner reach each other without a VLAN tag"
        ),
    ),
    "an account that no system has": (
        {"access.user": "Ops Team"},
        (
            "access.user: Ops Team is not a valid name of an account; give lower case letters, digits, dots, dashes and "
            "underscores, at most 32"
        ),
    ),
}


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES)
def test_errors(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    assert [str(problem) for problem in caught.value.errors] == [expected]


def test_keys_are_no_concern_of_machines_that_are_not_deployed() -> None:
    changes = {f"{name}.{key}": REMOVED for name in (N1, N2) for key in ("bmc", "root_disk")}
    changes["access"] = REMOVED
    assert not [text for text in map(str, load_all(model(changes)).warnings) if text.startswith("access")]
    del changes["access"]
    (warning,) = [text for text in map(str, load_all(model(changes)).warnings) if text.startswith("access")]
    assert warning.startswith("access.public_keys: is not used: only a deployment reads it, and no machine has a bmc")


#: What only a deployment reads, as keys of a machine.
DEPLOYED = {
    "root_disk": {"serial": "R2"},
    "identity": {"serial": "CZ2"},
    "firmware": "bios",
    "os": "golden",
}


@pytest.mark.parametrize("key", DEPLOYED)
def test_what_only_a_deployment_reads_is_refused_on_a_machine_that_is_not_deployed(key: str) -> None:
    without = {f"{N2}.bmc": REMOVED, f"{N2}.root_disk": REMOVED}
    with pytest.raises(ModelError) as caught:
        load(model({**without, f"{N2}.{key}": DEPLOYED[key]}))
    [found] = [str(problem) for problem in caught.value.errors]
    assert found == (
        f"{N2}.{key}: is read by a deployment only, and the machine has no bmc: its operating system is there and stays "
        "as it is; remove it, or give the machine its bmc"
    )


@pytest.mark.parametrize("key", ["firmware", "os"])
def test_a_default_for_deployed_machines_may_stand_beside_a_machine_that_is_not_deployed(key: str) -> None:
    without = {f"{N2}.bmc": REMOVED, f"{N2}.root_disk": REMOVED}
    load(model({**without, "defaults": {"machine": {key: DEPLOYED[key]}}, "images": {"golden": {}}}))


def test_a_default_that_no_machine_reads_is_refused() -> None:
    without = {f"{name}.{key}": REMOVED for name in (N1, N2) for key in ("bmc", "root_disk")}
    with pytest.raises(ModelError) as caught:
        load(model({**without, "defaults": {"machine": {"firmware": "bios"}}}))
    assert [problem.path for problem in caught.value.errors] == [f"{N1}.firmware", f"{N2}.firmware"]
    assert caught.value.errors[0].origin == "from defaults.machine.firmware"


def test_every_key_that_only_a_deployment_reads_is_tried() -> None:
    found = {key for key, spec in keys_of(Machine).items() if spec.deployed_only}
    assert found == {*DEPLOYED, "deploy"}, "deploy.via has one word so far"


def test_images_are_not_used_where_nothing_is_deployed() -> None:
    changes = {f"{name}.{key}": REMOVED for name in (N1, N2) for key in ("bmc", "root_disk")}
    changes |= {"access": REMOVED, "images": {"debian-13": {"packages": ["tcpdump"]}}}
    [warning] = [str(item) for item in load_all(model(changes)).warnings]
    assert warning == "images.debian-13: is not used: only a deployment reads it, and no machine has a bmc; remove it"


PAGE = ROOT / "docs/existing_machines.md"
MODELS = [text.partition("```")[0] for text in PAGE.read_text().split("```yaml\n")[1:] if text.startswith("plugin:")]


@pytest.mark.parametrize("text", MODELS)
def test_the_models_of_the_documentation_can_be_planned(text: str) -> None:
    loaded = load_all(yaml.safe_load(text))
    assert [str(warning) for warning in loaded.warnings] == []
    found = derive(loaded.cloud, "/state")
    assert found.groups["machines"] and not any(
        "machine_config" in found.hostvars[name] for name in found.groups["machines"]
    )
