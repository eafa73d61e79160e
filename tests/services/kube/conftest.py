# SPDX-License-Identifier: GPL-3.0-or-later
"""A real etcd and a real kube-apiserver on loopback, with the PKI of the real kubeadm and the configuration of ours."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import typing as t
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml as pyyaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import image_storage, index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import plan
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, cache_root
from ansible_collections.groundup.cloud.plugins.module_utils.kube import config, paths, policy, yaml
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api, Kubeconfig, connect
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import Settings, parse
from services.processes import daemon

ROLE = Path(__file__).parents[3] / "roles/bundle/files"
PORT = 8443


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The release's own bundle, if `bundle.yml` has made it from this checkout."""
    request = Request(pyyaml.safe_load((ROLE / "lock.yml").read_text()), ROLE / "source", "source", cache_root())
    if missing := plan(request).missing:
        pytest.skip(f"the bundle of this checkout is not made yet (playbooks/bundle.yml): {', '.join(missing)}")
    return request.target


@pytest.fixture(scope="session")
def programs(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """kubeadm, kube-apiserver and etcd."""
    target, held = tmp_path_factory.mktemp("bin"), index.read(bundle)
    shutil.copyfile(bundle / f"files/sha256/{held['files']['kubernetes']['sha256']}", target / "kubernetes")
    (target / "kubernetes").chmod(0o755)
    for name in ("kubeadm", "kube-apiserver"):
        (target / name).symlink_to("kubernetes")
    shelf = image_storage.Registry(bundle / "registry")
    image = next(i for r, i in held["images"].items() if r.startswith("registry.k8s.io/etcd:"))
    for layer in json.loads(shelf.blob(image["digest"]).read_bytes())["layers"]:
        subprocess.run(["tar", "-C", target, "-xf", shelf.blob(layer["digest"])], check=True)
    (target / "etcd").symlink_to(target / "usr/local/bin/etcd")
    return target


@dataclass
class Live:
    """What runs: ``root`` stands for the root of a control plane's file system."""

    root: Path
    settings: Settings
    kubeconfig: Kubeconfig
    etcd: str
    server: subprocess.Popen[bytes]

    def api(self) -> Api:
        """A new connection as administrator."""
        return connect(self.kubeconfig)

    def path(self, name: str) -> Path:
        """The absolute path ``name`` below the root."""
        return self.root / name.lstrip("/")


def ports(count: int) -> list[int]:
    """Free ports of loopback."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for __ in range(count)]
    found = [int(s.getsockname()[1]) for s in sockets]
    for s in sockets:
        s.close()
    return found


def kubeadm(programs: Path, *words: object) -> str:
    """Run it; its output."""
    done = subprocess.run([str(w) for w in (programs / "kubeadm", *words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def given(port: int = PORT) -> dict[str, t.Any]:
    """The role's variable of an only control plane whose endpoint is on loopback."""
    return {
        "cluster": "test",
        "version": "1.36.3",
        "endpoint": {"address": "127.0.0.1", "interface": "lo", "port": port, "router_id": 1},
        "pods": "10.64.0.0/14",
        "services": "10.96.0.0/16",
        "node": {"name": "node1", "address": "10.30.0.21", "control_plane": True, "labels": {"rack": "r1"}},
        "control_planes": {"node1": "10.30.0.21"},
        "timings": "slow",
    }


def configuration(settings: Settings, pki: Path) -> str:
    """What kubeadm is given, with certificates in that directory."""
    text = yaml.documents([config.init(settings, "abcdef.0123456789abcdef"), *config.cluster(settings)])
    return text.replace("kind: ClusterConfiguration", f"kind: ClusterConfiguration\ncertificatesDir: {pki}")


@pytest.fixture(scope="session")
def credentials(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory /etc/kubernetes, as kubeadm makes it for a control plane whose API has the port ``PORT``."""
    etc = tmp_path_factory.mktemp("credentials") / "kubernetes"
    pki = etc / "pki"
    pki.mkdir(parents=True)
    file = etc.with_name("kubeadm.yaml")
    file.write_text(configuration(parse(given(PORT)), pki))
    kubeadm(programs, "init", "phase", "certs", "all", "--config", file)
    for name in ("super-admin", "kubelet"):
        kubeadm(programs, "init", "phase", "kubeconfig", name, "--config", file, "--kubeconfig-dir", etc)
    (etc / "super-admin.conf").rename(etc / "admin.conf")
    return etc


@pytest.fixture(scope="module")
def live(programs: Path, credentials: Path, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Live]:
    """etcd and API server with TLS, encryption at rest and audit log, as on a control plane."""
    root = tmp_path_factory.mktemp("root")
    client, peer, port = ports(3)
    settings = parse(given(port))
    pki, logs = root / "etc/kubernetes/pki", root / "var/log"
    shutil.copytree(credentials, pki.parent)
    admin = pki.with_name("admin.conf")
    admin.write_text(admin.read_text().replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{port}"))
    encryption, audit = root / paths.ENCRYPTION.lstrip("/"), root / paths.AUDIT_POLICY.lstrip("/")
    for place in (logs, encryption.parent, audit.parent):
        place.mkdir(parents=True, exist_ok=True)
    encryption.write_text(yaml.dump(policy.encryption(policy.new_key())))
    audit.write_text(yaml.dump(policy.audit()))
    with ExitStack() as running:
        running.enter_context(daemon(logs / "etcd.log", programs / "etcd", *etcd_words(pki, root, client, peer)))
        words = api_words(pki, client, port)
        words += ["--encryption-provider-config", encryption, "--audit-policy-file", audit]
        words += ["--audit-log-path", logs / "audit.log"]
        server = running.enter_context(daemon(logs / "apiserver.log", programs / "kube-apiserver", *words))
        found = Live(root, settings, Kubeconfig.read(admin), f"https://127.0.0.1:{client}", server)
        await_ready(found, logs / "apiserver.log")
        yield found


def etcd_words(pki: Path, root: Path, client: int, peer: int) -> list[object]:
    """Arguments of etcd, as kubeadm's static pod gives them; what it holds need not outlive a crash of the machine."""
    urls = [f"https://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"]
    return [
        *("--name", "node1", "--data-dir", root / "etcd", "--initial-cluster", f"node1={urls[1]}"),
        "--unsafe-no-fsync",
        *("--listen-client-urls", urls[0], "--advertise-client-urls", urls[0], "--client-cert-auth"),
        *("--cert-file", pki / "etcd/server.crt", "--key-file", pki / "etcd/server.key"),
        *("--trusted-ca-file", pki / "etcd/ca.crt"),
        *("--listen-peer-urls", urls[1], "--initial-advertise-peer-urls", urls[1]),
    ]


def api_words(pki: Path, client: int, port: int) -> list[object]:
    """Arguments of the API server."""
    return [
        *("--etcd-servers", f"https://127.0.0.1:{client}", "--etcd-cafile", pki / "etcd/ca.crt"),
        *("--etcd-certfile", pki / "apiserver-etcd-client.crt", "--etcd-keyfile", pki / "apiserver-etcd-client.key"),
        *("--secure-port", port, "--bind-address", "127.0.0.1", "--client-ca-file", pki / "ca.crt"),
        *("--tls-cert-file", pki / "apiserver.crt", "--tls-private-key-file", pki / "apiserver.key"),
        *("--service-account-issuer", "https://test", "--service-account-key-file", pki / "sa.pub"),
        *("--service-account-signing-key-file", pki / "sa.key", "--service-cluster-ip-range", "10.96.0.0/16"),
        *("--authorization-mode", "Node,RBAC", "--enable-bootstrap-token-auth", "--allow-privileged"),
    ]


def await_ready(live: Live, log: Path) -> None:
    """Wait until the API has made what it makes for itself."""
    end = time.monotonic() + 180
    while not answers(live):
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.2)


def answers(live: Live) -> bool:
    """Whether the API serves the namespace that everything here lives in."""
    try:
        return live.api().get("/api/v1/namespaces/kube-system") is not None
    except KubeError:
        return False
