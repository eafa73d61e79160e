# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin in Ansible itself: templates, vaults, split models, errors, constructed groups."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml
from ansible.template import is_trusted_as_template, trust_as_template
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.values import Expression
from ansible_collections.groundup.cloud.plugins.plugin_utils.values import Trusted

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(sys.executable).parent
CFG = """
[defaults]
collections_path = {collections}
[inventory]
enable_plugins = groundup.cloud.cloud
any_unparsed_is_failed = true
"""
HEAD = """
plugin: groundup.cloud.cloud
name: rack1
networks:
  provision: {vlan: "{{ base_vlan }}", subnet: 10.10.0.0/24, native: true}
  management: {vlan: "{{ base_vlan + 10 }}", subnet: 10.20.0.0/24}
defaults: {machine: {bmc: {username: "{{ bmc_user }}", password: "{{ vault_bmc }}"}}}
"""
PART = """
plugin: groundup.cloud.cloud
machines:
  node1:
    bmc: {address: 10.20.0.101}
    root_disk: {serial: "{{ braces }}"}
    nics: {nic0: {mac: "52:54:00:00:01:01"}}
"""
VARS = "base_vlan: 10\nbmc_user: root\nbraces: !unsafe 'S{{ 1 + 1 }}'\n"
SECRET = "to{{ 1 + 1 }}p"


class Rack:
    """A directory with a model, and methods that run Ansible on it."""

    def __init__(self, home: pathlib.Path) -> None:
        self.home = home
        self.inventory = home / "rack"
        (self.inventory / "group_vars/all").mkdir(parents=True)
        self.write("../ansible.cfg", CFG.format(collections=ROOT / ".ansible/collections"))
        self.write("../password", "open sesame")

    def write(self, name: str, text: str) -> pathlib.Path:
        path = self.inventory / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "ANSIBLE_CONFIG": str(self.home / "ansible.cfg"), "COLUMNS": "10000"}
        environment |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(self.home / ".ansible")}
        environment |= {"ANSIBLE_VAULT_PASSWORD_FILE": str(self.home / "password")}
        line = [str(BIN / command[0]), *command[1:]]
        return subprocess.run(
            line, env=environment, cwd=self.home, capture_output=True, text=True, timeout=120, check=False
        )

    def hostvars(self, source: str = "rack") -> dict[str, Any]:
        done = self.run("ansible-inventory", "-i", source, "--list", "--yaml")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = {}
        todo = [yaml.safe_load(done.stdout)["all"]]
        while todo:
            group = todo.pop()
            todo += list((group.get("children") or {}).values())
            for name, variables in (group.get("hosts") or {}).items():
                found.setdefault(name, {}).update(variables)
        return found

    def evaluate(self, host: str, template: str) -> str:
        done = self.run("ansible", "-i", "rack", host, "-c", "local", "-m", "debug", "-a", f"msg={template}")
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout


@pytest.fixture
def rack(tmp_path: pathlib.Path) -> Rack:
    made = Rack(tmp_path)
    made.write("cloud.yml", HEAD)
    made.write("machines.cloud.yml", PART)
    made.write("group_vars/all/plain.yml", VARS)
    made.write("group_vars/all/vault.yml", "vault_bmc: geheim\n")
    return made


def test_a_split_model_with_templates_is_loaded(rack: Rack) -> None:
    found = rack.hostvars()
    assert sorted(found) == ["node1", "provisioner"]
    node = found["node1"]
    assert node["machine_config"]["bmc"]["username"] == "root"
    assert node["host_network_config"]["addresses"][1]["interface"] == "nic0.20"
    # A password is evaluated where a role uses it, so its vault need not be decrypted when the model is read.
    assert node["machine_config"]["bmc"]["password"] == "{{ vault_bmc }}"
    assert "geheim" in rack.evaluate("node1", "{{ machine_config.bmc.password }}")


def test_templates_return_lists_and_mappings(rack: Rack) -> None:
    rack.write("group_vars/all/more.yml", "wanted: [management]\ncard: {nic0: {mac: '52:54:00:00:01:01'}}\n")
    nics = 'nics: {nic0: {mac: "52:54:00:00:01:01"}}'
    rack.write("machines.cloud.yml", PART.replace(nics, 'networks: "{{ wanted }}"\n    nics: "{{ card }}"'))
    assert rack.hostvars()["node1"]["host_network_config"]["addresses"][1]["network"] == "management"
    rack.write("group_vars/all/more.yml", "wanted: [mangement]\ncard: 7\n")
    done = rack.run("ansible-inventory", "-i", "rack", "--graph")
    assert (
        "machines.cloud.yml:7: machines.node1.networks[0]: mangement is not a network; did you mean manag"
        in done.stderr
    )
    assert "machines.cloud.yml:8: machines.node1.nics: 7 is not a mapping; give names and their values" in done.stderr


def test_the_result_of_a_template_is_not_evaluated_again(rack: Rack) -> None:
    assert "S{{ 1 + 1 }}" in rack.evaluate("node1", "{{ machine_config.root_disk.serial }}")


def test_extra_variables_override_group_vars(rack: Rack) -> None:
    done = rack.run("ansible-inventory", "-i", "rack", "-e", '{"base_vlan": 50}', "--host", "node1")
    assert '"nic0.60"' in done.stdout


def test_vaulted_passwords_are_decrypted(rack: Rack) -> None:
    rack.run("ansible-vault", "encrypt", "rack/group_vars/all/vault.yml")
    assert "geheim" not in (rack.inventory / "group_vars/all/vault.yml").read_text()
    assert "geheim" in rack.evaluate("node1", "{{ machine_config.bmc.password }}")
    text = rack.run("ansible-vault", "encrypt_string", SECRET, "--name", "password").stdout
    indented = "\n".join(f"      {line.strip()}" for line in text.splitlines()[1:] if line.strip())
    inline = f"    bmc:\n     address: 10.20.0.101\n     password: !vault |\n{indented}\n"
    rack.write("machines.cloud.yml", PART.replace("    bmc: {address: 10.20.0.101}\n", inline))
    assert SECRET in rack.evaluate("node1", "{{ machine_config.bmc.password }}")
    listed = rack.run("ansible-inventory", "-i", "rack", "--list")
    assert listed.returncode == 0
    assert SECRET not in listed.stdout + listed.stderr
    assert "clear text" not in listed.stderr


def test_an_encrypted_model_is_loaded(rack: Rack) -> None:
    rack.write("machines.cloud.yml", PART.replace("bmc: {", 'bmc: {password: "clear", '))
    assert (
        "machines.node1.bmc.password: (hidden) is in clear text"
        in rack.run("ansible-inventory", "-i", "rack", "--list").stderr
    )
    for name in ("cloud.yml", "machines.cloud.yml"):
        assert rack.run("ansible-vault", "encrypt", f"rack/{name}").returncode == 0
    done = rack.run("ansible-inventory", "-i", "rack", "--list")
    assert done.returncode == 0
    assert "clear text" not in done.stderr


def test_all_errors_are_reported_at_once_without_secrets(rack: Rack) -> None:
    broken = PART.replace("52:54:00:00:01:01", "zz").replace("{{ braces }}", "{{ nowhere }}")
    rack.write("machines.cloud.yml", broken.replace("bmc: {", 'fimware: bios\n    bmc: {password: "hush", '))
    done = rack.run("ansible-inventory", "-i", "rack", "--list")
    assert done.returncode != 0
    for line in (
        "the model has 3 errors:",
        "machines.cloud.yml:7: machines.node1.root_disk.serial: {{ nowhere }} can't be evaluated: 'nowhere' is undef",
        "machines.cloud.yml:5: machines.node1.fimware: is an unknown key; did you mean firmware?",
        "machines.cloud.yml:8: machines.node1.nics.nic0.mac: zz is not a valid MAC address; give six bytes in quotes",
    ):
        assert line in done.stderr, done.stderr
    assert "hush" not in done.stderr + done.stdout


STOCK = "host_list, script, auto, yaml, ini, toml"


@pytest.mark.parametrize("unparsed", ["true", "false"])
@pytest.mark.parametrize(
    "plugins", [f"groundup.cloud.cloud, {STOCK}", STOCK], ids=["this plugin first", "Ansible's default"]
)
def test_errors_are_printed_once_and_end_the_command(rack: Rack, plugins: str, unparsed: str) -> None:
    """With any configuration, no other plugin tries the file, and no play continues without hosts."""
    rack.write("../ansible.cfg", CFG.format(collections=ROOT / ".ansible/collections"))
    text = (rack.home / "ansible.cfg").read_text().replace("= groundup.cloud.cloud", f"= {plugins}")
    rack.write("../ansible.cfg", text.replace("failed = true", f"failed = {unparsed}"))
    rack.write("machines.cloud.yml", PART.replace("52:54:00:00:01:01", "zz"))
    for source in ("rack", "rack/cloud.yml"):
        done = rack.run("ansible-inventory", "-i", source, "--graph")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("zz is not a valid MAC address") == 1, done.stderr
        assert "Failed to parse" not in done.stderr


UNREADABLE = {
    "YAML": ("plugin: groundup.cloud.cloud\nname: [\n", "cloud.yml:3: is not valid YAML: while parsing a flow node"),
    "no plugin": ("name: rack\n", "cloud.yml:1: plugin: is missing; begin the file with plugin: groundup.cloud.cloud"),
    "misspelt plugin": ("plugin: groundup.cloud.clod\nname: rack\n", "cloud.yml:1: plugin: groundup.cloud.clod is "),
    "empty": ("", "cloud.yml:1: null is not a model"),
    "list": ("- a\n", "cloud.yml:1: a list is not a model"),
    "vault": ("$ANSIBLE_VAULT;1.1;AES256\n3330\n", "cloud.yml: can't be read: "),
    "template": ("plugin: groundup.cloud.cloud\nname: '{{ x'\n", "cloud.yml:2: name: {{ x can't be evaluated: "),
    "key twice": ("plugin: groundup.cloud.cloud\nname: a\nname: b\n", "cloud.yml:3: name: is defined twice"),
    "constructed": (
        "plugin: groundup.cloud.cloud\nname: a\nkeyed_groups: x\nstrict: maybe\n",
        "cloud.yml:4: strict: maybe is not true or false",
    ),
}


@pytest.mark.parametrize(("text", "expected"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_invalid_file_is_an_error_with_its_line(rack: Rack, text: str, expected: str) -> None:
    (rack.inventory / "machines.cloud.yml").unlink()
    rack.write("cloud.yml", text)
    done = rack.run("ansible-inventory", "-i", "rack", "--graph")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count(expected) == 1, done.stderr
    assert "Traceback" not in done.stderr


def test_variables_of_groups_that_the_model_overrides_are_warned_of(rack: Rack) -> None:
    """Variables of a host, which the model sets, take precedence over those of a group, and Ansible says nothing."""
    rack.write("group_vars/machines.yml", "host_base_config: {sysctls: {vm.swappiness: 10}}\nof_my_own: 1\n")
    (rack.inventory / "host_vars").mkdir()
    rack.write("host_vars/node1.yml", "container_runtime_config: {files: {}}\n")
    done = rack.run("ansible-inventory", "-i", "rack", "--list")
    assert "group_vars/machines: host_base_config is not used: each host has its own from the model" in done.stderr
    assert "of_my_own" not in done.stderr and "container_runtime_config" not in done.stderr
    hosts = json.loads(done.stdout)["_meta"]["hostvars"]
    assert "vm.swappiness" not in str(hosts["node1"]["host_base_config"]), "so it was"
    assert hosts["node1"]["container_runtime_config"] == {"files": {}}
    assert "host_base_config is not used" in str(hosts["node1"]["groundup_cloud_warnings"]), "an error where strict"


def test_limit_excludes_the_other_hosts(rack: Rack) -> None:
    more = PART.split("machines:\n")[1].replace("node1", "node2").replace("{{ braces }}", "S2")
    more = more.replace("10.20.0.101", "10.20.0.102").replace("01:01", "02:01")
    rack.write("machines.cloud.yml", PART + more)
    done = rack.run("ansible", "-i", "rack", "machines", "--limit", "node2", "-c", "local", "-m", "debug")
    assert "node2 | SUCCESS" in done.stdout, done.stderr
    assert "node1" not in done.stdout


def test_a_yaml_inventory_named_as_a_model_is_read_by_ansible(rack: Rack) -> None:
    (rack.inventory / "machines.cloud.yml").unlink()
    rack.write("cloud.yml", "all: {hosts: {plain: }}\n")
    text = CFG.format(collections=ROOT / ".ansible/collections")
    rack.write("../ansible.cfg", text.replace("= groundup.cloud.cloud", "= groundup.cloud.cloud, yaml"))
    assert "plain" in rack.run("ansible-inventory", "-i", "rack/cloud.yml", "--graph").stdout


def test_compose_groups_and_keyed_groups_work(rack: Rack) -> None:
    rack.write(
        "cloud.yml",
        HEAD
        + "compose: {shout: inventory_hostname | upper}\n"
        + "groups: {uefi: machine_config is defined and machine_config.firmware == 'uefi'}\n"
        + "keyed_groups: [{key: machine_config.os, prefix: os}]\n",
    )
    assert rack.hostvars()["node1"]["shout"] == "NODE1"
    graph = rack.run("ansible-inventory", "-i", "rack", "--graph").stdout
    assert "@uefi:\n  |  |--node1" in graph
    assert "@os_debian_13:\n  |  |--node1" in graph


def test_options_in_a_part_of_a_split_model_apply(rack: Rack) -> None:
    rack.write("cloud.yml", HEAD + "compose: {shout: inventory_hostname | upper}\n")
    rack.write(
        "machines.cloud.yml",
        PART + "compose: {site_code: \"'x-' ~ inventory_hostname\"}\n"
        "groups: {mine: inventory_hostname == 'node1'}\nkeyed_groups: [{key: machine_config.os, prefix: os}]\n",
    )
    node = rack.hostvars()["node1"]
    assert (node["shout"], node["site_code"]) == ("NODE1", "x-node1")
    graph = rack.run("ansible-inventory", "-i", "rack", "--graph").stdout
    assert "@mine:\n  |  |--node1" in graph and "@os_debian_13:\n  |  |--node1" in graph
    rack.write("cloud.yml", HEAD + "compose: {site_code: \"'y'\"}\nstrict: true\n")
    rack.write("machines.cloud.yml", PART + "compose: {site_code: \"'x'\"}\nstrict: false\n")
    done = rack.run("ansible-inventory", "-i", "rack", "--graph")
    assert done.returncode == 1
    for key in ("compose.site_code", "strict"):
        assert f"{key}: is defined in cloud.yml and in machines.cloud.yml; keep one of them" in done.stderr


def test_anchors_stand_under_keys_that_are_not_read(rack: Rack) -> None:
    """A template under such a key is evaluated only where its anchor is used."""
    anchor = 'x-common:\n  nics: &nics {nic0: {mac: "52:54:00:00:01:01"}}\n  unused: "{{ nowhere }}"\n'
    part = PART.replace('nics: {nic0: {mac: "52:54:00:00:01:01"}}', "nics: *nics")
    rack.write("machines.cloud.yml", part.replace("machines:\n", f"{anchor}machines:\n"))
    rack.write("cloud.yml", HEAD + "x-common: 7\n")
    assert rack.hostvars()["node1"]["machine_config"]["macs"] == ["52:54:00:00:01:01"]


def test_numbers_with_leading_zeros_are_errors(rack: Rack) -> None:
    rack.write("cloud.yml", HEAD.replace('vlan: "{{ base_vlan }}"', "vlan: 0100"))
    done = rack.run("ansible-inventory", "-i", "rack", "--graph")
    expected = "cloud.yml:5: networks.provision.vlan: 0100 begins with a zero, so YAML reads it as 64; write 100"
    assert done.returncode == 1
    assert expected in done.stderr


def test_a_limit_draws_what_it_names(rack: Rack) -> None:
    playbook = str(ROOT / "playbooks/draw.yml")
    counts = {
        "node4": "2 switches · 1 machine ·",
        "leaf2": "1 switch · 0 machines ·",
        "all": "2 switches · 5 machines ·",
    }
    for limit, expected in counts.items():
        line = ["ansible-playbook", "-i", str(ROOT / "inventories/example"), playbook, "--limit", limit]
        done = rack.run(*line, "-e", f"drawing_directory={rack.home}/{limit}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert expected in (rack.home / limit / "racks.svg").read_text()


INVENTORIES = {
    # The networks of the rack have no router.
    "lab/cloud.yml": ["goes without MetalLB's webhook", "are in a network without gateway and routes"],
    "lab_ha/cloud.yml": ["node3.bmc.protocol: ipmi has no TLS"],
    "example": [],
}


@pytest.mark.parametrize(("model", "warnings"), INVENTORIES.items(), ids=INVENTORIES)
def test_the_inventories_of_the_project_load(rack: Rack, model: str, warnings: list[str]) -> None:
    done = rack.run("ansible-inventory", "-i", str(ROOT / "inventories" / model), "--list")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("WARNING") == len(warnings)
    assert all(text in done.stderr for text in warnings)


def plain(value: Any) -> Any:
    """The value in the types of JSON."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("model", ["mlag", "twelve", "hosts"])
def test_each_host_has_the_variables_that_follow_from_the_model(rack: Rack, model: str) -> None:
    """Those of all hosts, overridden by those of its groups and its own; what hosts share is not mixed up."""
    path = ROOT / f"tests/golden/models/{model}.cloud.yml"
    done = rack.run("ansible-inventory", "-i", str(path), "--list", "-e", "vault_bmc=x")
    listed = json.loads(done.stdout)["_meta"]["hostvars"]
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    derived = derive(load(path), state)
    assert sorted(listed) == sorted(derived.hostvars)
    for host, own in derived.hostvars.items():
        groups = [variables for group, variables in derived.group_vars.items() if host in derived.groups[group]]
        wanted = {name: value for variables in (derived.all_vars, *groups, own) for name, value in variables.items()}
        have = {name: listed[host][name] for name in wanted}
        assert have == plain(wanted), host
        rest = set(listed[host]) - set(wanted)
        assert rest <= {"ansible_local", "ansible_python_interpreter", "groundup_cloud_warnings", "vault_bmc"}, host


def test_equal_constants_are_marked_once_and_templates_keep_their_mark() -> None:
    trusted = Trusted()
    shared = {"name": "bond0", "members": ("nic0", "nic1")}
    first, second = trusted({"bond": shared, "note": "bond0"}), trusted({"bond": shared, "note": "bond0"})
    assert first == {"bond": {"name": "bond0", "members": ["nic0", "nic1"]}, "note": "bond0"} == second
    assert first["bond"] is second["bond"]
    assert is_trusted_as_template(first["note"]) and is_trusted_as_template(first["bond"]["members"][0])
    text = "{{ 1 + 1 }}"
    assert not is_trusted_as_template(trusted(text))
    assert is_trusted_as_template(trusted(trust_as_template(text)))
    assert is_trusted_as_template(trusted(Expression(text)))
    assert not is_trusted_as_template(trusted(text))
