# SPDX-License-Identifier: GPL-3.0-or-later
"""The service of vm_ha as files and a plan, and its program as one file. No API and no machine answers."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ha import archive, login, program, service
from ansible_collections.groundup.cloud.plugins.module_utils.ha.api import Native
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Kubeconfig
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused, Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.provision.managers import Systemd
from ansible_collections.groundup.cloud.plugins.module_utils.provision.services import Service
from ansible_collections.groundup.cloud.plugins.module_utils.provision.steps import Plan
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked, filled
from ansible_collections.groundup.cloud.plugins.module_utils.specs.vm_ha import CONFIG

from ..kube.test_api import Handler, kubeconfig, pki, server  # noqa: F401  fixtures

SECRET = "correct horse"


class Hand:
    """Stands in for systemd: remembers what runs."""

    def __init__(self) -> None:
        self.running: dict[str, str] = {}
        self.started: list[Service] = []

    def current(self, names: list[str]) -> dict[str, str]:
        return dict(self.running)

    def start(self, found: Service) -> None:
        self.started.append(found)
        self.running[found.name] = found.digest()

    def stop(self, found: Service) -> None:
        del self.running[found.name]


def config(root: pathlib.Path, **more: Any) -> dict[str, Any]:
    bmc = {"protocol": "redfish", "address": "10.20.0.102", "username": "admin", "password": SECRET}
    machines = [{"name": "node2", "identity": {"serial": "X1"}, "bmc": bmc}]
    given = {"cloud": "rack1", "state_dir": str(root), "machines": machines, **more}
    return dict(filled(CONFIG, checked("vm_ha", CONFIG, given)))


@pytest.fixture(scope="module")
def access(pki: pathlib.Path) -> str:  # noqa: F811
    """The text of a kubeconfig, whose server nobody runs."""
    return kubeconfig(pki, "https://127.0.0.1:1").read_text()


class Account:
    """Stands in for the account of the service in the cluster, which test_rights.py tries."""

    def __init__(self, administrator: str, path: str, machines: list[str]) -> None:
        assert machines == ["node2"]
        self.given, self.path = Kubeconfig.of(administrator, "the kubeconfig of the cluster"), pathlib.Path(path)

    def require(self, found: Plan) -> bool:
        if not self.path.exists():
            text = login.kubeconfig(self.given, "own-token")
            found.add("kubeconfig", lambda: System().write(str(self.path), text.encode(), mode=0o600))
        return not self.path.exists()

    def remove(self, found: Plan) -> None:
        found.add("remove the account", lambda: None)


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    found = Hand()
    monkeypatch.setattr(service, "Login", Account)
    monkeypatch.setattr(service, "manager", lambda *_: found)
    return found


def test_it_is_installed_once_and_started_again_after_a_change(tmp_path: pathlib.Path, hand: Hand, access: str) -> None:
    planned = service.perform(config(tmp_path), access, "present", check=True)
    assert planned["steps"][-1] == "start vm-ha" and not (tmp_path / "vm_ha").exists() and not hand.started
    done = service.perform(config(tmp_path), access, "present", check=False)
    assert done["steps"] == planned["steps"] and [one.name for one in hand.started] == ["vm-ha"]
    assert not service.perform(config(tmp_path), access, "present", check=False)["changed"]
    tight = config(tmp_path, profile="tight")
    steps = service.perform(tight, access, "present", check=False)["steps"]
    assert steps[-1] == "restart vm-ha" and "config.json" in steps[0] and len(steps) == 2
    (tmp_path / "vm_ha/services/vm-ha.pyz").write_bytes(b"another release")
    assert service.perform(tight, access, "present", check=False)["steps"] == ["program vm-ha", "restart vm-ha"]
    hand.running.clear()
    assert service.perform(tight, access, "present", check=True)["steps"] == ["start vm-ha"]


def test_root_alone_reads_credentials_and_no_diff_shows_them(tmp_path: pathlib.Path, hand: Hand, access: str) -> None:
    done = service.perform(config(tmp_path), access, "present", check=False)
    home = tmp_path / "vm_ha"
    assert home.stat().st_mode & 0o777 == 0o700
    for name in ("config.json", "kubeconfig"):
        assert (home / "services" / name).stat().st_mode & 0o777 == 0o600, name
    assert SECRET in (home / "services/config.json").read_text()
    key = access.split("client-key-data: ")[1].split()[0]
    assert SECRET not in str(done) and key not in str(done) and "own-token" not in str(done)
    assert key not in (home / "services/kubeconfig").read_text(), "the administrator's stays on the controller"
    assert SECRET not in str(hand.started[0].argv)


def test_removal_takes_the_credentials_along(tmp_path: pathlib.Path, hand: Hand, access: str) -> None:
    service.perform(config(tmp_path), access, "present", check=False)
    record = tmp_path / "vm_ha/run/look.json"
    record.write_text("{}")
    planned = service.perform(config(tmp_path), "", "absent", check=True)
    assert planned["steps"][0] == "stop vm-ha" and len(planned["steps"]) == 4 and hand.running
    assert service.perform(config(tmp_path), access, "absent", check=True)["steps"][-1] == "remove the account"
    service.perform(config(tmp_path), "", "absent", check=False)
    assert not hand.running and list((tmp_path / "vm_ha/services").iterdir()) == [] and record.exists()
    assert not service.perform(config(tmp_path), "", "absent", check=False)["changed"]


def test_without_a_cluster_it_is_planned_and_not_started(tmp_path: pathlib.Path, hand: Hand) -> None:
    assert service.perform(config(tmp_path), "", "present", check=True)["steps"][-1] == "start vm-ha"
    with pytest.raises(service.HaError, match=r"no kubeconfig of the cluster on the controller.*run site without tags"):
        service.perform(config(tmp_path), "", "present", check=False)
    assert not hand.started


def test_a_kubeconfig_that_the_program_cannot_use_is_not_started(tmp_path: pathlib.Path, hand: Hand) -> None:
    with pytest.raises(KubeError, match=r"the kubeconfig of the cluster: no inline 'ca'"):
        service.perform(config(tmp_path), "server: https://10.30.0.10:6443\n", "present", check=False)
    assert not hand.started


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"minimum_healthy": 0}, "0 is no percentage of nodes; give 1 to 100"),
        ({"minimum_healthy": 101}, "101 is no percentage"),
        ({"machines": []}, "is empty, so nothing could be fenced"),
    ],
)
def test_input_that_is_refused(
    tmp_path: pathlib.Path, hand: Hand, access: str, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(service.HaError, match=says):
        service.perform(config(tmp_path, **change), access, "present", check=False)
    assert not (tmp_path / "vm_ha").exists()


def test_a_node_is_named_once(tmp_path: pathlib.Path, hand: Hand, access: str) -> None:
    given = config(tmp_path)
    given["machines"] *= 2
    with pytest.raises(service.HaError, match="node2 is there twice"):
        service.perform(given, access, "present", check=False)


def test_an_interpreter_without_requests_is_refused(
    tmp_path: pathlib.Path, hand: Hand, access: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.library, "IMPORT_ERROR", "no module")
    monkeypatch.setattr(service.sys, "executable", "/opt/other/bin/python3")
    with pytest.raises(service.HaError, match="requests is missing for /opt/other/bin/python3"):
        service.perform(config(tmp_path), access, "present", check=True)
    monkeypatch.setattr(service.sys, "executable", service.DEBIAN)
    steps = service.perform(config(tmp_path), access, "present", check=True)["steps"]
    assert steps[0] == "packages: python3-requests"


@pytest.mark.parametrize(
    ("profile", "timings", "expected"),
    [("default", "default", (90, 10)), ("tight", "default", (30, 5)), ("default", "slow", (300, 15))],
)
def test_times_of_profiles(tmp_path: pathlib.Path, profile: str, timings: str, expected: tuple[int, int]) -> None:
    given = service.Settings.of(config(tmp_path, profile=profile, timings=timings), "").config()
    assert (given["stale_after"], given["interval"]) == expected


def test_the_unit_may_write_its_record_only(tmp_path: pathlib.Path, access: str) -> None:
    settings = service.Settings.of(config(tmp_path), access)
    text = Systemd(settings).text(service.service(settings, b"x"))
    assert f"ReadWritePaths={tmp_path}/run\n" in text and "CapabilityBoundingSet=\n" in text
    assert "ProtectSystem=strict\n" in text and SECRET not in text
    lines = text.splitlines()
    assert lines.index("[Service]") < lines.index("ProtectSystem=strict") < lines.index("[Install]")


def test_a_unit_without_further_lines_keeps_its_digest() -> None:
    """Services of an earlier release are not started again."""
    assert Service("a", ("x",), (), "").digest() == "55b12936f3411498"
    assert Service("a", ("x",), (), "", unit=("UMask=0077",)).digest() != "55b12936f3411498"


def test_the_archive_is_the_same_each_time_and_holds_all_that_it_imports(tmp_path: pathlib.Path) -> None:
    code = tmp_path / "vm-ha.pyz"
    code.write_bytes(archive.archive())
    assert code.read_bytes() == archive.archive()
    (tmp_path / "wrong.json").write_text("{}")
    words = [sys.executable, "-I", str(code), str(tmp_path / "wrong.json"), "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2 and "run the role vm_ha again, which writes it" in done.stderr, done.stderr


def test_the_archive_has_no_ansible() -> None:
    assert not [name for name in (one.__name__ for one in archive.modules()) if ".module_utils." not in name]


def test_two_looks_are_never_at_once(tmp_path: pathlib.Path) -> None:
    with program.locked(tmp_path / "lock") as mine:
        assert mine
        with program.locked(tmp_path / "lock") as other:
            assert not other
    with program.locked(tmp_path / "lock") as again:
        assert again


def test_a_look_without_an_api_is_said_and_changes_nothing(
    tmp_path: pathlib.Path, access: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    settings = service.Settings.of(config(tmp_path), access)
    (tmp_path / "services").mkdir()
    (tmp_path / "services/kubeconfig").write_text(access)
    (tmp_path / "config.json").write_text(json.dumps(settings.config()))

    def refuses(*_: object) -> None:
        raise program.ConfigError("no answer\nfrom anywhere")

    monkeypatch.setattr(program, "look", refuses)
    watch = program.Watch.read(tmp_path / "config.json")
    assert not watch.once() and not watch.once()
    said = capsys.readouterr().out.splitlines()
    assert said == ["the nodes cannot be judged, and nothing is done: no answer from anywhere"]
    monkeypatch.setattr(program, "look", lambda *_: [])
    assert watch.once() and json.loads((tmp_path / "run/look.json").read_text())["decisions"] == []
    assert capsys.readouterr().out.splitlines() == ["the nodes are judged again"]
    with program.locked(tmp_path / "run/look.lock"):
        assert not watch.once()
    assert "another process looks at the nodes now" in capsys.readouterr().out


def test_the_client_of_the_program_speaks_as_the_others_do(pki: pathlib.Path, server: str) -> None:  # noqa: F811
    found = Native(Kubeconfig.read(kubeconfig(pki, server)))
    assert found.call("GET", "/nodes", {"limit": "5", "continue": "a b"})["items"]
    assert Handler.asked[-1][:2] == ("GET", "/nodes?limit=5&continue=a+b")
    with pytest.raises(Refused) as refused:
        found.call("GET", "/missing")
    assert refused.value.status == 404
    with pytest.raises(Unreachable):
        Native(Kubeconfig.read(kubeconfig(pki, "https://127.0.0.1:1"))).call("GET", "/nodes")
