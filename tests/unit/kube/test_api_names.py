# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in the certificate of the API: read, compared, and changed by another certificate."""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    api_certificate,
    api_names,
    config,
    observe,
    paths,
    probe,
    refresh,
    x509,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.control_plane import record_manifests
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from cryptography import x509 as cx509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Given = dict[str, t.Any]


def pem(names: t.Iterable[str] = ()) -> str:
    """A certificate for names and addresses, with an extension before and one after them."""
    general: list[cx509.GeneralName] = []
    for name in names:
        try:
            general.append(cx509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            general.append(cx509.DNSName(name))
    key, who = ec.generate_private_key(ec.SECP256R1()), cx509.Name([cx509.NameAttribute(NameOID.COMMON_NAME, "x")])
    now = datetime.now(UTC)
    made = (
        cx509.CertificateBuilder(who, who, key.public_key(), cx509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
        .add_extension(cx509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if general:
        made = made.add_extension(cx509.SubjectAlternativeName([*general, cx509.RFC822Name("x@example.net")]), False)
    made = made.add_extension(cx509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["kubernetes"],
        ["k8s.example.net", "*.example.net", "10.30.0.10", "fd00::10"],
        [f"n{i}.example.net" for i in range(40)],  # whose lengths take two bytes
    ],
    ids=len,
)
def test_names_are_read_from_a_certificate(names: list[str]) -> None:
    assert x509.names("apiserver.crt", pem(names)) == frozenset(names)


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_named(text: str) -> None:
    with pytest.raises(KubeError, match=r"apiserver\.crt: "):
        x509.names("apiserver.crt", text)


def test_wanted_are_those_of_kubeadm_and_of_the_configuration(given: Given) -> None:
    settings = parse(given | {"api_names": ["k8s.example.net", "203.0.113.7"]})
    assert api_names.wanted(settings) == {
        "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
        "10.96.0.1", "10.30.0.10", "node1", "node2", "node3", "10.30.0.21", "10.30.0.22", "10.30.0.23",
        "k8s.example.net", "203.0.113.7",
    }  # fmt: skip
    assert "k8s.example.net" in config.cluster_configuration(settings)["apiServer"]["certSANs"]


@pytest.mark.parametrize("name", ["K8s.example.net", "k8s_.example.net", "10.30.0", "", "x/y", "a.*.net", "0010.0.0.1"])
def test_what_is_no_name_is_refused(given: Given, name: str) -> None:
    with pytest.raises(KubeError, match=r"kubernetes\.api_names: .* aren't DNS names"):
        parse(given | {"api_names": [name]})


def plane(system: System, settings: t.Any, *, names: t.Iterable[str] | None = None) -> None:
    """A control plane as kubeadm left it, whose certificate has the wanted names, or others."""
    for name in paths.STATIC_PODS:
        system.write(f"{paths.MANIFESTS}/{name}.yaml", name.encode(), mode=0o600)
    system.write(paths.ENCRYPTION, b"key", mode=0o600)
    system.write(paths.KUBELET_CONF, b"")
    system.write(api_names.CERTIFICATE, pem(api_names.wanted(settings) if names is None else names).encode())
    system.write(api_names.KEY, b"old key", mode=0o600)
    record_manifests(system)


@pytest.mark.parametrize(
    ("more", "fewer", "text"),
    [
        (set(), set(), ""),
        (set(), {"k8s.example.net"}, "lacks k8s.example.net"),
        ({"10.30.0.99"}, set(), "has 10.30.0.99, no longer wanted"),
        ({"node9"}, {"k8s.example.net"}, "lacks k8s.example.net; has node9, no longer wanted"),
    ],
)
def test_the_probe_says_what_a_certificate_lacks_and_has_too_many(
    given: Given, tmp_path: Path, more: set[str], fewer: set[str], text: str
) -> None:
    settings, system = parse(given | {"api_names": ["k8s.example.net"]}), System(str(tmp_path))
    plane(system, settings, names=(api_names.wanted(settings) | more) - fewer)
    assert api_names.pending(settings, tmp_path) == text
    if text:
        (step,) = probe.membership(settings, system)
        assert str(step) == "refresh control plane of node1"
        assert step.before == f"differs: {api_names.PART}\ncertificate of the API: {text}\n"


def test_machines_that_have_not_joined_and_workers_are_not_judged(given: Given, worker: Given, tmp_path: Path) -> None:
    system = System(str(tmp_path))
    plane(system, parse(given), names=["other"])
    assert observe.stale(parse(given), tmp_path) == [api_names.PART]
    assert observe.stale(parse(worker), tmp_path) == []
    system.path(paths.MANIFEST_RECORD).unlink()
    assert observe.stale(parse(given), tmp_path) == []


@dataclass
class Kubeadm(System):
    """A root on which kubeadm makes a certificate with the names that it is given."""

    names: frozenset[str] = frozenset()
    ran: list[str] = field(default_factory=list)
    configuration: str = ""

    def run(self, argv: Sequence[str], **_rest: t.Any) -> str:
        self.ran.append(" ".join(argv[3:5]))
        if "certs" in argv:
            self.configuration = self.path(argv[-1]).read_text()
            scratch = self.path(api_certificate.SCRATCH)
            assert (scratch / "ca.key").readlink() == Path("/etc/kubernetes/pki/ca.key")
            assert scratch.stat().st_mode & 0o777 == 0o700
            assert self.path(api_names.KEY).read_text() == "old key", "the old one stays until there is a new one"
            (scratch / "apiserver.crt").write_text(pem(self.names))
            (scratch / "apiserver.key").write_text("new key")
        return ""


@pytest.fixture
def kubeadm(given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kubeadm:
    """A control plane that lacks a name."""
    system = Kubeadm(str(tmp_path))
    plane(system, parse(given))
    system.names = api_names.wanted(parse(given | {"api_names": ["k8s.example.net"]}))
    monkeypatch.setattr(refresh, "wait", lambda *words: system.ran.append(f"wait for {' '.join(words[2])}"))
    monkeypatch.setattr(refresh.processes, "end", lambda _system, name: system.ran.append(f"end {name}"))
    return system


def test_another_certificate_is_made_and_its_server_restarted(given: Given, kubeadm: Kubeadm) -> None:
    settings = parse(given | {"api_names": ["k8s.example.net"]})
    stale = observe.stale(settings, Path(kubeadm.root))
    assert stale == [api_names.PART]
    refresh.refresh(settings, kubeadm, stale)
    assert kubeadm.ran == [
        "certs apiserver", "upload-config all", "control-plane all", "end kube-apiserver", "wait for kube-apiserver",
    ]  # fmt: skip
    assert f"certificatesDir: {api_certificate.SCRATCH}" in kubeadm.configuration
    key = kubeadm.path(api_names.KEY)
    assert key.read_text() == "new key" and key.stat().st_mode & 0o777 == 0o600
    assert kubeadm.path(api_names.CERTIFICATE).stat().st_mode & 0o777 == 0o644
    assert observe.stale(settings, Path(kubeadm.root)) == []
    assert not kubeadm.path(api_certificate.SCRATCH).exists() and not kubeadm.path(paths.API_CERTIFICATE).exists()


def test_a_certificate_with_other_names_than_wanted_is_an_error_and_the_old_one_stays(
    given: Given, kubeadm: Kubeadm
) -> None:
    settings = parse(given | {"api_names": ["k8s.example.net"]})
    kubeadm.names = frozenset({"kubernetes"})
    before = kubeadm.path(api_names.CERTIFICATE).read_text()
    with pytest.raises(KubeError, match=r"node1: kubeadm made a certificate of the API that lacks 10\.30\.0\.10"):
        refresh.refresh(settings, kubeadm, [api_names.PART])
    assert kubeadm.ran == ["certs apiserver"], "nothing was stored in the cluster, and no server ended"
    assert kubeadm.path(api_names.CERTIFICATE).read_text() == before
    assert kubeadm.path(api_names.KEY).read_text() == "old key"
    assert not kubeadm.path(api_certificate.SCRATCH).exists() and not kubeadm.path(paths.API_CERTIFICATE).exists()


def test_a_run_that_was_killed_before_the_server_took_it_is_continued(
    given: Given, kubeadm: Kubeadm, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = parse(given | {"api_names": ["k8s.example.net"]})

    def killed(*_words: t.Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(refresh, "wait", killed)
    with pytest.raises(KeyboardInterrupt):
        refresh.refresh(settings, kubeadm, [api_names.PART])
    assert api_names.difference(settings, kubeadm.path(api_names.CERTIFICATE).read_text()) == ""
    assert "has not taken it yet" in api_names.pending(settings, Path(kubeadm.root))
    assert observe.stale(settings, Path(kubeadm.root)) == [api_names.PART]
