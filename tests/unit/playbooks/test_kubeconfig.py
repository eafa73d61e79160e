# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator's kubeconfig on the controller: it names the endpoint as the controller can reach it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
ADDRESS, UNKNOWN = "10.30.0.10", "api.nowhere.invalid"
ADMIN = "clusters:\n- cluster:\n    certificate-authority-data: aHR0cHM6\n    server: https://{}:6443\n  name: x\n"
#: What the endpoint has, and how the copy names it; None where the controller can't use it.
CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    "address": ({"address": ADDRESS}, ADDRESS),
    "known": ({"name": "localhost", "address": ADDRESS}, "localhost"),
    "unknown": ({"name": UNKNOWN, "address": ADDRESS}, ADDRESS),
    "unusable": ({"name": UNKNOWN}, None),
}


def block(case: str, endpoint: dict[str, Any], root: pathlib.Path) -> dict[str, Any]:
    """A copy, and the message where it is refused."""
    values = {
        "__kubernetes_plan": {"api_host": "localhost"},
        "__kubernetes_api_config": {"root": str(root / case), "endpoint": endpoint},
        "kubernetes_kubeconfig": str(root / case / "kubeconfig"),
    }
    include = {"name": "groundup.cloud.kubernetes", "tasks_from": "kubeconfig.yml"}
    message = {"content": "{{ ansible_failed_result.msg }}", "dest": str(root / case / "message")}
    return {
        "block": [{"ansible.builtin.include_role": include, "vars": values}],
        "rescue": [{"ansible.builtin.copy": message}],
    }


@pytest.fixture(scope="module", name="copies")
def _copies(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    root = tmp_path_factory.mktemp("kubeconfig")
    for case, (endpoint, _wanted) in CASES.items():
        admin = root / case / "etc/kubernetes/admin.conf"
        admin.parent.mkdir(parents=True)
        admin.write_text(ADMIN.format(endpoint.get("name") or endpoint["address"]))
    book = [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "tasks": [block(case, endpoint, root) for case, (endpoint, _wanted) in CASES.items()],
        }
    ]
    (root / "book.yml").write_text(yaml.safe_dump(book))
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    words = [str(pathlib.Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(root / "book.yml")]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.mark.parametrize("case", [case for case, (_endpoint, wanted) in CASES.items() if wanted])
def test_the_copy_has_the_name_that_the_controller_resolves_else_the_address(copies: pathlib.Path, case: str) -> None:
    copy = copies / case / "kubeconfig"
    assert copy.read_text() == ADMIN.format(CASES[case][1])
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_name_alone_that_the_controller_does_not_resolve_is_refused(copies: pathlib.Path) -> None:
    assert not (copies / "unusable/kubeconfig").exists()
    text = (copies / "unusable/message").read_text()
    assert text.startswith(
        f"the controller does not resolve {UNKNOWN}, the name of the API's endpoint, and does not know "
    )
