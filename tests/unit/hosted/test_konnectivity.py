# SPDX-License-Identifier: GPL-3.0-or-later
"""konnectivity-server beside the API server: its settings, when its kubeconfig is made, when it starts and goes."""

from __future__ import annotations

import base64
import pathlib
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.hosted import (
    control_plane,
    konnectivity,
    programs,
    servers,
)
from ansible_collections.groundup.cloud.plugins.module_utils.hosted.settings import SERVERS, Hosted, parse
from ansible_collections.groundup.cloud.plugins.module_utils.kube import config, egress, paths, yaml
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.provision.steps import Plan

from .test_hosted import CONFIG, KUBERNETES, archive, living, manifests, store, texts  # noqa: F401  a fixture

WITH = {**CONFIG, "konnectivity": {"port": 8091}}


@pytest.mark.parametrize(
    ("proxy", "endpoint", "text"),
    [
        ({"port": 80}, 8443, "konnectivity.port: 80 is not from 1024 to 49151; 8091 is usual"),
        ({"port": 50000}, 8443, "konnectivity.port: 50000 is not from 1024 to 49151"),
        ({"port": 8443}, 8443, "konnectivity.port: 8443 is a port of another server"),
        ({"port": 2379}, 8443, "konnectivity.port: 2379 is a port of another server"),
        ({"port": 8092}, 8443, "konnectivity.port: 8092 is a port of another server"),
        ({}, 8095, "kubernetes_config.endpoint.port: 8095 is a port of konnectivity-server"),
    ],
)
def test_ports_that_are_taken_are_refused(proxy: dict[str, t.Any], endpoint: int, text: str) -> None:
    given = KUBERNETES | {"endpoint": {"address": "10.30.0.10", "port": endpoint}}
    with pytest.raises(KubeError, match=text):
        parse(CONFIG | {"konnectivity": proxy}, given)
    parse(CONFIG, given)


def test_the_api_server_goes_through_the_socket_of_the_server() -> None:
    hosted, without = parse(WITH, KUBERNETES), parse(CONFIG, KUBERNETES)
    flag = {"name": "egress-selector-config-file", "value": paths.EGRESS}
    assert flag in config.cluster_configuration(hosted.kubernetes)["apiServer"]["extraArgs"]
    assert flag not in config.cluster_configuration(without.kubernetes)["apiServer"]["extraArgs"]
    assert egress.files(without.kubernetes) == ()
    (file,) = egress.files(hosted.kubernetes)
    words = konnectivity.arguments(hosted, 8091)
    assert f"--uds-name={egress.SOCKET}" in words and egress.SOCKET in (file.content or "")
    assert "--agent-bind-address=10.30.0.10" in words and "--agent-port=8091" in words


def test_it_is_one_more_server_which_starts_again_with_another_program_or_certificate(tmp_path: pathlib.Path) -> None:
    manifests(tmp_path / "root")
    hosted = parse(WITH, KUBERNETES | {"root": str(tmp_path / "root")})
    found = servers.services(hosted, {})[-1]
    assert found.name == "konnectivity-server" and found.ready == "tcp:8091"
    assert found.argv[:3] == ("chroot", hosted.root, "/proxy-server")
    assert servers.services(hosted, {egress.SERVER_IMAGE: "sha256:2"})[-1].digest() != found.digest()
    system = System(hosted.root)
    for name in ("/etc/kubernetes/pki/apiserver.crt", paths.KONNECTIVITY_CONF):
        before = servers.services(hosted, {})[-1].digest()
        system.write(name, b"another")
        assert servers.services(hosted, {})[-1].digest() != before, name


def test_a_program_beside_the_directories_of_programs_is_unpacked_where_it_is_named(tmp_path: pathlib.Path) -> None:
    digest = store(tmp_path / "bundle", archive({"./proxy-server": "new", "etc/proxy-server": "no"}))
    programs.unpack(tmp_path / "bundle", digest, tmp_path / "a")
    assert not (tmp_path / "a").exists()
    programs.unpack(tmp_path / "bundle", digest, tmp_path / "root", ("proxy-server",))
    assert [path.name for path in (tmp_path / "root").rglob("*")] == ["proxy-server"]


def login(system: System, server: str = "https://10.30.0.10:8443", ca: str = "CA") -> None:
    """A kubeconfig and its record, as the role writes them."""
    data = {"certificate-authority-data": ca, "client-certificate-data": "CERT", "client-key-data": "KEY"}
    lines = [f"    {name}: {base64.b64encode(text.encode()).decode()}" for name, text in data.items()]
    system.write(paths.KONNECTIVITY_CONF, "\n".join([*lines, f"    server: {server}", ""]).encode(), mode=0o600)
    digest = konnectivity.digest(system.path(paths.KONNECTIVITY_CONF))
    system.write(konnectivity.RECORD, digest.encode(), mode=0o600)
    system.write(paths.CA, b"CA\n")


class Days:
    """A certificate that is valid for some days."""

    def __init__(self, days: int) -> None:
        self.days = days

    def days_left(self, _now: float) -> int:
        return self.days


@pytest.fixture
def hosted(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Hosted, System]:
    monkeypatch.setattr(konnectivity, "tls", lambda *_pem: None)
    monkeypatch.setattr(konnectivity.x509, "validity", lambda *_pem: Days(364))
    found = parse(WITH, KUBERNETES | {"root": str(tmp_path / "root")})
    return found, System(found.root)


def test_a_kubeconfig_that_is_as_it_was_made_stays(hosted: tuple[Hosted, System]) -> None:
    login(hosted[1])
    assert konnectivity.pending(*hosted) == ""


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda system, _patch: system.path(paths.KONNECTIVITY_CONF).unlink(), "it is missing"),
        (lambda system, _patch: system.write(paths.KONNECTIVITY_CONF, b"users: []"), "it was changed since kubeadm"),
        (lambda system, _patch: system.path(konnectivity.RECORD).unlink(), "it was changed since kubeadm"),
        (lambda system, _patch: login(system, "https://10.30.0.11:8443"), "it leads to https://10.30.0.11:8443"),
        (lambda system, _patch: login(system, ca="other"), "it trusts another authority"),
        (
            lambda _system, patch: patch.setattr(konnectivity.x509, "validity", lambda *_pem: Days(89)),
            "ends in 89 days",
        ),
        (lambda _system, patch: patch.undo(), "it can't be used: "),
    ],
    ids=["missing", "changed", "unrecorded", "server", "authority", "ends", "broken"],
)
def test_another_kubeconfig_is_made_again(
    hosted: tuple[Hosted, System], monkeypatch: pytest.MonkeyPatch, change: t.Any, text: str
) -> None:
    settings, system = hosted
    login(system)
    change(system, monkeypatch)
    found = Plan()
    assert konnectivity.require(found, settings, system) is True
    (step,) = found.steps
    assert str(step) == "kubeconfig of konnectivity-server by kubeadm" and text in step.before


def test_a_kubeconfig_that_kubeadm_makes_in_vain_is_named(
    hosted: tuple[Hosted, System], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, system = hosted
    monkeypatch.setattr(konnectivity.kubeadm, "kubeconfig", lambda *_words: "users: []")
    found = Plan()
    konnectivity.require(found, settings, system)
    with pytest.raises(KubeError, match=r"konnectivity-server\.conf: kubeadm made it, and it can't be used: "):
        found.apply()


def test_it_comes_and_goes(living: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """A control plane without it gets it, and one whose provider has routes now loses it, with its files."""
    without, hand, system = living
    monkeypatch.setattr(control_plane, "await_api", lambda *_words: None)
    monkeypatch.setattr(control_plane, "_objects", lambda *_words: None)
    monkeypatch.setattr(control_plane.kubeadm, "run", lambda *_words, **_more: None)
    monkeypatch.setattr(konnectivity, "tls", lambda *_pem: None)
    monkeypatch.setattr(konnectivity.x509, "validity", lambda *_pem: Days(364))
    monkeypatch.setattr(konnectivity.kubeadm, "kubeconfig", lambda _settings, where, *_words: made(where))

    def made(where: System) -> str:
        login(where)
        return where.path(paths.KONNECTIVITY_CONF).read_text()

    hosted = parse(WITH, KUBERNETES | {"root": without.root})
    steps = [str(step) for step in control_plane.plan(hosted, hand, system).steps]
    assert steps[:3] == [
        "certificates, kubeconfigs and manifests by kubeadm",
        "kubeconfig of konnectivity-server by kubeadm",
        "start kube-apiserver, konnectivity-server",
    ]
    control_plane.plan(hosted, hand, system).apply()
    control_plane.job.note(system, "init", done=True)
    assert yaml.dump(egress.configuration()) == system.path(paths.EGRESS).read_text()
    assert texts((hosted, hand, system)) == [] and set(hand.digests) == {*SERVERS, "konnectivity-server"}
    hand.digests["konnectivity-server"] = "other"
    assert texts((hosted, hand, system)) == ["start konnectivity-server"]
    del hand.digests["konnectivity-server"]
    assert texts((hosted, hand, system)) == ["start konnectivity-server"], "one that does not run"
    control_plane.plan(hosted, hand, system).apply()
    control_plane.plan(without, hand, system).apply()
    control_plane.job.note(system, "init", done=True)
    assert set(hand.digests) == {*SERVERS} and texts((without, hand, system)) == []
    assert not [name for name in (paths.EGRESS, paths.KONNECTIVITY_CONF) if system.path(name).exists()]


def test_a_stopped_control_plane_stops_it_first(living: t.Any) -> None:  # noqa: F811
    hosted, hand, system = living
    hand.digests["konnectivity-server"] = "x"
    steps = [str(step) for step in control_plane.stop_plan(hosted, hand, system).steps]
    assert steps[:2] == ["stop konnectivity-server", "stop kube-scheduler"]


def test_a_bundle_without_the_server_is_named(tmp_path: pathlib.Path) -> None:
    names = [f"registry.k8s.io/{name}:v1.36.3" for name in SERVERS[1:]]
    index = {"images": {name: {"digest": "sha256:1"} for name in [*names, "registry.k8s.io/etcd:1"]}}
    with pytest.raises(KubeError, match=r"lacks registry\.k8s\.io/kas-network-proxy/proxy-server:v0\.36\.0"):
        programs.digests(tmp_path, index, [*names, egress.SERVER_IMAGE])  # type: ignore[arg-type]
