# SPDX-License-Identifier: GPL-3.0-or-later
"""kubeadm init and join as units of systemd: after the controller was killed, and where secrets are meanwhile."""

from __future__ import annotations

import json
import re
import subprocess
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    control_plane,
    job,
    join,
    join_credentials,
    paths,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.waiting import deadline

Given = dict[str, t.Any]
PAPER = join_credentials.JoinCredentials("abcdef.0123456789abcdef", "ab" * 32)
DISCOVERY = {"server": "https://10.30.0.10:8443", "ca": "LS0t"}


class KilledError(Exception):
    """The controller is killed."""


@dataclass
class OneUnit(System):
    """A double of systemd that knows one unit; ``unit`` is its ActiveState, SubState and Result. ``seen`` holds what
    every other process of the machine could read while a command ran: argument lists, and files by mode."""

    unit: tuple[str, str, str] = ("inactive", "dead", "success")
    begun: int = 0
    seen: list[str] = field(default_factory=list)
    readable: list[str] = field(default_factory=list)

    def run(self, argv: Sequence[str], **_rest: t.Any) -> str:
        self.seen.append(" ".join(argv))
        scratch = self.path(paths.SCRATCH)
        for path in scratch.iterdir() if scratch.exists() else ():
            self.readable += [path.read_text()] if path.stat().st_mode & 0o077 else []
        if argv[0] == "systemd-run":
            self.begun += 1
            self.unit = ("activating", "start", "success")
        if argv[:2] == ["systemctl", "stop"]:
            self.unit = ("inactive", "dead", "success")
        if argv[:2] == ["systemctl", "show"]:
            return "ActiveState={}\nSubState={}\nResult={}\n".format(*self.unit)
        return ""


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OneUnit:
    system = OneUnit(str(tmp_path))
    for name in paths.STATIC_PODS:
        system.write(f"{paths.MANIFESTS}/{name}.yaml", name.encode())
    monkeypatch.setattr(control_plane, "admin", lambda *_words: None)
    monkeypatch.setattr(control_plane, "delete_tokens", lambda _api: None)
    return system


def killed(_seconds: float) -> None:
    raise KilledError


def attempt(system: System) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads(system.path(paths.ATTEMPT).read_text()))


def file(system: System, name: str) -> Path:
    return system.path(f"{paths.SCRATCH}/{name}")


@pytest.fixture
def begun(system: OneUnit, given: Given, monkeypatch: pytest.MonkeyPatch) -> OneUnit:
    """An init whose controller was killed while kubeadm worked."""
    with monkeypatch.context() as patch:
        patch.setattr(deadline.time, "sleep", killed)
        with pytest.raises(KilledError):
            control_plane.init(parse(given), system)
    assert attempt(system) == {"kind": "init", "done": False}
    return system


def test_an_init_that_still_runs_is_waited_for(begun: OneUnit, given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    key = begun.path(paths.ENCRYPTION).read_text()
    monkeypatch.setattr(deadline.time, "sleep", lambda _s: setattr(begun, "unit", ("active", "exited", "success")))
    assert control_plane.init(parse(given), begun)["resumed"] is True
    assert begun.begun == 1 and attempt(begun)["done"] is True
    assert begun.path(paths.ENCRYPTION).read_text() == key
    assert not file(begun, "init.yaml").exists(), "the token is gone with the init"


@pytest.mark.parametrize("left", [("failed", "failed", "exit-code"), ("inactive", "dead", "success")])
def test_an_interrupted_init_is_continued(
    begun: OneUnit, given: Given, monkeypatch: pytest.MonkeyPatch, left: tuple[str, str, str]
) -> None:
    """It failed while no controller ran, or a power cut ended the unit: kubeadm continues with the files it wrote."""
    key, begun.unit = begun.path(paths.ENCRYPTION).read_text(), left
    config: list[str] = []

    def ends(_seconds: float) -> None:
        config.append(file(begun, "init.yaml").read_text())
        begun.unit = ("active", "exited", "success")

    monkeypatch.setattr(deadline.time, "sleep", ends)
    assert control_plane.init(parse(given), begun)["resumed"] is True
    assert begun.begun == 2 and "DirAvailable--var-lib-etcd" in config[0]
    assert begun.path(paths.ENCRYPTION).read_text() == key, "Secrets that were written stay readable"


def test_an_init_that_never_ends_is_named_and_left_to_a_later_run(
    begun: OneUnit, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_plane, "LIMIT", {"default": 0.0})
    with pytest.raises(KubeError, match="still runs after 0 s"):
        control_plane.init(parse(given), begun)
    assert attempt(begun)["done"] is False and file(begun, "init.yaml").exists()


@pytest.mark.parametrize("unit", [("activating", "start", "success"), ("active", "exited", "success")])
def test_a_join_that_still_runs_or_has_ended_is_waited_for(
    system: OneUnit, worker: Given, monkeypatch: pytest.MonkeyPatch, unit: tuple[str, str, str]
) -> None:
    job.note(system, "join", done=False)
    system.unit = unit
    monkeypatch.setattr(deadline.time, "sleep", lambda _s: setattr(system, "unit", ("active", "exited", "success")))
    assert join.join(parse(worker), system, PAPER, DISCOVERY)["resumed"] is True
    assert system.begun == 0 and attempt(system)["done"] is True


def test_a_join_that_fails_leaves_no_secret_and_says_why(
    system: OneUnit, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline.time, "sleep", lambda _s: setattr(system, "unit", ("failed", "failed", "exit-code")))
    with pytest.raises(KubeError, match=r"kubeadm failed \(exit-code\)"):
        join.join(parse(given), system, PAPER, DISCOVERY, "kind: EncryptionConfiguration\n")
    assert attempt(system) == {"kind": "join", "done": False} and not system.path(paths.SCRATCH).exists()


class Busy:
    """An API, a double, that holds Secrets and answers no request whose number is in ``silent``."""

    def __init__(self, silent: t.Iterable[int]) -> None:
        self.silent, self.requests = set(silent), 0
        self.secrets = {"bootstrap-token-abcdef", "kubeadm-certs", "bootstrap-token-owner0"}

    def _answer(self) -> None:
        self.requests += 1
        if self.requests - 1 in self.silent:
            raise Unreachable("https://10.30.0.10:8443: EOF occurred in violation of protocol")

    def get(self, path: str) -> t.Any:
        self._answer()
        found = path.rpartition("/")[2] in self.secrets
        return {"metadata": {"ownerReferences": [{"name": "bootstrap-token-owner0"}]}} if found else None

    def delete(self, path: str) -> bool:
        self._answer()
        name = path.rpartition("/")[2]
        found = name in self.secrets
        self.secrets.discard(name)
        return found


@pytest.mark.parametrize("silent", [set(), {0}, {0, 1, 2}, {1}, {2}, {3}, {0, 2, 6}], ids=str)
def test_all_credentials_are_withdrawn_when_the_api_answers_again(
    system: OneUnit, given: Given, monkeypatch: pytest.MonkeyPatch, silent: set[int]
) -> None:
    api = Busy(silent)
    monkeypatch.setattr(join_credentials, "admin", lambda *_: api)
    monkeypatch.setattr(deadline.time, "sleep", lambda _s: None)
    assert join_credentials.withdraw_when_served(parse(given), system, PAPER) is True
    assert api.secrets == set()


def test_credentials_that_could_not_be_withdrawn_are_named(
    system: OneUnit, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join_credentials, "admin", lambda *_: Busy(range(99)))
    text = r"node1: waited 0 s .*EOF.*the token abcdef .* ends by itself, 15 minutes"
    with pytest.raises(KubeError, match=text) as error:
        join_credentials.withdraw_when_served(parse(given), system, PAPER, deadline.Deadline(0))
    assert PAPER.token not in str(error.value) and PAPER.key not in str(error.value)


def test_no_other_process_sees_a_secret(system: OneUnit, given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every user can read argument lists, and files whose mode permits it."""
    monkeypatch.setattr(deadline.time, "sleep", lambda _s: setattr(system, "unit", ("active", "exited", "success")))
    monkeypatch.setattr(control_plane, "new_token", lambda: PAPER.token)
    control_plane.init(parse(given), system)
    join_credentials.upload(parse(given), system, PAPER)
    join.join(parse(given), system, PAPER, DISCOVERY, system.path(paths.ENCRYPTION).read_text())
    secret = system.path(paths.ENCRYPTION).read_text().split("secret: ")[1].split()[0].strip('"')
    for word in (PAPER.token, PAPER.token.split(".")[1], PAPER.key, secret):
        assert not [line for line in system.seen if word in line]
        assert not [text for text in system.readable if word in text]
    for name in (paths.ENCRYPTION, paths.LOG, paths.ATTEMPT, paths.MANIFEST_RECORD):
        assert system.path(name).stat().st_mode & 0o077 == 0, name
    scratch = system.path(paths.SCRATCH)
    assert not scratch.exists() or not list(scratch.iterdir())


@pytest.mark.parametrize(
    ("fails", "error", "calls", "code"),
    [
        pytest.param(0, "", 1, 0, id="at once"),
        pytest.param(2, "[ERROR CRI]: no answer: code = DeadlineExceeded", 3, 0, id="containerd was slow"),
        pytest.param(99, "[ERROR CRI]: no answer: code = DeadlineExceeded", 4, 1, id="containerd never answers"),
        pytest.param(99, "[ERROR CRI]: connection refused", 1, 1, id="containerd does not run"),
    ],
)
def test_a_join_is_repeated_while_containerd_is_slow(
    tmp_path: Path, fails: int, error: str, calls: int, code: int
) -> None:
    """kubeadm, a double, fails ``fails`` times in preflight."""
    log, kubeadm = tmp_path / "kubeadm.log", tmp_path / "kubeadm"
    kubeadm.write_text(
        f"#!/bin/sh\necho x >> {tmp_path}/calls\n[ $(wc -l < {tmp_path}/calls) -gt {fails} ] && exit 0\n"
        f"printf '\\t%s\\nIf you know\\nerror: error execution phase preflight\\nTo see\\n' '{error}' >&2\nexit 1\n"
    )
    kubeadm.chmod(0o755)
    script = join.worker_script(str(kubeadm), str(log), pause=0) + "exit 1\n"
    with log.open("ab") as sink:
        done = subprocess.run(["/bin/sh", "-c", script], stdout=sink, stderr=sink, check=False)
    assert ((tmp_path / "calls").read_text().count("x"), done.returncode) == (calls, code)


GET = 'Get "https://10.30.0.10:8443/api/v1/namespaces/kube-system/secrets/kubeadm-certs?timeout=10s"'


@pytest.mark.parametrize(
    ("fails", "phase", "error", "calls", "code"),
    [
        pytest.param(
            2,
            "control-plane-prepare/download-certs",
            f"error downloading certs: error downloading the secret: {GET}: net/http: request canceled "
            "(Client.Timeout exceeded while awaiting headers)",
            3,
            0,
            id="the Secret came late",
        ),
        pytest.param(
            99,
            "preflight",
            "unable to fetch the kubeadm-config ConfigMap: failed to get config map: context deadline exceeded",
            4,
            1,
            id="the API never answers",
        ),
        pytest.param(
            99,
            "control-plane-prepare/download-certs",
            'error downloading certs: error downloading the secret: Secret "kubeadm-certs" was not found',
            1,
            1,
            id="there is no Secret",
        ),
        pytest.param(99, "kubelet-start", "context deadline exceeded", 1, 1, id="the machine has changed already"),
    ],
)
def test_a_join_that_changed_nothing_is_repeated_while_the_api_is_slow(
    tmp_path: Path, fails: int, phase: str, error: str, calls: int, code: int
) -> None:
    """kubeadm, a double, fails ``fails`` times in ``phase``."""
    log, kubeadm, text = tmp_path / "kubeadm.log", tmp_path / "kubeadm", tmp_path / "error"
    text.write_text(f"error: error execution phase {phase}: {error}\nTo see the stack trace: …\n")
    kubeadm.write_text(
        f"#!/bin/sh\necho x >> {tmp_path}/calls\n[ $(wc -l < {tmp_path}/calls) -gt {fails} ] && exit 0\n"
        f"cat {text} >&2\nexit 1\n"
    )
    kubeadm.chmod(0o755)
    script = join.control_plane_script(str(kubeadm), str(log), pause=0)
    with log.open("ab") as sink:
        done = subprocess.run(["/bin/sh", "-c", script], stdout=sink, stderr=sink, check=False)
    assert ((tmp_path / "calls").read_text().count("x"), done.returncode) == (calls, code)


@pytest.mark.parametrize(
    ("fails", "phase", "calls", "code"),
    [
        pytest.param(0, "etcd-join", ["join"], 0, id="at once"),
        pytest.param(1, "etcd-join", ["join", "join phase etcd-join", "join --skip-phases"], 0, id="etcd was slow"),
        pytest.param(
            3,
            "etcd-join",
            ["join", *["join phase etcd-join"] * 3, "join --skip-phases"],
            0,
            id="etcd was very slow",
        ),
        pytest.param(99, "etcd-join", ["join", *["join phase etcd-join"] * 9], 1, id="etcd never answers"),
        pytest.param(99, "kubelet-start", ["join"], 1, id="another phase"),
    ],
)
def test_the_phase_etcd_join_is_repeated(tmp_path: Path, fails: int, phase: str, calls: list[str], code: int) -> None:
    """kubeadm, a double, fails ``fails`` times in ``phase`` and records its arguments."""
    log, kubeadm = tmp_path / "kubeadm.log", tmp_path / "kubeadm"
    kubeadm.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {tmp_path}/calls\n'
        f"[ $(wc -l < {tmp_path}/calls) -gt {fails} ] && exit 0\n"
        f"printf 'error: error execution phase {phase}: context deadline exceeded\\nTo see the stack trace: …\\n' >&2\n"
        "exit 1\n"
    )
    kubeadm.chmod(0o755)
    script = join.control_plane_script(str(kubeadm), str(log), pause=0)
    with log.open("ab") as sink:
        done = subprocess.run(["/bin/sh", "-c", script], stdout=sink, stderr=sink, check=False)
    made = (tmp_path / "calls").read_text().splitlines()
    assert done.returncode == code
    assert [re.sub(r" --config \S+| preflight,.*", "", line).strip() for line in made] == calls
