# SPDX-License-Identifier: GPL-3.0-or-later
"""Derived views of a model: both ends of every cable, stable addresses, groups, and the inputs of roles."""

from __future__ import annotations

import copy
import pathlib
import random
import types
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse as parse_kubernetes
from ansible_collections.groundup.cloud.plugins.module_utils.layers import container_runtime, host_base
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse as parse_network
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import Derived, derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.enums import NetworkProvider
from ansible_collections.groundup.cloud.plugins.module_utils.model.layout import Layout
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.networks import PROVIDERS
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.model.prove_view import Neighbours
from ansible_collections.groundup.cloud.plugins.module_utils.model.providers import Provider

from .base import REMOVED, model

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
EXAMPLE = HERE / "data/design_example.yml"


def derived(changes: dict[str, Any] | None = None) -> Derived:
    return derive(load(model(changes)))


def machine(number: int) -> dict[str, Any]:
    """A machine like those of the base model, cabled to other ports."""
    mac = f"52:54:00:{number >> 8:02x}:{number & 255:02x}"
    return {
        "bmc": {"address": f"10.20.1.{number}", "password": "{{ vault_bmc }}"},
        "nics": {f"nic{side}": {"mac": f"{mac}:{side:02x}", "port": f"leaf{side + 1}/e{number}"} for side in (0, 1)},
        "networks": ["management", "cluster"],
        "root_disk": {"serial": f"R{number}"},
    }


def test_the_example_of_the_design_loads_unchanged() -> None:
    result = derive(load(EXAMPLE))
    assert result.groups["control_plane"] == ["node1"]
    node = result.hostvars["node1"]
    assert node["ansible_host"] == "10.20.0.21"
    assert node["machine_config"]["bmc"]["password"] == "{{ vault_bmc }}"
    leaf1, leaf2 = (result.hostvars[name]["switch_config"] for name in ("leaf1", "leaf2"))
    assert leaf1["lags"][0]["vlans"] == [10, 20, 30, 40, *range(100, 200)]
    assert leaf1["lags"][0]["mtu"] == 9000
    # Both leaves use the same LAG number; LACP fallback is only on the leaf to which the boot NIC is cabled.
    assert [lag["lags"][0]["mlag"] for lag in (leaf1, leaf2)] == [1, 1]
    assert leaf1["lags"][0]["lacp"] == {
        "mode": "active", "rate": "fast", "fallback": True, "fallback_port": "Ethernet1",
    }  # fmt: skip
    assert leaf2["lags"][0]["lacp"]["fallback"] is False


# Values that plays add after they have read the bundle.
ADDED: dict[str, dict[str, Any]] = {
    "kubernetes": {"files": {}},
    "container_runtime": {"files": {}},
    "provisioner": {"bundle_dir": "/bundle"},
    "network_flannel": {"manifest": {"sha256": "0"}},
    "network_policies": {"manifest": {"sha256": "0"}},
    "load_balancer": {"manifest": {"sha256": "0"}},
    "multus": {"manifest": {"sha256": "0"}, "dynamic_networks": {"sha256": "0"}},
    "rook_ceph": {"manifests": [{"sha256": "0"}] * 4, "addons_manifests": [{"sha256": "0"}] * 4},
    "kubevirt": {"manifest": {"sha256": "0"}},
    "cdi": {"manifest": {"sha256": "0"}},
    "snapshot_controller": {"manifests": [{"sha256": "0"}] * 5},
    "network_kube_ovn": {"manifest": {"sha256": "0"}, "policy_manifests": [{"sha256": "0"}]},
}


def accepted(role: str, value: Any) -> list[str]:
    """Errors of the role's argument spec for a value of its variable."""
    spec = ROOT / f"roles/{role}/meta/argument_specs.yml"
    options = yaml.safe_load(spec.read_text())["argument_specs"]["main"]["options"]
    name = f"{role}_config"
    return list(
        ArgumentSpecValidator({name: options[name]})
        .validate({name: copy.deepcopy(value | ADDED.get(role, {}))})
        .error_messages
    )


@pytest.mark.parametrize(
    "source",
    [ROOT / "inventories/lab", ROOT / "inventories/lab_ha", ROOT / "inventories/example", EXAMPLE],
    ids=lambda p: p.name,
)
def test_argument_specs_accept_the_derived_inputs(source: pathlib.Path) -> None:
    """Argument specs refuse unknown nested keys, so this covers the whole interface of the model and the roles."""
    cloud = load(source)
    found = {
        f"{host} {role}": accepted(role, value)
        for host, variables in derive(cloud).hostvars.items()
        for role, value in ((name.removesuffix("_config"), value) for name, value in variables.items())
        if (ROOT / f"roles/{role}/meta/argument_specs.yml").exists()
    }
    assert len(found) > len(cloud.machines)
    assert {where: messages for where, messages in found.items() if messages} == {}


def test_layers_parse_the_derived_inputs() -> None:
    """The parsers of the layers read the derived inputs; they fail on an unknown key."""
    for name, variables in derived().hostvars.items():
        if "switch_config" in variables:
            assert SwitchConfig.from_vars(variables["switch_config"]).name == name
        if "machine_config" in variables:
            assert parse_network(variables["host_network_config"]).hostname == name
            assert parse_kubernetes(variables["kubernetes_config"]).node.name == name
            assert host_base.render(variables["host_base_config"] | {"registry_ca": None}).layer == "host_base"
            assert set(variables["container_runtime_config"]) <= set(container_runtime.DEFAULTS)


def test_both_ends_of_a_cable_agree() -> None:
    result = derived({"networks.cluster.mtu": 9000})
    for name in ("node1", "node2"):
        host = result.hostvars[name]["host_network_config"]
        (link,) = host["links"]
        cables = {member["port"] for member in link["bond"]["members"]}
        tagged = {entry["vlan"] for entry in host["addresses"] if entry["vlan"]}
        lags = [
            (switch, lag)
            for switch in result.groups["switches"]
            for lag in result.hostvars[switch]["switch_config"]["lags"]
            if lag["name"] == name
        ]
        assert {f"{switch}/{port}" for switch, lag in lags for port in lag["members"]} == cables
        for _switch, lag in lags:
            assert tagged <= set(lag["vlans"])
            assert lag["native"] == 10
            assert lag["mtu"] == link["mtu"] == 9000
            assert lag["lacp"]["rate"] == link["bond"]["lacp_rate"]


def test_a_single_nic_is_a_trunk_without_a_bond() -> None:
    result = derived({"machines.node2.nics": {"nic0": {"mac": "52:54:00:00:02:00", "port": "leaf1/Ethernet2"}}})
    host = result.hostvars["node2"]["host_network_config"]
    assert [(link["name"], "bond" in link) for link in host["links"]] == [("nic0", False)]
    assert [entry["interface"] for entry in host["addresses"]] == ["nic0", "nic0.20", "nic0.30"]
    port = next(port for port in result.hostvars["leaf1"]["switch_config"]["ports"] if port["name"] == "Ethernet2")
    assert (port["mode"], port["native"], port["vlans"][:3]) == ("trunk", 10, [10, 20, 30])


def test_a_storage_machine_does_not_get_the_tenants_vlans() -> None:
    result = derived({"machines.node2.roles": ["storage"]})
    lags = {lag["name"]: lag["vlans"] for lag in result.hostvars["leaf1"]["switch_config"]["lags"]}
    assert lags["node2"] == [10, 20, 30]
    assert 199 in lags["node1"]


def test_uplinks_and_bmc_ports() -> None:
    result = derived(
        {
            "switches.leaf1.uplinks": {
                "Ethernet7": {"networks": ["all"], "description": "router"},
                "Ethernet8": {"networks": ["management"]},
            },
            "machines.node1.bmc.switch_port": "leaf2/Ethernet8",
        }
    )
    ports = {port["name"]: port for port in result.hostvars["leaf1"]["switch_config"]["ports"]}
    assert (ports["Ethernet7"]["mode"], ports["Ethernet7"]["native"]) == ("trunk", 10)
    assert (ports["Ethernet8"]["mode"], ports["Ethernet8"]["vlans"]) == ("access", [20])
    assert result.hostvars["leaf2"]["switch_config"]["ports"][0] == {
        "name": "Ethernet8", "description": "node1.bmc", "mode": "access", "native": 20, "vlans": [20], "mtu": 1500,
        "edge": True,
    }  # fmt: skip


def addresses(result: Derived) -> dict[str, list[str]]:
    return {
        name: [entry["address"] for entry in variables["host_network_config"]["addresses"]]
        for name, variables in result.hostvars.items()
        if "host_network_config" in variables
    }


def test_adding_a_machine_keeps_all_addresses() -> None:
    free = {"switches.leaf1.ports": REMOVED, "switches.leaf2.ports": REMOVED}
    before = addresses(derived(free))
    data = model(free)
    data["machines"] = {"node0": machine(0), "node9": machine(9), **dict(reversed(data["machines"].items()))}
    after = addresses(derive(load(data)))
    assert {name: after[name] for name in before} == before
    assert after["node9"] == ["10.10.0.29/24", "10.20.0.29/24", "10.30.0.29/24"]


def crowd(dice: random.Random, count: int) -> dict[str, Any]:
    """Machines that differ in all values on which addresses depend: name, number, networks, addresses, order."""
    machines = {}
    for number in dice.sample(range(1, 200), count):
        entry = machine(number)
        name = f"node{number}"
        if dice.random() < 0.3:
            name, entry["number"] = f"gpu-{chr(97 + number % 26)}{number}x", number
        if dice.random() < 0.3:
            entry["addresses"] = {"cluster": f"10.30.1.{number}"}
        entry["networks"] = ["cluster", *(["management"] if dice.random() < 0.7 else [])]
        machines[name] = entry
    names = list(machines)
    dice.shuffle(names)
    return {name: machines[name] for name in names}


def test_adding_and_removing_machines_keeps_the_addresses_of_others() -> None:
    dice = random.Random(20261125)
    wide = {"switches.leaf1.ports": REMOVED, "switches.leaf2.ports": REMOVED, "kubernetes": REMOVED}
    wide |= {
        f"networks.{name}.subnet": f"10.{n}.0.0/23"
        for n, name in ((10, "provision"), (20, "management"), (30, "cluster"))
    }
    for __ in range(60):
        data = model(wide)
        data["machines"] = crowd(dice, dice.randint(1, 30))
        before = derive(load(data))
        after = copy.deepcopy(data)
        gone = dice.sample(list(data["machines"]), dice.randint(0, len(data["machines"]) // 2))
        stay = [(name, entry) for name, entry in after["machines"].items() if name not in gone]
        taken = {int(entry["root_disk"]["serial"][1:]) for entry in data["machines"].values()}
        come = [(f"new{n}", machine(n)) for n in dice.sample(sorted(set(range(1, 200)) - taken), dice.randint(0, 20))]
        mixed = stay + come
        dice.shuffle(mixed)
        after["machines"] = dict(mixed)
        after["networks"] = {"extra": {"vlan": 90, "subnet": "10.90.0.0/23"}, **after["networks"]}
        after["switches"]["leaf0"] = {"platform": "unmanaged", "address": "10.20.1.250"}
        result = derive(load(after))
        old, new = addresses(before), addresses(result)
        assert {name: old[name] for name, _entry in stay} == {name: new[name] for name, _entry in stay}
        kept = {name: value for name, value in provisioner_addresses(result).items() if name != "extra"}
        assert kept == provisioner_addresses(before)
        everyone = [address.split("/")[0] for listed in new.values() for address in listed]
        assert len(set(everyone)) == len(everyone)


def provisioner_addresses(result: Derived) -> dict[str, str]:
    return dict(result.hostvars["provisioner"]["provisioner_config"]["addresses"])


def test_the_provisioner_avoids_the_gateway() -> None:
    found = derived().hostvars["provisioner"]["provisioner_config"]["addresses"]
    assert found == {"provision": "10.10.0.1", "management": "10.20.0.2", "cluster": "10.30.0.1"}


def test_peers_are_few_and_the_provisioner_comes_first() -> None:
    data = model({"switches.leaf1.ports": REMOVED, "switches.leaf2.ports": REMOVED})
    data["machines"].update({f"node{number}": machine(number) for number in range(3, 40)})
    result = derive(load(data))
    listed = [
        variables["host_network_config"]["peers"]["cluster"]
        for name, variables in result.hostvars.items()
        if "machine_config" in variables
    ]
    assert all(len(peers) == 9 and peers[0] == "10.30.0.1" for peers in listed)
    assert {peer for peers in listed for peer in peers[1:]} == {f"10.30.0.{20 + number}" for number in range(1, 40)}


def test_proofs_of_isolation_list_the_machines_in_a_vlan() -> None:
    found = derived().hostvars["node1"]["prove_config"]["isolation"]
    assert found == {
        "links": [{
            "interface": "bond0", "native": 10, "vlans": [10, 20, 30], "carries": [10, 20, 30, *range(100, 200)],
            "peers": {"10": ["node2"], "20": ["node2"], "30": ["node2"]},
        }],
        "forbidden": 4000,
    }  # fmt: skip


def test_packages_modules_and_sysctls_of_a_machine_join_those_of_all() -> None:
    """As everywhere in the model, mappings of the defaults are merged and lists are replaced."""
    changes = {
        "defaults.machine.host": {
            "packages": ["lldpd"],
            "sysctls": {"vm.nr_hugepages": 512, "net.core.somaxconn": 4096},
        },
        "machines.node1.host": {"packages": ["lldpd", "ipmitool"], "sysctls": {"vm.nr_hugepages": 1024}},
        "machines.node2.host": {"kernel_modules": ["vfio-pci"]},
    }
    first, second = (derived(changes).hostvars[name]["host_base_config"] for name in ("node1", "node2"))
    assert first["packages"] == ["lldpd", "ipmitool"] and second["packages"] == ["lldpd"]
    assert first["sysctls"] == {"vm.nr_hugepages": "1024", "net.core.somaxconn": "4096"}
    assert second["kernel_modules"] == ["vfio-pci"] and "kernel_modules" not in first
    assert host_base.render(first | {"registry_ca": None}).sysctls["vm.nr_hugepages"] == "1024"


def test_further_configuration_of_containerd_reaches_all_machines() -> None:
    text = "[debug]\nlevel = 'debug'\n"
    found = derived({"kubernetes.containerd": {"debug": text}}).hostvars["node2"]["container_runtime_config"]
    assert found["drop_ins"] == {"debug": text}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kubernetes.containerd": {"debug": "[debug"}}, r"kubernetes\.containerd\.debug: .* isn't TOML: "),
        ({"kubernetes.containerd": {"debug": "# nothing"}}, r"kubernetes\.containerd\.debug: .* is empty"),
        ({"machines.node1.host": {"sysctls": {"nr_hugepages": 1}}}, "give a name such as vm.nr_hugepages"),
        ({"machines.node1.host": {"sysctls": {"vm.nr_hugepages": True}}}, "isn't a number or a text"),
        ({"machines.node1.host": {"packages": ["lldpd=1.0"]}}, "without a version"),
        ({"machines.node1.host": {"kernel_modules": ["../x"]}}, "give a name such as vfio-pci"),
        ({"machines.node1.host": {"package": ["lldpd"]}}, "did you mean packages"),
    ],
)
def test_wrong_settings_of_hosts_are_named(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(ModelError, match=error):
        derived(changes)


@pytest.mark.parametrize(
    ("networks", "separate"),
    [
        ({"a": ["x"], "b": ["x"]}, False),
        ({"a": ["x"], "b": ["y"], "c": ["x", "y"]}, False),  # by way of c
        ({"a": ["x"], "b": ["y"]}, True),
        ({"a": ["x", "y"], "b": ["y"], "c": ["z"]}, True),
        ({"a": ["x"], "b": []}, False),  # b takes no part
    ],
)
def test_whether_all_machines_are_connected(networks: dict[str, list[str]], separate: bool) -> None:
    """Otherwise none of them can know when all have started, so the proof of isolation takes its whole time."""
    parts = {name: types.SimpleNamespace(name=name, place=f"networks.{name}") for name in ("x", "y", "z")}
    layout = types.SimpleNamespace(
        cloud=types.SimpleNamespace(machines=dict.fromkeys(networks), networks=parts),
        parts=tuple(parts.values()),
        networks_of=lambda _machine: tuple(parts.values()),
        addresses_of=lambda name: dict.fromkeys(networks[name]),
    )
    assert Neighbours(layout).separate is separate  # type: ignore[arg-type]


def test_the_switch_for_firmware_reaches_the_provisioner_where_the_model_has_it() -> None:
    images = {"images": {"debian-13": {}}}
    assert (
        "non_free_firmware" not in derived(images).hostvars["provisioner"]["provisioner_config"]["images"]["debian-13"]
    )
    for value in (True, False):
        images = {"images": {"debian-13": {"non_free_firmware": value}}}
        found = derived(images).hostvars["provisioner"]["provisioner_config"]["images"]["debian-13"]
        assert found["non_free_firmware"] is value


def test_disks_are_proved_blank_only_without_a_storage_provider() -> None:
    assert derived().hostvars["node1"]["prove_config"]["blank_disks"] == [{"serial": "S1"}]
    stores = {"storage": {"provider": "rook_ceph", "few_machines": True}}
    assert derived(stores).hostvars["node1"]["prove_config"]["blank_disks"] == []


def test_nodes_get_labels_and_taints() -> None:
    result = derived(
        {"machines.node1.roles": ["control_plane"], "machines.node2.taints": [{"key": "gpu", "value": "yes"}]}
    )
    first, second = (result.hostvars[name]["kubernetes_config"]["node"] for name in ("node1", "node2"))
    assert first["taints"] == [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
    assert second["taints"] == [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]
    assert second["labels"] == {"groundup.cloud/compute": "true", "topology.kubernetes.io/zone": "r1"}


def test_a_cloud_without_kubernetes_has_the_layers_of_hosts_only() -> None:
    variables = derived({"kubernetes": REMOVED}).hostvars["node1"]
    assert "kubernetes" not in variables
    assert variables["host_network_config"]["addresses"][0]["address"] == "10.10.0.21/24"


def names(layers: list[dict[str, Any]]) -> list[str]:
    return [layer["name"] for layer in layers]


def test_the_list_of_layers_depends_on_the_provider() -> None:
    """Probe, site.yml, the bundle's check and the report all use this list."""
    result = derived()
    layers = result.group_vars["machines"]["groundup_layers"]
    assert names(layers) == ["host_network", "host_base", "container_runtime", "kubernetes", "network"]
    assert layers[-1] == {
        "name": "network",
        "role": "groundup.cloud.network_basic",
        "input": "network_basic_config",
        "follows": ["kubernetes"],
    }
    assert {layer["input"] for layer in layers} <= set(result.hostvars["node1"])
    assert "registry.k8s.io/kube-proxy:v1.36.3" in result.all_vars["groundup_needs"]["kubernetes"]
    assert {"ctr", "cni-plugins"} <= set(result.all_vars["groundup_needs"]["container_runtime"])
    custom = derived({"network": {"provider": "custom"}})
    assert names(custom.group_vars["machines"]["groundup_layers"])[-1] == "kubernetes"
    bare = derived({"kubernetes": REMOVED})
    assert names(bare.group_vars["machines"]["groundup_layers"]) == ["host_network", "host_base"]
    assert (bare.groups["clusters"], bare.all_vars["groundup_needs"]) == ([], {})


def test_layers_below_an_operating_system_are_data_as_well() -> None:
    result = derived()
    for group, name in {"switches": "switch", "provisioners": "provisioner", "machines": "machine"}.items():
        (layer,) = result.group_vars[group]["groundup_below"]
        expected = {"name": name, "role": f"groundup.cloud.{name}", "input": f"{name}_config", "follows": []}
        assert layer == expected
        assert all(layer["input"] in result.hostvars[host] for host in result.groups[group])
    assert result.all_vars["groundup_below"] == [], "the host that stands for the cluster has none"


def test_a_provider_is_added_by_one_entry_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that uses the Kubernetes API adds its layer to the inventory host of the cluster."""

    def pods(layout: Layout) -> dict[str, Any]:
        return {"pods": str(layout.cloud.kubernetes.pods)} if layout.cloud.kubernetes else {}

    toy = Provider("network_toy", of_cluster=pods, needs=lambda params: (f"manifest:toy-{params['pods']}",))
    monkeypatch.setitem(PROVIDERS, NetworkProvider.CALICO, toy)
    result = derived({"network": {"provider": "calico"}})
    cluster = result.hostvars["cluster"]
    assert [(layer["name"], layer["role"]) for layer in cluster["groundup_layers"]] == [
        ("network", "groundup.cloud.network_toy")
    ]
    assert cluster["network_toy_config"] == {"pods": "10.64.0.0/14"}
    assert result.all_vars["groundup_needs"]["network"] == ["manifest:toy-10.64.0.0/14"]
    assert "network" not in names(result.group_vars["machines"]["groundup_layers"])


def test_another_provider_leaves_network_basic_out() -> None:
    assert "network_basic_config" in derived().hostvars["node1"]
    assert "network_basic_config" not in derived({"network": {"provider": "custom"}}).hostvars["node1"]


def test_host_keys_are_pinned_in_the_state_of_the_cloud() -> None:
    result = derive(load(model({"access.private_key_file": "~/.ssh/rack"})), "/state")
    node = result.group_vars["machines"]
    assert node["kubernetes_kubeconfig"] == "/state/groundup/rack/kubeconfig"
    assert node["machine_known_hosts"] == "/state/groundup/rack/known_hosts"
    assert node["ansible_ssh_common_args"] == (
        '-o UserKnownHostsFile="/state/groundup/rack/known_hosts" -o StrictHostKeyChecking=yes'
    )
    assert node["ansible_ssh_private_key_file"] == "~/.ssh/rack"


def test_groups_contain_hosts_by_role_and_rack() -> None:
    assert derived({"machines.node2.location": {"rack": "row-2"}}).groups == {
        "switches": ["leaf1", "leaf2"],
        "provisioners": ["provisioner"],
        "clusters": ["cluster"],
        "machines": ["node1", "node2"],
        "control_plane": ["node1"],
        "compute": ["node1", "node2"],
        "storage": ["node1"],
        "rack_r1": ["node1"],
        "rack_row_2": ["node2"],
    }


@pytest.mark.parametrize(
    ("provisioner", "expected"),
    [
        ({}, {"ansible_host": "localhost", "ansible_connection": "local"}),
        ({"host": "boot.example.net"}, {"ansible_host": "boot.example.net", "ansible_user": "root"}),
        (
            {"host": "10.1.1.1", "user": "ops"},
            {"ansible_host": "10.1.1.1", "ansible_user": "ops", "ansible_become": True},
        ),
    ],
)
def test_the_connection_follows_the_provisioners_host(provisioner: dict[str, str], expected: dict[str, str]) -> None:
    found = dict(derived({"provisioner": provisioner}).hostvars["provisioner"])
    found = {key: value for key, value in found.items() if key.startswith("ansible_")}
    assert found == expected


def test_keys_of_the_bundle_are_the_input_of_its_role_and_what_site_compares() -> None:
    keys: dict[str, Any] = {
        "source": "upstream",
        "lock": "/srv/lock.yml",
        "mirrors": {"https://registry.k8s.io": "https://mirror.example.net/k8s"},
        "images": {"registry.k8s.io/kube-proxy:v1.36.3": "oci:/srv/images/kube-proxy"},
        "ca_file": "/etc/ssl/own.pem",
        "auth_file": "/root/auth.json",
    }
    images = {"remote": {"url": "https://example.net/os.raw", "sha256": "0" * 64}}
    found = derived({"machines.node1.os": "remote", "images": images, "bundle": keys})
    assert found.hostvars["provisioner"]["bundle_config"] == {
        **keys,
        "dir": None,
        "cloud": found.all_vars["prove_cloud"],
    }
    assert found.all_vars["groundup_cloud"]["bundle"] == {**keys, "dir": None}
    assert found.hostvars["provisioner"]["provisioner_config"]["images"]["remote"]["ca_file"] == "/etc/ssl/own.pem"
    assert "ca_file" not in str(derived().hostvars["provisioner"])


def test_the_port_of_a_nic_that_the_bmc_shares_carries_the_vlan_of_the_bmc() -> None:
    """Otherwise the first change of the switch cuts off the BMC, which is in no network of the machine."""
    apart = derived({"machines.node2.networks": ["cluster"]})
    shared = derived({"machines.node2.networks": ["cluster"], "machines.node2.bmc.switch_port": "leaf1/Ethernet2"})
    for name in ("leaf1", "leaf2"):
        before, after = (result.hostvars[name]["switch_config"] for result in (apart, shared))
        assert 20 not in before["lags"][1]["vlans"] and 20 in after["lags"][1]["vlans"]
        assert after["ports"] == []
    proof = shared.hostvars["node2"]["prove_config"]
    assert 20 in proof["isolation"]["links"][0]["carries"]
    assert "management" not in [network["name"] for network in proof["networks"]]
    drawn = {box["name"]: box for box in shared.hostvars["provisioner"]["drawing_config"]["machines"]}
    assert "management" in drawn["node2"]["carries"]


def test_a_bmc_on_a_nic_that_nothing_else_uses_has_an_access_port() -> None:
    changes = {"machines.node2.bond": {"mode": "none"}, "machines.node2.bmc.switch_port": "leaf2/Ethernet2"}
    ports = derived(changes).hostvars["leaf2"]["switch_config"]["ports"]
    assert [(port["name"], port["mode"], port["vlans"]) for port in ports] == [("Ethernet2", "access", [20])]


def test_a_bmc_may_have_a_host_name() -> None:
    bmc = {"address": "Node2-BMC.example.net", "network": "management", "switch_port": "leaf1/Ethernet8"}
    result = derived({"machines.node2.bmc": {**bmc, "password": "{{ v }}", "tls": {"ca_file": "/etc/ssl/bmc.pem"}}})
    view = result.hostvars["node2"]["machine_config"]["bmc"]
    assert (view["address"], view["tls"]) == ("node2-bmc.example.net", {"ca_file": "/etc/ssl/bmc.pem"})
    assert result.hostvars["leaf1"]["switch_config"]["ports"][0]["vlans"] == [20]


def test_a_machine_may_be_named_by_its_fqdn() -> None:
    name = "node7.hall2.example.org"
    data = model({"switches.leaf1.ports": REMOVED, "switches.leaf2.ports": REMOVED})
    data["machines"][name] = machine(7)
    result = derive(load(data))
    view = result.hostvars[name]
    assert view["ansible_host"] == "10.20.0.27"
    assert (view["host_network_config"]["hostname"], view["host_network_config"]["fqdn"]) == (name, name)
    assert (view["machine_config"]["name"], view["machine_config"]["fqdn"]) == (name, name)
    assert view["kubernetes_config"]["node"]["name"] == name
    parse_network(view["host_network_config"])
    parse_kubernetes(view["kubernetes_config"] | {"files": {}})
    SwitchConfig.from_vars(result.hostvars["leaf1"]["switch_config"])
    listed = {item["name"]: item["fqdn"] for item in result.hostvars["provisioner"]["provisioner_config"]["machines"]}
    assert listed == {"node1": "node1.rack.internal", "node2": "node2.rack.internal", name: name}


def test_groups_of_racks_take_letters_digits_and_underscores() -> None:
    result = derived({"machines.node1.location.rack": "DC1_R07.a", "machines.node2.location.rack": "r-2"})
    assert result.groups["rack_DC1_R07_a"] == ["node1"] and result.groups["rack_r_2"] == ["node2"]


def test_a_machine_has_a_default_route_of_each_ip_version() -> None:
    networks = {"vlan": 66, "subnet": "fd00:6::/64", "gateway": "fd00:6::1"}
    changes = {"networks.six": networks, "machines.node1.networks": ["management", "cluster", "six"]}
    addresses = derived(changes).hostvars["node1"]["host_network_config"]["addresses"]
    assert {item["network"]: item["gateway"] for item in addresses} == {
        "provision": None, "management": "10.20.0.1", "cluster": None, "six": "fd00:6::1",
    }  # fmt: skip


def test_ranges_of_ports_reach_the_packet_filter() -> None:
    view = derived({"firewall": {"open": ["udp/30000-32767", "tcp/0443"]}}).hostvars["node1"]["host_base_config"]
    assert view["firewall"]["open"] == ["udp/30000-32767", "tcp/443"]
    rules = next(
        str(file.content)
        for file in host_base.render(view | {"registry_ca": None}).files
        if file.path == host_base.RULES
    )
    assert "\t\tudp dport 30000-32767 accept\n" in rules and "\t\ttcp dport 443 accept\n" in rules


def test_what_a_layer_refuses_is_an_error_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of machines that differ in names and addresses only, the first is named."""

    def refuse(params: dict[str, Any]) -> None:
        raise HostError(f"host_network.links[0].mtu: {params['links'][0]['mtu']} is not a size")

    monkeypatch.setattr("ansible_collections.groundup.cloud.plugins.module_utils.links.spec.parse", refuse)
    with pytest.raises(ModelError) as caught:
        load(model({"machines.node2.bond": {"lacp_rate": "slow"}}))
    reason = "is refused by the layer host_network: host_network.links[0].mtu: 1500 is not a size; correct that value"
    assert [str(problem) for problem in caught.value.errors] == [f"machines.node{n}: {reason}" for n in (1, 2)]
    monkeypatch.undo()
    assert load(model())
