# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins of registries reach the kubelet, and no diff, step or message."""

from __future__ import annotations

import base64
import json
import pathlib
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.host.read import read
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import Actual, HostError, PathState
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import join
from ansible_collections.groundup.cloud.plugins.module_utils.layers import container_runtime, registry_logins
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import Bare, probe

SHA = "a" * 64
NAMES = ("containerd", "containerd-shim-runc-v2", "ctr", "cni-plugins")
FILES = {"files": {name: {"url": f"https://x/{name}", "sha256": SHA} for name in NAMES}}
LOGIN = {"registry": "harbor.example.net", "username": "robot$pull", "password": "Corr3ct-Horse"}


def test_the_kubelet_gets_them_in_a_file_of_root() -> None:
    hub = {"registry": "docker.io", "username": "me", "password": "a:b"}
    (file,) = registry_logins.files([LOGIN, hub])
    assert (file.path, file.mode, file.secret) == ("/var/lib/kubelet/config.json", 0o600, True)
    auths = json.loads(file.content or "")["auths"]
    assert {name: base64.b64decode(item["auth"]).decode() for name, item in auths.items()} == {
        "harbor.example.net": "robot$pull:Corr3ct-Horse",
        "https://index.docker.io/v1/": "me:a:b",
    }
    assert (file.content or "").startswith(registry_logins.MARKER)
    assert registry_logins.files([]) == ()


def test_nothing_that_is_shown_has_the_password() -> None:
    state = container_runtime.render(FILES | {"logins": [LOGIN]})
    secret = base64.b64encode(b"robot$pull:Corr3ct-Horse").decode()
    old = PathState("file", 0o600, "root", "root", "0", f'{{"auths": {{"x": {{"auth": "{secret}"}}}}}}')
    for have in ({}, {registry_logins.FILE: old}):
        todo = plan(state, Actual(paths=have))
        shown = f"{[str(step) for step in todo.steps]} {todo.diff()}"
        assert f"file {registry_logins.FILE}" in shown and "content hidden" in shown
        assert secret not in shown and "Corr3ct" not in shown
    assert registry_logins.FILE not in {path for unit in state.units for path in unit.restart_on}, "nothing restarts"


def test_the_probe_compares_them(tmp_path: pathlib.Path) -> None:
    layer = {
        "name": "container_runtime",
        "role": "groundup.cloud.container_runtime",
        "input": "container_runtime_config",
    }
    system, step = Bare(str(tmp_path)), f"file {registry_logins.FILE}"

    def steps(password: str) -> list[str]:
        secrets = {"container_runtime": {"logins": [LOGIN | {"password": password}]}}
        found = probe([layer], {"container_runtime_config": FILES}, system=system, secrets=secrets)
        assert "Corr3ct" not in str(found) and "0ther" not in str(found)
        return list(found["steps"]["container_runtime"])

    assert step in steps("Corr3ct-Horse")
    (file,) = registry_logins.files([LOGIN])
    system.write(file.path, (file.content or "").encode(), mode=0o600)
    assert step not in steps("Corr3ct-Horse")
    assert step in steps("0ther"), "another password"
    system.path(file.path).chmod(0o644)
    assert step in steps("Corr3ct-Horse"), "others could read it"


@pytest.mark.parametrize(("text", "gone"), [(registry_logins.MARKER, True), ('{"auths": {}}', False)])
def test_only_a_file_of_the_role_is_removed(tmp_path: pathlib.Path, text: str, gone: bool) -> None:
    system = System(str(tmp_path))
    system.write(registry_logins.FILE, text.encode())
    state = container_runtime.HostState("container_runtime", purge=(registry_logins.PURGE,))
    assert (registry_logins.FILE in read(state, system).strays) is gone
    assert registry_logins.PURGE in container_runtime.render(FILES).purge


def test_a_reset_of_kubernetes_leaves_them(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(str(tmp_path))
    system.write(registry_logins.FILE, b"logins", mode=0o600)
    monkeypatch.setattr(join.job, "forget", lambda _system: None)
    monkeypatch.setattr(System, "run", lambda self, *_words, **_more: self.path(registry_logins.FILE).unlink())
    assert join.REGISTRY_LOGINS == registry_logins.FILE
    join.reset(system)
    found = system.path(registry_logins.FILE)
    assert found.read_text() == "logins" and found.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"registry": "https://x"}, "'https://x' is no registry; give it as images do"),
        ({"registry": ""}, "is no registry"),
        ({"username": ""}, "harbor.example.net: needs a username"),
        ({"username": "a:b"}, "harbor.example.net: needs a username, without a colon"),
        ({"password": None}, "harbor.example.net: needs a username"),
    ],
)
def test_what_is_no_login_is_named_without_the_password(change: dict[str, Any], error: str) -> None:
    with pytest.raises(HostError) as raised:
        registry_logins.files([LOGIN | change])
    assert error in str(raised.value) and "Corr3ct" not in str(raised.value)
    with pytest.raises(HostError, match="is there twice"):
        registry_logins.files([LOGIN, LOGIN])
