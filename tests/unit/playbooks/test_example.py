# SPDX-License-Identifier: GPL-3.0-or-later
"""The first hour of a stranger: the example of an installed collection, copied elsewhere, without any ansible.cfg."""

from __future__ import annotations

import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
README = (ROOT / "README.md").read_text()
BIN = pathlib.Path(sys.executable).parent


class Stranger:
    """A home with the collection, built and installed as users do it, and a copy of the example beside it."""

    def __init__(self, home: pathlib.Path) -> None:
        self.home, self.rack = home, home / "rack"
        self.rack.mkdir()
        source = home / "groundup.cloud"
        for name in self._tracked():
            if (ROOT / name).is_file() or (ROOT / name).is_symlink():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, source / name, follow_symlinks=False)
        # The commands of the README, word by word; what pip installs is there.
        commands = re.findall(r"^ansible-galaxy collection [bi].*groundup[.-]cloud(?!\.git).*$", README, re.MULTILINE)
        assert [command.split()[2] for command in commands] == ["build", "install"]
        self.rack = home
        for command in commands:
            self.run("sh", "-c", command)
        self.rack = home / "rack"
        installed = home / ".ansible/collections/ansible_collections/groundup/cloud"
        shutil.copyfile(installed / "inventories/example/cloud.yml", self.rack / "cloud.yml")
        (self.rack / "group_vars/all").mkdir(parents=True)
        (self.rack / "group_vars/all/vault.yml").write_text("vault_bmc: secret\n")

    @staticmethod
    def _tracked() -> list[str]:
        """The files of the checkout, without caches that tests and linters write at the same time."""
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]

    def try_run(self, *command: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "XDG_"))}
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        own = {"HOME": str(self.home), "PWD": str(self.rack), "PATH": path, "ANSIBLE_NOCOLOR": "1"}
        return subprocess.run(
            command, cwd=self.rack, env={**kept, **own}, capture_output=True, text=True, timeout=300, check=False
        )

    def run(self, *command: str) -> str:
        done = self.try_run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def play(self, book: str, *words: str) -> str:
        return self.run("ansible-playbook", "-i", "cloud.yml", f"groundup.cloud.{book}", *words)

    def refused(self, book: str, *words: str) -> str:
        """What a playbook prints that has to fail, and to say why in one sentence with a remedy."""
        done = self.try_run("ansible-playbook", "-i", "cloud.yml", f"groundup.cloud.{book}", *words)
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    def elsewhere(self, model: pathlib.Path) -> Stranger:
        """The same home, with another model in a directory of its own."""
        other = copy.copy(self)
        other.rack = self.home / model.name.partition(".")[0]
        (other.rack / "group_vars/all").mkdir(parents=True)
        (other.rack / "group_vars/all/vault.yml").write_text("vault_bmc: secret\n")
        shutil.copyfile(model, other.rack / "cloud.yml")
        return other


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    return Stranger(tmp_path_factory.mktemp("stranger"))


def test_the_inventory_is_read_without_warnings(stranger: Stranger) -> None:
    done = stranger.try_run("ansible-inventory", "-i", "cloud.yml", "--graph")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert all(f"|--{host}\n" in done.stdout for host in ("leaf1", "leaf2", "provisioner", "cluster", "node1", "node5"))


def test_it_is_drawn_with_the_table_for_the_network_team(stranger: Stranger) -> None:
    stranger.play("draw")
    made = stranger.rack / "build/drawing"
    assert sorted(path.name for path in made.iterdir()) == ["by_hand.txt", "networks.svg", "racks.svg"]
    table = (made / "by_hand.txt").read_text()
    assert table == (ROOT / "docs/pictures/by_hand.txt").read_text()


def test_the_bundle_can_be_checked(stranger: Stranger) -> None:
    stranger.play("bundle", "--check")
    assert not (stranger.home / ".cache/groundup/bundle/current").exists()


def test_without_a_bundle_site_names_the_command_that_makes_it(stranger: Stranger) -> None:
    said = stranger.refused("site")
    assert "no bundle was made for the cloud rack1" in said
    assert "make it with `ansible-playbook -i MODEL groundup.cloud.bundle`" in said


def test_the_plan_says_of_each_layer_what_is_missing_with_the_remedy(stranger: Stranger) -> None:
    """Nothing of the rack is there: no bundle, no certificate of the management controllers, no machine."""
    said = stranger.play("plan", "--limit", "node1,provisioner,leaf1", "-e", "ansible_ssh_timeout=1")
    page = said[said.index("Plan of rack1") :]
    assert "no bundle was made for the cloud rack1" in page
    assert (
        "there is no file /etc/ssl/certs/rack1-bmc.pem to verify its certificate with; nothing was sent; name" in page
    )
    for layer in ("Switches", "Provisioner", "Machines", "Host network", "Host base", "Kubernetes", "Network"):
        assert f"\n  {layer}\n" in page, page
    assert "it is configured by hand and was not compared" in page
    assert "\n        Ethernet31  access  20 " in page, page
    assert page.count("leaf1: to be configured by hand") == page.count("leaf2: to be configured by hand") == 1, page
    assert "bundle_dir missing" not in page and page.count("no bundle was made for the cloud rack1") == 1
    assert "4 hosts not known in full" in page, page  # leaf2 is planned with node1


def test_the_switches_are_not_logged_in_to_and_their_proofs_say_so(stranger: Stranger) -> None:
    stranger.refused("prove", "--limit", "switches")
    report = json.loads((stranger.rack / "build/report/report.json").read_text())
    proofs = [proof for proof in report["proofs"] if proof["layer"] == "switch"]
    assert {proof["name"].split(":")[0] for proof in proofs} == {"leaf1", "leaf2"}
    assert {(proof["ok"], proof["why_not_real"].split(":")[0]) for proof in proofs} == {(None, "unmanaged")}
    assert "unmanaged: the switch is configured by hand" in (stranger.rack / "build/report/report.html").read_text()


def test_the_role_prints_what_to_configure_by_hand(stranger: Stranger) -> None:
    (stranger.rack / "switches.yml").write_text(
        "- {hosts: switches, gather_facts: false, roles: [groundup.cloud.switch]}\n"
    )
    said = stranger.run("ansible-playbook", "-i", "cloud.yml", "switches.yml")
    assert "leaf1: to be configured by hand, as one of an MLAG pair with leaf2" in said
    assert "Ethernet31  access  20 " in said
    assert "changed=0" in said and "changed=1" not in said


@pytest.mark.parametrize(
    "model", sorted((HERE / "data").glob("*.cloud.yml")), ids=lambda path: path.name.partition(".")[0]
)
def test_other_peoples_racks_can_be_read_drawn_bundled_and_planned(stranger: Stranger, model: pathlib.Path) -> None:
    """Nothing of them is there; so each layer of the plan says why it is not known, and nothing ends the others."""
    other = stranger.elsewhere(model)
    listed = json.loads(other.run("ansible-inventory", "-i", "cloud.yml", "--list"))["_meta"]["hostvars"]
    assert {"provisioner", "cluster"} < set(listed)
    other.play("draw")
    assert (other.rack / "build/drawing/racks.svg").exists()
    other.play("bundle", "--check")
    said = other.play("plan", "-e", "ansible_ssh_timeout=1")
    machines = [host for host, found in listed.items() if "host_base_config" in found]
    page = said[said.index("Plan of ") :]
    assert f"{len(listed) - 1} hosts not known in full" in page, page  # of the cluster itself nothing is compared
    assert machines and all(host in page for host in machines)
    assert "no bundle was made for the cloud" in page
