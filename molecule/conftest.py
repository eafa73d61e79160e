# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of all scenarios share."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api, Kubeconfig, connect

Converge = Callable[..., subprocess.CompletedProcess[str]]


def examples() -> pathlib.Path:
    """Where the playbooks of the READMEs are."""
    return pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "examples")


@pytest.fixture
def hosted_api() -> Api:
    """The API of the control plane that the example of the role hosted_control_plane runs on the controller."""
    return connect(Kubeconfig.read(examples() / "control-plane/root/etc/kubernetes/admin.conf"), timeout=10)


@pytest.fixture
def converge() -> Converge:
    """A function of further arguments: runs the README's playbook of the scenario's role, on the controller."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        playbook = examples() / f"{os.environ['MOLECULE_SCENARIO_NAME']}.yml"
        argv = ["ansible-playbook", str(playbook), "--diff", *words]
        return subprocess.run(argv, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def puts_right(hosted_api: Api, converge: Converge) -> Callable[[str, str], None]:
    """A function of a workload's path and of the image of its first container.

    It changes the image by hand, and asserts that a plan shows that and changes nothing, that a run puts it right, and
    that nothing is left to do then.
    """

    def check(workload: str, image: str) -> None:
        def container() -> dict[str, Any]:
            found: dict[str, Any] = hosted_api.get(workload)["spec"]["template"]["spec"]["containers"][0]
            return found

        other = {"name": container()["name"], "image": "example.net/other:1"}
        changed = {"spec": {"template": {"spec": {"containers": [other]}}}}
        hosted_api.patch(f"{workload}?fieldManager=kubectl-edit", changed, "strategic")
        planned = converge("--check")
        assert planned.returncode == 0, planned.stdout + planned.stderr
        assert "example.net/other:1" in planned.stdout and container()["image"] == "example.net/other:1"
        mended = converge()
        assert mended.returncode == 0, mended.stdout + mended.stderr
        assert container()["image"] == image
        assert "changed=0" in converge("--check").stdout

    return check


@pytest.fixture
def refusal(host: Any) -> Callable[[str, dict[str, Any]], str]:
    """A function of a module's name and arguments: runs it on the machine and returns what it says when it fails.

    What `ansible --tree` writes of a failure no longer says `failed` since ansible-core 2.19, by which testinfra knows
    one; a result with a message is one, too, for no module of this collection has one otherwise. What the module had
    changed by then is for the test to look at.
    """

    def said(module: str, arguments: dict[str, Any]) -> str:
        try:
            result = host.ansible(module, json.dumps(arguments), check=False, become=False)
        except host.ansible.AnsibleException as error:
            result = error.result
        assert "msg" in result, f"{module} did not refuse: {result}"
        return str(result["msg"])

    return said
