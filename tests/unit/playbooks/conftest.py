# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the playbooks as an installed collection, outside the checkout and without its ansible.cfg."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
Run = Callable[..., subprocess.CompletedProcess[str]]
#: Runs what stands in for a module in the process of its task, which is much cheaper than a module's own: it checks the
#: arguments and logs in to the host all the same.
ACTION = """\
# SPDX-License-Identifier: GPL-3.0-or-later
import functools
from ansible.plugins.action import ActionBase


class Answer(Exception):
    pass


class Module:
    def __init__(self, action, spec, supports_check_mode=False):
        self.params = action.validate_argument_spec(argument_spec=spec)[1]
        self.check_mode = action._task.check_mode

    def exit_json(self, **result):
        raise Answer(result)

    def fail_json(self, **result):
        raise Answer({"failed": True, **result})


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        login = self._low_level_execute_command("true")
        if login["rc"] != 0:
            return {"failed": True, "msg": login["stderr"] or login["stdout"]}
        try:
            exec(TEXT, {"AnsibleModule": functools.partial(Module, self)})
        except Answer as answer:
            return answer.args[0]
        return {"failed": True, "msg": "the stand-in did not answer"}
"""
#: Stands in for host_probe: every layer differs, and all control planes of several serve.
PROBE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
spec = {"layers": {"type": "list", "elements": "dict"}, "inputs": {"type": "dict"}, "bare": {"type": "bool"}}
spec["logins"] = {"type": "list", "elements": "dict", "no_log": True}
spec["kubernetes"], spec["reset"] = {"type": "dict"}, {"type": "bool"}
module = AnsibleModule(spec, supports_check_mode=True)
names = [layer["name"] for layer in module.params["layers"]]
own = module.params["kubernetes"] or module.params["inputs"].get("kubernetes_config") or {}
serves = own.get("node", {}).get("control_plane", False) and len(own["control_planes"]) > 1
more = {"serves": serves, "ready": True} if own else {}
module.exit_json(changed=False, differs=names, steps={name: [f"file /{name}"] for name in names}, **more)
"""
#: Stands in for cluster_probe: every layer differs.
CLUSTER_PROBE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
spec = {"layers": {"type": "list", "elements": "dict"}, "inputs": {"type": "dict"}, "kubeconfig": {"type": "path"}}
spec["secrets"] = {"type": "dict", "no_log": True}
spec["absent"] = {"type": "list", "elements": "str"}
module = AnsibleModule(spec, supports_check_mode=True)
names = [layer["name"] for layer in module.params["layers"]]
module.exit_json(changed=False, differs=names, steps={name: [f"create {name}"] for name in names})
"""
#: Stands in for bundle_info: the bundle holds everything.
BUNDLE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
spec = {"dir": {"type": "path"}, "cloud": {}, "source": {}, "images": {"type": "dict"}, "needs": {"type": "dict"}}
spec["lock_id"] = {"required": True}
module = AnsibleModule(spec, supports_check_mode=True)
module.exit_json(changed=False, path="/bundle", bundle={"files": {}, "images": {}}, registries=[], manifests={})
"""
#: What a role that stands in for a role registers.
RESULT = {"changed": True, "steps": ["add something"], "failed": False}


def stand_in(cloud: pathlib.Path, **modules: str) -> None:
    """Let these texts, which are written as modules are, stand in for modules of the collection at `cloud`."""
    for name, text in modules.items():
        file = cloud / f"plugins/action/{name}.py"
        file.unlink(missing_ok=True)
        file.write_text(f"{ACTION}\n\nTEXT = {text!r}\n")


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A collection with the real playbooks and library, whose roles only say that they run, on which host."""
    top = tmp_path_factory.mktemp("stubs")
    cloud = top / "ansible_collections/groundup/cloud"
    (cloud / "plugins/action").mkdir(parents=True)
    for name in ("playbooks", "meta", "galaxy.yml"):
        (cloud / name).symlink_to(ROOT / name)
    for directory in (ROOT / "plugins").iterdir():
        if directory.is_dir() and directory.name != "action":
            (cloud / "plugins" / directory.name).symlink_to(directory)
    for plugin in (ROOT / "plugins/action").glob("*.py"):
        (cloud / "plugins/action" / plugin.name).symlink_to(plugin)
    stand_in(cloud, host_probe=PROBE, cluster_probe=CLUSTER_PROBE, bundle_info=BUNDLE)
    for role in (path for path in (ROOT / "roles").iterdir() if path.is_dir()):
        for file in (role / "tasks").glob("*.yml"):
            (cloud / "roles" / role.name / "tasks").mkdir(parents=True, exist_ok=True)
            tasks = [
                {"name": "Say so", "ansible.builtin.debug": {"msg": f"ROLE {role.name}/{file.stem}"}},
                {"name": "Register", "ansible.builtin.set_fact": {f"__{role.name}_result": RESULT}},
            ]
            (cloud / "roles" / role.name / "tasks" / file.name).write_text(yaml.safe_dump(tasks))
    return top


def replaced(stubs: pathlib.Path, top: pathlib.Path, **modules: str) -> pathlib.Path:
    """A copy at `top` of the stand-ins, with others for these modules."""
    shutil.copytree(stubs, top, symlinks=True)
    stand_in(top / "ansible_collections/groundup/cloud", **modules)
    return top


@pytest.fixture
def play(tmp_path: pathlib.Path) -> Run:
    """Run a playbook of the collection over a model; words are further arguments of ansible-playbook."""
    (tmp_path / "ansible.cfg").write_text("[defaults]\ninternal_poll_interval = 0.01\n")
    (tmp_path / "installed/ansible_collections/groundup").mkdir(parents=True)
    (tmp_path / "installed/ansible_collections/groundup/cloud").symlink_to(ROOT)
    program = pathlib.Path(sys.executable).parent / "ansible-playbook"

    def go(
        book: str,
        *words: str,
        model: pathlib.Path | None = None,
        collections: pathlib.Path | None = None,
        config: pathlib.Path | None = None,
        **extra: Any,
    ) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        environment |= {
            "ANSIBLE_CONFIG": str(config or tmp_path / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(collections or tmp_path / "installed"),
            "ANSIBLE_NOCOLOR": "1",
            "PWD": str(tmp_path),
            "ANSIBLE_TIMEOUT": "5",
            "GROUNDUP_PROGRESS_TIMINGS_FILE": str(tmp_path / "timings.json"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        }
        inventory = model or ROOT / "inventories/lab/cloud.yml"
        variables = yaml.safe_dump({"ansible_python_interpreter": sys.executable, **extra}, default_flow_style=True)
        command = [str(program), "-i", str(inventory), f"groundup.cloud.{book}", "-e", variables.strip(), *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return go
