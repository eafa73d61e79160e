# SPDX-License-Identifier: GPL-3.0-or-later
"""Updates of a running control plane: the phases of kubeadm, and what is refused before."""

from __future__ import annotations

import json
import os
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    access,
    config,
    immutable,
    observe,
    paths,
    refresh,
    yaml,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Refused, Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.kube.control_plane import record_manifests
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError, KubeRefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.waiting import deadline

Given = dict[str, t.Any]
ONE = {"control_planes": {"node1": "10.30.0.21"}}


@dataclass
class RecordingSystem(System):
    """A scratch root on which kubeadm is only recorded; each phase writes the manifest it is named after."""

    ran: list[str] = field(default_factory=list)

    def run(self, argv: Sequence[str], **_rest: t.Any) -> str:
        self.ran.append(" ".join(argv[3:5]))
        if "etcd" in argv:
            self.write(paths.ETCD_MANIFEST, b"by kubeadm")
        return ""


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordingSystem:
    """A control plane as kubeadm left it, whose API server answers at once."""
    system = RecordingSystem(str(tmp_path))
    for name in paths.STATIC_PODS:
        system.write(f"{paths.MANIFESTS}/{name}.yaml", name.encode(), mode=0o600)
    system.write(paths.ENCRYPTION, b"key", mode=0o600)
    record_manifests(system)
    monkeypatch.setattr(refresh, "wait", lambda *_words: None)
    return system


def stale(system: System) -> list[str]:
    return observe.stale_manifests(Path(system.root))


@pytest.mark.parametrize(
    ("changes", "phases"),
    [(ONE, ["upload-config all", "control-plane all", "etcd local"]), ({}, ["upload-config all", "control-plane all"])],
)
def test_phases_of_kubeadm(given: Given, system: RecordingSystem, changes: Given, phases: list[str]) -> None:
    system.write(f"{paths.MANIFESTS}/kube-apiserver.yaml", b"by hand")
    assert stale(system) == ["kube-apiserver"]
    refresh.refresh(parse(given | changes), system, stale(system))
    assert system.ran == phases
    assert stale(system) == []
    assert not list(system.path(paths.SCRATCH).iterdir()), "the configuration with its token is removed"


def test_etcds_manifest_of_one_member_of_three_is_put_back(given: Given, system: RecordingSystem) -> None:
    """kubeadm would write it for a single member; recording the present file would accept the change."""
    system.write(paths.ETCD_MANIFEST, b"by hand")
    refresh.refresh(parse(given), system, stale(system))
    found = system.path(paths.ETCD_MANIFEST)
    assert found.read_text() == "etcd" and found.stat().st_mode & 0o777 == 0o600
    assert stale(system) == []


ENCRYPTION: dict[str, tuple[Given, bool, str]] = {
    "switched off": ({"encryption": False}, True, "without it no server can read them"),
    "switched on with three": ({}, False, "need the same one"),
}


@pytest.mark.parametrize(("changes", "key", "text"), ENCRYPTION.values(), ids=ENCRYPTION)
def test_encryption_is_not_switched_by_new_manifests(
    given: Given, system: RecordingSystem, changes: Given, key: bool, text: str
) -> None:
    if not key:
        system.path(paths.ENCRYPTION).unlink()
    with pytest.raises(KubeError, match=text):
        refresh.refresh(parse(given | changes), system, ["cluster"])
    assert system.ran == []


def test_encryption_switched_on_with_one_gets_its_key_first(given: Given, system: RecordingSystem) -> None:
    system.path(paths.ENCRYPTION).unlink()
    refresh.refresh(parse(given | ONE), system, ["cluster"])
    assert "secretbox" in system.path(paths.ENCRYPTION).read_text()
    assert system.path(paths.ENCRYPTION).stat().st_mode & 0o777 == 0o600


def living(given: Given, root: Path, server: str = "https://10.30.0.10:8443") -> System:
    """A control plane whose cluster was made from ``given``."""
    system = System(str(root))
    address = given["node"]["address"]
    system.write(f"{paths.MANIFESTS}/kube-apiserver.yaml", f"    - --advertise-address={address}\n".encode())
    system.write(paths.ENCRYPTION, b"key")
    system.write(paths.CLUSTER, yaml.documents(config.cluster(parse(given))).encode())
    system.write(paths.ADMIN_CONF, f"    server: {server}\n".encode())
    system.write(paths.ATTEMPT, json.dumps({"kind": "init", "done": True}).encode())
    return system


MOVES: dict[str, tuple[Given, str]] = {
    "endpoint": ({"endpoint": {"address": "10.30.0.11", "interface": "x"}}, "is 10.30.0.10:8443, wanted 10.30.0.11"),
    "pods": ({"pods": "10.128.0.0/14"}, "podSubnet is 10.64.0.0/14"),
    "services": ({"services": "10.97.0.0/16"}, "serviceSubnet is 10.96.0.0/16"),
    "domain": ({"domain": "other.local"}, "dnsDomain is cluster.local"),
    "backend of kube-proxy": (
        {"proxy_mode": "iptables"},
        "proxy_mode is nftables, wanted iptables; set the model back",
    ),
    "no kube-proxy any more": ({"proxy_mode": "none"}, "proxy_mode is nftables, wanted none"),
    "own address": (
        {"node": {"name": "node1", "address": "10.30.0.99", "control_plane": True}},
        "advertiseAddress of node1 is 10.30.0.21, wanted 10.30.0.99",
    ),
    "no encryption any more": ({"encryption": False}, "without it no server can read them"),
}


@pytest.mark.parametrize(("changes", "text"), MOVES.values(), ids=MOVES)
def test_fixed_settings_of_a_running_cluster_are_not_changed(
    given: Given, tmp_path: Path, changes: Given, text: str
) -> None:
    system = living(given, tmp_path)
    with pytest.raises(KubeRefusedError, match=text):
        immutable.refuse_changes(parse(given | changes), system)
    immutable.refuse_changes(parse(given | {"timings": "slow", "audit": False}), system)


def test_a_cluster_without_kube_proxy_gets_none(given: Given, tmp_path: Path) -> None:
    bare = given | {"proxy_mode": "none"}
    system = living(bare, tmp_path)
    with pytest.raises(KubeRefusedError, match="proxy_mode is none, wanted nftables"):
        immutable.refuse_changes(parse(given), system)
    immutable.refuse_changes(parse(bare), system)


def test_a_key_that_a_control_plane_has_to_have_is_missed_before_anything_is_changed(
    given: Given, tmp_path: Path
) -> None:
    system = living(given, tmp_path)
    system.path(paths.ENCRYPTION).unlink()
    with pytest.raises(KubeRefusedError, match="all control planes need the same one"):
        immutable.refuse_changes(parse(given), system)
    system.write(paths.ATTEMPT, json.dumps({"kind": "join", "done": False}).encode())
    immutable.refuse_changes(parse(given), system)  # a join that has not ended brings it


def test_an_endpoint_that_the_kubeconfig_does_not_know_is_refused(given: Given, tmp_path: Path) -> None:
    with pytest.raises(KubeError, match=r"is https://10\.30\.0\.9:8443, wanted https://10\.30\.0\.10:8443"):
        immutable.refuse_changes(parse(given), living(given, tmp_path, "https://10.30.0.9:8443"))


def test_a_blank_machine_may_have_any_settings(given: Given, tmp_path: Path) -> None:
    immutable.refuse_changes(parse(given), System(str(tmp_path)))


@dataclass
class Restart:
    """The machine's API server after its manifest changed: the old one answers, nobody does, the new one is starting,
    is ready. ``moments`` are (start of the youngest process, what the API says), one for each time it is asked."""

    system: System
    moments: list[tuple[float, str]]
    asked: int = 0

    def ready(self) -> None:
        began, answer = self.moments[min(self.asked, len(self.moments) - 1)]
        self.asked += 1
        fields = " ".join(["S", *["0"] * 18, str(int(began * os.sysconf("SC_CLK_TCK"))), "0"])
        self.system.write("/proc/42/stat", f"42 (kube-apiserver) {fields}\n".encode())
        if answer:
            raise {"refused": Refused(403, answer)}.get(answer, Unreachable(answer))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Only sleeping advances the clock."""
    now = [1000.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(deadline.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


WAITED = {
    "the old one answers for a while": ([(5, "")] * 4 + [(5, "gone"), (90, "starting"), (90, "refused"), (90, "")], 8),
    "nothing restarts, as the text means the same": ([(5, "")], 32),
}


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("moments", "asked"), WAITED.values(), ids=WAITED)
def test_the_new_api_server_is_waited_for(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moments: list[tuple[float, str]], asked: int
) -> None:
    server = Restart(System(str(tmp_path)), moments)
    monkeypatch.setattr(access, "admin", lambda *_words, **_more: server)
    refresh.wait(parse(given), server.system, ["kube-apiserver"], since=80)
    assert server.asked == asked


@pytest.mark.usefixtures("clock")
def test_an_api_server_that_does_not_come_is_named(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Restart(System(str(tmp_path)), [(5, ""), (0, "connection refused")])
    monkeypatch.setattr(access, "admin", lambda *_words, **_more: server)
    with pytest.raises(KubeError, match=r"node1: no API server after 600 s .*connection refused"):
        refresh.wait(parse(given), server.system, ["kube-apiserver"], since=80)
