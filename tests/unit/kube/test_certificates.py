# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates end soon, and how they are renewed."""

from __future__ import annotations

import base64
import json
import os
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    certificates,
    config,
    paths,
    probe,
    processes,
    renewal,
    x509,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from cryptography import x509 as cx509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Given = dict[str, t.Any]
DAY = 86400
BEGINS = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def pem(days: int) -> str:
    """A certificate that begins at BEGINS and lasts so many days."""
    key, name = ec.generate_private_key(ec.SECP256R1()), cx509.Name([cx509.NameAttribute(NameOID.COMMON_NAME, "x")])
    begins = datetime.fromtimestamp(BEGINS, UTC)
    made = (
        cx509.CertificateBuilder(name, name, key.public_key(), cx509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def made() -> dict[int, str]:
    """Certificates by their days."""
    return {days: pem(days) for days in (300, 365, 3650, 20000)}


@pytest.mark.parametrize("days", [365, 3650, 20000])  # the last one ends after 2049, and so has another form of time
def test_the_validity_is_that_of_the_certificate(made: dict[int, str], days: int) -> None:
    found = x509.validity("x", f"text before\n{made[days]}{made[365]}")
    assert (found.begins, found.ends) == (BEGINS, BEGINS + days * DAY)
    assert found.days_left(BEGINS + 10.5 * DAY) == days - 11
    assert found.days_left(BEGINS + (days + 1) * DAY) == -1
    assert found.share_left(BEGINS + days * DAY / 4) == 0.75


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "no certificate that can be read"),
        ("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----", "no certificate that can be read"),
    ],
)
def test_what_is_no_certificate_is_named(text: str, why: str) -> None:
    with pytest.raises(KubeError, match=f"apiserver.crt: .*{why}"):
        x509.validity("apiserver.crt", text)


def plane(root: Path, made: dict[int, str], *, days: int = 365) -> System:
    """A control plane with the certificates that kubeadm makes, whose leaves last so many days."""
    system = System(str(root))
    for name in ("ca", "front-proxy-ca", "etcd/ca"):
        system.write(f"/etc/kubernetes/pki/{name}.crt", made[300].encode())
    system.write("/etc/kubernetes/pki/of-somebody-else.crt", made[300].encode())
    for name in ("apiserver", "apiserver-kubelet-client", "front-proxy-client", "etcd/server"):
        system.write(f"/etc/kubernetes/pki/{name}.crt", made[days].encode())
    data = base64.b64encode(made[days].encode()).decode()
    for name in ("admin", "scheduler"):
        system.write(f"/etc/kubernetes/{name}.conf", f"    client-certificate-data: {data}\n".encode())
    old = base64.b64encode(made[300].encode()).decode()
    system.write(paths.KUBELET_CONF, f"    client-certificate-data: {old}\n".encode())
    return system


@pytest.mark.parametrize(("passed", "due"), [(0, 0), (274, 0), (276, 6), (364, 6), (400, 6)])
def test_certificates_are_due_at_their_time(
    given: Given, tmp_path: Path, made: dict[int, str], passed: int, due: int
) -> None:
    """Neither an authority, nor what the kubelet renews itself, nor what somebody else put there."""
    found = certificates.due(parse(given), Path(plane(tmp_path, made).root), BEGINS + passed * DAY)
    assert len(found) == due
    assert not {name for name in found if "ca.crt" in name or name == "kubelet.conf"}
    assert set(found.values()) <= {365 - passed}


def test_the_days_are_a_setting(given: Given, tmp_path: Path, made: dict[int, str]) -> None:
    root, now = Path(plane(tmp_path, made).root), BEGINS + 200 * DAY
    assert certificates.due(parse(given), root, now) == {}
    assert certificates.due(parse(given | {"renew_days": 200}), root, now)
    with pytest.raises(KubeError, match="renew_days: 365 isn't from 1 to 300"):
        parse(given | {"renew_days": 365})


def test_a_worker_renews_nothing(worker: Given, tmp_path: Path, made: dict[int, str]) -> None:
    assert certificates.due(parse(worker), Path(plane(tmp_path, made).root), BEGINS + 400 * DAY) == {}


def test_kubelets_renew_their_own(given: Given) -> None:
    assert config.kubelet_configuration(parse(given))["rotateCertificates"] is True


def test_the_probe_says_what_is_due(
    given: Given, tmp_path: Path, made: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    system = plane(tmp_path, made)
    monkeypatch.setattr(certificates.time, "time", lambda: BEGINS + 300 * DAY)
    (step,) = probe.membership(parse(given), system)
    assert str(step) == "renew certificates of node1"
    assert "pki/apiserver.crt ends in 65 days\n" in step.before


@dataclass
class Renewing(System):
    """A control plane on which kubeadm renews some certificates."""

    new: str = ""
    names: tuple[str, ...] = ()
    ran: list[list[str]] = field(default_factory=list)

    def run(self, argv: Sequence[str], **_rest: t.Any) -> str:
        self.ran.append(list(argv))
        for name in self.names:
            self.write(f"/etc/kubernetes/{name}", self.new.encode())
        return ""


@pytest.fixture
def renewing(tmp_path: Path, made: dict[int, str]) -> Renewing:
    plane(tmp_path, made)
    data = base64.b64encode(made[3650].encode()).decode()
    for name in ("admin", "scheduler"):
        System(str(tmp_path)).write(f"/etc/kubernetes/{name}.conf", f"    client-certificate-data: {data}\n".encode())
    leaves = ("apiserver", "apiserver-kubelet-client", "front-proxy-client", "etcd/server")
    return Renewing(str(tmp_path), made[3650], tuple(f"pki/{name}.crt" for name in leaves))


def test_kubeadm_renews_and_the_record_stays_until_the_servers_have_them(
    given: Given, renewing: Renewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates.time, "time", lambda: BEGINS + 300 * DAY)
    due = certificates.due(parse(given), Path(renewing.root))
    assert len(due) == 4
    renewal.write(parse(given), renewing, due)
    (argv,) = renewing.ran
    assert argv[:4] == [paths.KUBEADM, "certs", "renew", "all"]
    assert not renewing.path(argv[-1]).exists(), "the configuration with its token is removed"
    assert certificates.due(parse(given), Path(renewing.root)) == due, "a run that was killed here is finished"
    monkeypatch.setattr(renewal, "write", lambda *_words: None)
    monkeypatch.setattr(renewal, "restart", lambda *_words: None)
    renewal.renew(parse(given), renewing, due)
    assert certificates.due(parse(given), Path(renewing.root)) == {}


def test_a_certificate_that_stays_old_is_an_error(
    given: Given, renewing: Renewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kubeadm leaves one whose authority's key is elsewhere as it is, and exits with 0."""
    monkeypatch.setattr(certificates.time, "time", lambda: BEGINS + 300 * DAY)
    renewing.names = renewing.names[1:]
    with pytest.raises(KubeError, match=r"node1: kubeadm renewed .* pki/apiserver\.crt still has 65 days left"):
        renewal.write(parse(given), renewing, {"pki/apiserver.crt": 65})


def process(system: System, pid: int, name: str, began: float, *words: str) -> None:
    """A process in /proc."""
    fields = " ".join(["S", *["0"] * 18, str(int(began * os.sysconf("SC_CLK_TCK"))), "0"])
    system.write(f"/proc/{pid}/stat", f"{pid} ({name[:15]}) {fields}\n".encode())
    system.write(f"/proc/{pid}/cmdline", "\0".join([name, *words, ""]).encode())


def test_only_the_processes_of_static_pods_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system, ended = System(str(tmp_path)), []
    system.write(paths.ETCD_MANIFEST, b"    - etcd\n    - --data-dir=/var/lib/etcd\n    - --name=node1\n")
    process(system, 11, "etcd", 5, "--data-dir=/var/lib/etcd", "--name=node1")
    process(system, 12, "etcd", 6, "--data-dir=/data", "--name=node1")
    process(system, 13, "etcd", 7)
    process(system, 14, "kube-apiserver", 8, "--name=node1")
    monkeypatch.setattr(processes.os, "kill", lambda pid, _number: ended.append(pid))
    processes.end(system, "etcd")
    assert ended == [11] and processes.of_static_pod(system, "etcd") == {11: 5.0}
    assert processes.started(system, "etcd") == 7.0


def servers(system: System, began: float, first: int) -> None:
    for number, name in enumerate(paths.STATIC_PODS):
        system.write(f"{paths.MANIFESTS}/{name}.yaml", f"    - --name={name}\n".encode())
        process(system, first + number, name, began, f"--name={name}")


def test_the_servers_are_waited_for(given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system, ended, slept = System(str(tmp_path)), [], []
    servers(system, 5, 20)

    def sleep(_deadline: Deadline, seconds: float) -> None:
        slept.append(seconds)
        servers(system, 90, 30)

    monkeypatch.setattr(processes.os, "kill", lambda pid, _number: ended.append(pid))
    monkeypatch.setattr(renewal.time, "clock_gettime", lambda _clock: 80.0)
    monkeypatch.setattr(renewal, "unready", lambda *_words: None)
    monkeypatch.setattr(Deadline, "sleep", sleep)
    renewal.restart(parse(given), system)
    assert sorted(ended) == [20, 21, 22, 23] and len(slept) == 1


def test_a_server_that_does_not_start_again_is_named(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(str(tmp_path))
    servers(system, 5, 20)
    monkeypatch.setattr(processes.os, "kill", lambda *_words: None)
    monkeypatch.setattr(renewal.time, "clock_gettime", lambda _clock: 80.0)
    monkeypatch.setitem(renewal.control_plane.LIMIT, "default", 0.0)
    with pytest.raises(KubeError, match=r"node1: certificates are renewed, but .*kube-apiserver: it has not started"):
        renewal.restart(parse(given), system)


def test_the_record_of_a_renewal_is_no_secret_and_survives(given: Given, tmp_path: Path, made: dict[int, str]) -> None:
    system = plane(tmp_path, made)
    system.write(paths.RENEWAL, json.dumps({"pki/apiserver.crt": 20}).encode())
    assert certificates.due(parse(given), tmp_path, BEGINS) == {"pki/apiserver.crt": 20}
