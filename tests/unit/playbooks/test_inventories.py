# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory that is not exactly one model ends every command with an error that names the files.

Without the project's ansible.cfg, since Ansible alone reports success where an inventory has no hosts.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model.inventories import (
    misnamed,
    unknown_names,
    unknown_tag,
)
from ansible_collections.groundup.cloud.plugins.plugin_utils import extra_variables

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(sys.executable).parent
#: Playbooks that act on an inventory; those of the virtual rack are given a model by its path.
PLAYBOOKS = (
    "site",
    "plan",
    "prove",
    "draw",
    "fence",
    "watch",
    "drain",
    "drill",
    "example",
    "images",
    "bundle",
    "cabling",
    "replace_disk",
    "storage_maintenance",
    "storage_power",
    "network_prove",
)
MODEL = """
plugin: groundup.cloud.cloud
name: {name}
networks: {{provision: {{vlan: 10, subnet: 10.{number}.0.0/24, native: true}}}}
access: {{public_keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleEx ops"]}}
"""
PART = """
plugin: groundup.cloud.cloud
machines: {{{name}1: {{nics: {{nic0: {{mac: "52:54:00:aa:0{number}:01"}}}}}}}}
"""


class Inventories:
    """A directory for inventories, and commands that are run in it with nothing but Ansible's own configuration."""

    def __init__(self, home: pathlib.Path) -> None:
        self.home = home

    def write(self, path: str, *texts: str) -> str:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(texts), encoding="utf-8")
        return str(file)

    def model(self, path: str, name: str = "a", number: int = 1) -> str:
        part = PART.format(name=name, number=number).replace("plugin: groundup.cloud.cloud\n", "")
        return self.write(path, MODEL.format(name=name, number=number), part)

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        environment = {
            **kept,
            "HOME": str(self.home),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
            "ANSIBLE_HOME": str(self.home / ".ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "COLUMNS": "10000",
            **more,
        }
        line = [str(BIN / command[0]), *command[1:]]
        return subprocess.run(
            line, cwd=self.home, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    def refusal(self, *command: str, **more: str) -> str:
        """What a command prints that has to fail before its first task."""
        done = self.run(*command, **more)
        assert done.returncode != 0, done.stdout
        assert "TASK [" not in done.stdout
        assert "Traceback" not in done.stderr
        return done.stderr

    def graph(self, *words: str) -> str:
        done = self.run("ansible-inventory", *words, "--graph")
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def inventories(tmp_path: pathlib.Path) -> Inventories:
    return Inventories(tmp_path)


@pytest.mark.parametrize("book", PLAYBOOKS)
def test_an_inventory_that_does_not_exist_ends_every_playbook(inventories: Inventories, book: str) -> None:
    """With a limit as well, which leaves a play on localhost out."""
    for words in ((), ("--limit", "node1")):
        said = inventories.refusal("ansible-playbook", "-i", "rack.cloud.yml", f"groundup.cloud.{book}", *words)
        assert f"there is no model of a cloud: {inventories.home}/rack.cloud.yml does not exist; give Ansible" in said


@pytest.mark.parametrize("book", sorted(set(PLAYBOOKS) - {"bundle"}))
def test_no_inventory_ends_every_playbook_that_needs_one(inventories: Inventories, book: str) -> None:
    said = inventories.refusal("ansible-playbook", f"groundup.cloud.{book}", ANSIBLE_INVENTORY="/etc/ansible/hosts")
    assert "there is no model of a cloud: no inventory was given; give Ansible one with -i: a cloud.yml or NAME" in said


def test_every_playbook_is_checked_here() -> None:
    books = {path.stem for path in (ROOT / "playbooks").glob("*.yml") if not path.stem.startswith("lab")}
    assert books - {"apply_layer", "import", "netbox"} == set(PLAYBOOKS)  # two of them make a model


def test_other_inventories_without_a_model_are_named(inventories: Inventories) -> None:
    plain = inventories.write("plain.yml", "all: {hosts: {web1: }}\n")
    inventories.write("racks/notes.txt", "none\n")
    inventories.model("ours/cloud.yml")
    cases = {
        plain: f"{plain} is not named cloud.yml or NAME.cloud.yml",
        "racks": f"{inventories.home}/racks contains no cloud.yml or NAME.cloud.yml",
        "web1,": "web1, is a list of hosts",
    }
    for source, words in cases.items():
        assert words in inventories.refusal("ansible-playbook", "-i", source, "groundup.cloud.prove")
    said = inventories.refusal(
        "ansible-playbook", "-i", "ours", "groundup.cloud.prove", ANSIBLE_INVENTORY_ENABLED="ansible.builtin.ini"
    )
    assert f"{inventories.home}/ours was not read as a model, which begins with plugin: groundup.cloud.cloud" in said


def test_a_model_with_another_name_is_an_error(inventories: Inventories) -> None:
    path = inventories.model("rack7.yml")
    said = inventories.refusal("ansible-inventory", "-i", "rack7.yml", "--graph")
    assert f"{path}: is a model, and its name does not end with cloud.yml; rename it to rack7.cloud.yml" in said
    inventories.write("other.yml", "plugin: constructed\n")
    assert "rename" not in inventories.run("ansible-inventory", "-i", "other.yml", "--graph").stderr


@pytest.mark.parametrize("directory", [True, False], ids=["a directory above", "two sources"])
def test_two_models_in_one_run_are_an_error(inventories: Inventories, directory: bool) -> None:
    first, other = inventories.model("racks/a/cloud.yml"), inventories.model("racks/b/b.cloud.yml", "b", 2)
    given = ["-i", "racks"] if directory else ["-i", "racks/a", "-i", other]
    said = inventories.refusal("ansible-playbook", *given, "groundup.cloud.site")
    assert f"{first}: is a model, and so is {other}, in the same inventory: they would overwrite" in said


def test_one_model_that_is_given_twice_is_one_model(inventories: Inventories) -> None:
    path = inventories.model("rack/cloud.yml")
    assert inventories.graph("-i", "rack", "-i", path) == inventories.graph("-i", "rack")


def test_a_part_of_a_split_model_alone_is_an_error(inventories: Inventories) -> None:
    head = inventories.write("rack/cloud.yml", MODEL.format(name="a", number=1))
    part = inventories.write("rack/row1.cloud.yml", PART.format(name="a", number=1))
    for words in (("-i", part), ("-i", "rack/row1.cloud.yml", "-i", "web1,")):
        said = inventories.refusal("ansible-playbook", *words, "groundup.cloud.site")
        assert f"{part}: is part of the model whose name is in {head}, and was given without it; give Ansible" in said
    said = inventories.refusal("ansible-playbook", "groundup.cloud.site", ANSIBLE_INVENTORY=part)
    assert "was given without it" in said
    for words in (("-i", "rack"), ("-i", str(inventories.home)), ("-i", part, "-i", head), ("-i", head)):
        assert "a1" in inventories.graph(*words)


def test_options_of_constructed_inventories_count_in_every_part(inventories: Inventories) -> None:
    inventories.write("rack/cloud.yml", MODEL.format(name="a", number=1), "groups: {every: 'true'}\n")
    more = "compose: {code: \"'x' ~ inventory_hostname\"}\ngroups: {machine: prove_config.host is defined}\n"
    inventories.write("rack/row1.cloud.yml", PART.format(name="a", number=1), more)
    graph = inventories.graph("-i", "rack")
    assert "@every:\n  |  |--provisioner\n  |  |--a1" in graph
    assert "@machine:\n  |  |--a1" in graph
    assert '"code": "xa1"' in inventories.run("ansible-inventory", "-i", "rack", "--host", "a1").stdout


def test_constructed_and_group_vars_work_beside_a_model(inventories: Inventories) -> None:
    inventories.model("rack/cloud.yml")
    inventories.write("rack/group_vars/machines.yml", "site_code: ber\n")
    rule = (
        "plugin: ansible.builtin.constructed\nuse_vars_plugins: true\nkeyed_groups: [{key: site_code, prefix: site}]\n"
    )
    inventories.write("rack/zz_groups.yml", rule)
    assert "@site_ber:\n  |  |--a1" in inventories.graph("-i", "rack")


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "a limit that matches nothing": (("prove", "--limit", "nonesuch"), "leaves us with no hosts to target"),
    "a limit without the hosts of the playbook": (
        ("images", "--limit", "a1"),
        "--limit a1 leaves none of the hosts of provisioners, on which this playbook runs; leave the limit out",
    ),
    "the same for the bundle": (("bundle", "--limit", "a1"), "--limit a1 leaves none of the hosts of provisioners"),
    "a target that matches nothing": (
        ("site", "-e", "target=machnes"),
        "target: machnes matches no host or group of the inventory; did you mean machines?",
    ),
    "one mistyped name in a limit": (
        ("draw", "--limit", "a1,provisoner"),
        "--limit provisoner matches no host of the inventory; did you mean provisioner?",
    ),
    "a tag that nothing has": (
        ("site", "--tags", "swich"),
        "--tags swich: no task has this tag, so nothing would be done for it; did you mean switch?",
    ),
    "a tag of a layer in the plan": (
        ("plan", "--tags", "host_network,host_bse"),
        "--tags host_bse: no task has this tag, so nothing would be done for it; did you mean host_base?",
    ),
    "a tag of another playbook": (
        ("prove", "--tags", "switch"),
        "--tags switch: no task has this tag, so nothing would be done for it; choose from: prove",
    ),
    "a mistyped tag to skip": (
        ("site", "--skip-tags", "machin"),
        "--skip-tags machin: no task has this tag, so nothing would be skipped; did you mean machine?",
    ),
    "a mistyped consent": (
        ("site", "-e", "machine_wype=true"),
        "-e machine_wype: nothing reads a variable of this name; did you mean machine_wipe?",
    ),
    "a limit outside of the target": (
        ("site", "-e", "target=machines", "--limit", "provisioner"),
        "--limit provisioner leaves none of the hosts of machines",
    ),
}


@pytest.mark.parametrize(("words", "expected"), REFUSED.values(), ids=REFUSED)
def test_a_run_without_hosts_is_an_error(inventories: Inventories, words: tuple[str, ...], expected: str) -> None:
    inventories.model("rack/cloud.yml")
    book, *options = words
    assert expected in inventories.refusal("ansible-playbook", "-i", "rack", f"groundup.cloud.{book}", *options)


def test_tags_of_a_playbook_around_ours_count(inventories: Inventories) -> None:
    inventories.model("rack/cloud.yml")
    own = "{hosts: all, gather_facts: false, tags: [mine], tasks: [{ansible.builtin.debug: {msg: MINE}}]}"
    around = inventories.write("around.yml", f"- import_playbook: groundup.cloud.images\n- {own}\n")
    done = inventories.run("ansible-playbook", "-i", "rack", around, "--tags", "mine", "--skip-tags", "notest")
    assert done.returncode == 0 and "MINE" in done.stdout, done.stderr
    assert "did you mean mine?" in inventories.refusal("ansible-playbook", "-i", "rack", around, "--tags", "mne")


def test_variables_that_nothing_reads() -> None:
    words = extra_variables.known()
    assert {"machine_wipe", "groundup_strict", "groundup_plan_directory", "bundle_action", "drain_state"} <= words
    assert "did you mean groundup_strict?" in extra_variables.misread(["groundup_strct"], words)
    assert extra_variables.misread(["machine_wipe", "ansible_user", "site", "vault_bmc", "machine_count"], words) == ""


def test_names_and_tags_that_nothing_has() -> None:
    assert unknown_names(["node1", "nod2", "!gone", "rack_*", "@retry", "~n.*", "a.b"], ["node1", "a.b"]) == ["nod2"]
    assert unknown_tag(["prove"], ["molecule-notest", "notest"], ["prove", "switch"]) == ""
    assert unknown_tag(["x"], [], []) == (
        "--tags x: no task has this tag, so nothing would be done for it; leave the tags out: this playbook has none"
    )


def test_a_vault_without_its_password_is_named_with_the_remedy(inventories: Inventories) -> None:
    inventories.model("rack/cloud.yml")
    password, name = inventories.write("password", "horse\n"), "rack/group_vars/machines/vault.yml"
    inventories.write(name, "vault_bmc: a\n")
    assert inventories.run("ansible-vault", "encrypt", "--vault-password-file", password, name).returncode == 0
    said = inventories.refusal("ansible-playbook", "-i", "rack/cloud.yml", "groundup.cloud.draw")
    assert (
        "group_vars/machines/vault.yml: can't be read: Attempting to decrypt but no vault secrets found; give" in said
    )
    assert "by --ask-vault-pass, --vault-password-file or vault_password_file in ansible.cfg" in said
    assert "Failed to parse inventory" not in said
    assert "a1" in inventories.graph("-i", "rack/cloud.yml", "--vault-password-file", password)
    inventories.write("rack/group_vars/all.yml", "a: [\n")
    said = inventories.refusal(
        "ansible-inventory", "-i", "rack/cloud.yml", "--graph", "--vault-password-file", password
    )
    assert "group_vars/all: can't be read: " in said and "; correct the file" in said


def test_with_the_sample_configuration_too_a_path_of_nothing_is_said_to_be_nothing(inventories: Inventories) -> None:
    inventories.model("rack/cloud.yml")
    sample = str(ROOT / "docs/examples/ansible.cfg")
    said = inventories.refusal("ansible-inventory", "-i", "rack/clod.yml", "--graph", ANSIBLE_CONFIG=sample)
    assert f"rack/clod.yml: does not exist; did you mean {inventories.home}/rack/cloud.yml?" in said
    said = inventories.refusal("ansible-playbook", "-i", "x/y", "groundup.cloud.site", ANSIBLE_CONFIG=sample)
    assert f"{inventories.home}/x/y: does not exist; give Ansible the path of a cloud.yml or NAME.cloud.yml" in said
    done = inventories.run("ansible-inventory", "-i", "web1,", "--graph", ANSIBLE_CONFIG=sample)
    assert done.returncode == 0 and "web1" in done.stdout, done.stderr


def test_with_the_sample_configuration_what_a_run_wrote_beside_the_model_is_no_inventory(
    inventories: Inventories,
) -> None:
    inventories.model("rack/cloud.yml")
    inventories.write("rack/build/drawing/racks.svg", "<svg><style>text{font:12px}</style></svg>\n")
    sample = str(ROOT / "docs/examples/ansible.cfg")
    done = inventories.run("ansible-inventory", "-i", "rack", "--graph", ANSIBLE_CONFIG=sample)
    assert done.returncode == 0 and "a1" in done.stdout and "racks.svg" not in done.stderr, done.stderr


@pytest.mark.parametrize("option", ["--syntax-check", "--list-tasks", "--list-tags"])
def test_what_runs_nothing_needs_no_inventory(inventories: Inventories, option: str) -> None:
    done = inventories.run("ansible-playbook", "groundup.cloud.site", option)
    assert done.returncode == 0, done.stderr


def test_an_inventory_from_awx_is_accepted(inventories: Inventories) -> None:
    """AWX imports what `ansible-inventory --list --export` prints, and gives it to playbooks by a script."""
    inventories.model("rack/cloud.yml")
    exported = inventories.run("ansible-inventory", "-i", "rack", "--list", "--export")
    text = f"#!/bin/sh\ncat <<'END'\n{exported.stdout}END\n"
    script = pathlib.Path(inventories.write("hosts", text))
    script.chmod(0o755)
    done = inventories.run("ansible-playbook", "-i", "hosts", "groundup.cloud.site", "--list-hosts")
    assert done.returncode == 0, done.stderr
    assert "a1" in done.stdout


def test_a_misnamed_file_is_known_by_its_key_plugin(tmp_path: pathlib.Path) -> None:
    def problem(name: str, text: str) -> Any:
        path = tmp_path / name
        path.write_text(text)
        return misnamed(str(path))

    assert problem("rack.yaml", "# ours\nplugin: 'groundup.cloud.cloud' # a model\n").remedy == (
        "rename it to rack.cloud.yaml"
    )
    for name, text in {
        "rack.cloud.yml": "plugin: groundup.cloud.cloud\n",
        "other.yml": "plugin: groundup.cloud.clouds\n",
        "inner.yml": "vars:\n  plugin: groundup.cloud.cloud\n",
        "notes.txt": "plugin: groundup.cloud.cloud\n",
    }.items():
        assert problem(name, text) is None, name
    assert misnamed(str(tmp_path / "nowhere.yml")) is None
