# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of the probe report where machines refuse something, or where an account does not become root.

Modules stand in for host_probe, and scripts for sudo; the tasks are those of the playbooks.
"""

from __future__ import annotations

import pathlib
import shutil
from typing import Any

import pytest

from .test_access import ROOT, World

#: Stands in for host_probe: machines whose names are in `refusing` refuse another version.
PROBE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
from ansible.module_utils.basic import AnsibleModule
spec = {"layers": {"type": "list", "elements": "dict"}, "inputs": {"type": "dict"}, "bare": {"type": "bool"}}
spec["logins"] = {"type": "list", "elements": "dict", "no_log": True}
spec["kubernetes"], spec["reset"] = {"type": "dict"}, {"type": "bool"}
module = AnsibleModule(spec, supports_check_mode=True)
given = module.params["inputs"]["input"]
result = {"changed": False, "differs": [], "steps": {}, "serves": False}
if given["name"] in given["refusing"]:
    text = given["name"] + ": another version"
    module.fail_json(msg=text, refused=[text], **result)
if given["name"] in given["failing"]:
    module.fail_json(msg="the disk is broken")
module.exit_json(**result)
"""


class Probe(World):
    """Runs the tasks of the probe on the two machines of the model `vms`, as if they were deployed."""

    @property
    def programs(self) -> pathlib.Path:
        """The directory whose programs the machines have before their own."""
        return self.place / "bin"

    def probe(self, *options: str, refusing: str = "", failing: str = "", **variables: str) -> tuple[int, str]:
        tasks, library = self.place / "tasks", self.place / "library"
        shutil.copytree(ROOT / "playbooks/tasks", tasks)
        library.mkdir()
        (library / "stub_probe.py").write_text(PROBE)
        file = tasks / "probe_machine.yml"
        file.write_text(file.read_text().replace("groundup.cloud.host_probe:", "stub_probe:"))
        existing = tasks / "existing.yml"
        assert "/bin/sh -c '" in existing.read_text()
        existing.write_text(existing.read_text().replace("/bin/sh -c '", f"/bin/sh -c 'PATH={self.programs}:$PATH; "))
        layer = '{"name": "host_base", "role": "groundup.cloud.host_base", "input": "input", "follows": []}'
        given = {
            "groundup_layers": f"[{layer}]",
            "groundup_checking": "false",
            "groundup_below": '[{"name": "machine", "role": "x.y.machine", "input": "machine_config", "follows": []}]',
            "input": f'{{"name": "{{{{ inventory_hostname }}}}", "refusing": "{refusing}", "failing": "{failing}"}}',
            **variables,
        }
        words = [word for key, value in given.items() for word in ("-e", f'{{"{key}": {value}}}')]
        include: dict[str, Any] = {"ansible.builtin.include_tasks": str(tasks / "probe.yml")}
        after = {"ansible.builtin.debug": {"msg": "GOES ON"}}
        return self.run([include, after], *words, *options, hosts="machines:provisioners")


@pytest.fixture(name="world")
def _world(tmp_path: pathlib.Path) -> Probe:
    return Probe(tmp_path)


def test_what_all_machines_refuse_is_one_message_and_ends_the_run(world: Probe) -> None:
    status, output = world.probe(refusing="vm1 vm2")
    assert status == 2, output
    assert output.count("another version") == output.count("vm1, vm2: another version") > 0, output
    assert output.count("[ERROR]") == 1 and "GOES ON" not in output


def test_what_one_machine_refuses_sets_that_one_aside(world: Probe) -> None:
    status, output = world.probe(refusing="vm2")
    assert status == 2, output
    assert "vm2: another version" in output and output.count("[ERROR]") == 1
    assert output.count("GOES ON") == 2, "on vm1 and the provisioner"


def test_a_probe_that_fails_is_reported_by_itself(world: Probe) -> None:
    status, output = world.probe(failing="vm2")
    assert status == 2, output
    assert "the disk is broken" in output and output.count("[ERROR]") == 1
    assert output.count("GOES ON") == 2


def test_an_account_that_does_not_become_root_is_named_with_the_remedy(world: Probe) -> None:
    programs = {"sudo": "echo 'sudo: a password is required' >&2; exit 1", "id": "echo 1000"}
    world.programs.mkdir()
    for name, text in programs.items():
        (world.programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (world.programs / name).chmod(0o755)
    status, output = world.probe(ansible_become_exe=f'"{world.programs}/sudo"')
    assert status == 2, output
    assert "GOES ON" in output, "on the provisioner"
    for machine in ("vm1", "vm2"):
        assert f"{machine}: the account debian can't become root by sudo (sudo: a password is required)" in output, (
            output
        )


def test_a_probe_that_succeeds_looks_at_no_account(world: Probe) -> None:
    status, output = world.probe("-vv")
    assert status == 0, output
    assert output.count("GOES ON") == 3
    assert "Look at the operating system" not in output
