# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the bundle, at work on this machine: a container pulled from its registry, a control plane."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import image_storage, index
from services.processes import daemon

pytestmark = pytest.mark.services

Serve = t.Callable[[Path], t.ContextManager[str]]
HOSTS = """server = "{url}/v2/{host}"
[host."{url}/v2/{host}"]
  capabilities = ["pull", "resolve"]
  override_path = true
"""
CONTAINERD = """version = 3
root = "{0}/root"
state = "{0}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"]
[grpc]
  address = "{0}/containerd.sock"
"""


def until(words: t.Sequence[object], seconds: float, log: Path, **more: t.Any) -> str:
    """Run a command until it succeeds; gives what it printed."""
    end = time.monotonic() + seconds
    while True:
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False, **more)
        if done.returncode == 0:
            return str(done.stdout)
        assert time.monotonic() < end, f"{words}: {done.stderr}\n{log.read_text()[-3000:]}"
        time.sleep(0.5)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("runc"), reason="containers need root and runc")
def test_containerd_pulls_and_runs_what_the_registry_holds(
    bundle: Path, programs: Path, serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text(CONTAINERD.format(tmp_path))
    path = {"PATH": f"{programs}:{os.environ['PATH']}"}
    log, ctr = tmp_path / "log", [programs / "ctr", "-a", tmp_path / "containerd.sock", "-n", "k8s.io"]
    with (
        serve(bundle / "registry") as url,
        daemon(log, programs / "containerd", "-c", tmp_path / "config.toml", env=path),
    ):
        for host in ("registry.k8s.io", "groundup.cloud"):
            (tmp_path / "hosts" / host).mkdir(parents=True)
            (tmp_path / "hosts" / host / "hosts.toml").write_text(HOSTS.format(url=url, host=host))
        until([*ctr, "version"], 30, log)
        for reference in ("groundup.cloud/probe:1", "registry.k8s.io/pause:3.10.2"):
            until([*ctr, "images", "pull", "--hosts-dir", tmp_path / "hosts", reference], 10, log)
        said = until(
            [*ctr, "run", "--rm", "groundup.cloud/probe:1", "t1", "sh", "-c", "echo $((6 * 7)); id -u"], 10, log
        )
        assert said.split() == ["42", "0"]


def test_a_control_plane_of_one_program_stores_objects(programs: Path, bundle: Path, tmp_path: Path) -> None:
    for name in ("kube-apiserver", "kube-controller-manager"):
        (programs / name).unlink(missing_ok=True)
        (programs / name).symlink_to("kubernetes")
    etcd = _etcd(bundle, tmp_path)
    ports = _ports(4)
    client, peer, api, _manager = (f"127.0.0.1:{port}" for port in ports)
    log = tmp_path / "log"
    urls = ["--listen-client-urls", f"http://{client}", "--advertise-client-urls", f"http://{client}"]
    peers = ["--listen-peer-urls", f"http://{peer}", "--initial-advertise-peer-urls", f"http://{peer}"]
    cluster = ["--initial-cluster", f"default=http://{peer}", "--data-dir", tmp_path / "etcd"]
    _keys(tmp_path)
    server = [
        *("--etcd-servers", f"http://{client}", "--secure-port", str(ports[2]), "--cert-dir", tmp_path / "certs"),
        *("--bind-address", "127.0.0.1", "--service-cluster-ip-range", "10.96.0.0/16"),
        *("--service-account-issuer", "https://test", "--service-account-key-file", tmp_path / "sa.pub"),
        *("--service-account-signing-key-file", tmp_path / "sa.key", "--token-auth-file", tmp_path / "tokens"),
        *("--authorization-mode", "RBAC"),
    ]
    kubectl = [programs / "kubectl", "--kubeconfig", _kubeconfig(tmp_path, api)]
    with (
        daemon(tmp_path / "etcd.log", etcd, *urls, *peers, *cluster),
        daemon(log, programs / "kube-apiserver", *server),
        daemon(
            tmp_path / "kcm.log",
            *(programs / "kube-controller-manager", "--kubeconfig", tmp_path / "kubeconfig", "--leader-elect=false"),
            *("--cert-dir", tmp_path / "certs2", "--secure-port", str(ports[3]), "--bind-address", "127.0.0.1"),
        ),
    ):
        until([*kubectl, "get", "--raw", "/readyz"], 120, log)
        until(
            [*kubectl, "create", "deployment", "web", "--image", "groundup.cloud/probe:1", "--replicas", "2"], 60, log
        )
        listing = [*kubectl, "get", "pods", "--no-headers", "-o", "name"]
        end = time.monotonic() + 90
        while len(until(listing, 30, log).split()) < 2:  # the controller manager has to make them
            assert time.monotonic() < end, (tmp_path / "kcm.log").read_text()[-3000:]
            time.sleep(1)
        version = json.loads(until([*kubectl, "version", "-o", "json"], 30, log))
        assert version["serverVersion"]["gitVersion"] == "v1.36.3"


def _etcd(bundle: Path, target: Path) -> Path:
    """etcd is a program of its image only; take it out of there."""
    shelf = image_storage.Registry(bundle / "registry")
    image = next(i for r, i in index.read(bundle)["images"].items() if r.startswith("registry.k8s.io/etcd:"))
    for layer in json.loads(shelf.blob(image["digest"]).read_bytes())["layers"]:
        subprocess.run(["tar", "-C", target, "-xf", shelf.blob(layer["digest"])], check=True)
    return target / "usr/local/bin/etcd"


def _ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for __ in range(count)]
    ports = [int(s.getsockname()[1]) for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _keys(target: Path) -> None:
    key, public = target / "sa.key", target / "sa.pub"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
    subprocess.run(["openssl", "ec", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    (target / "tokens").write_text('secret,admin,1,"system:masters"\n')


def _kubeconfig(target: Path, api: str) -> Path:
    cluster = {"server": f"https://{api}", "insecure-skip-tls-verify": True}  # the server signs for itself, on loopback
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "t",
        "clusters": [{"name": "t", "cluster": cluster}],
        "users": [{"name": "t", "user": {"token": "secret"}}],
        "contexts": [{"name": "t", "context": {"cluster": "t", "user": "t"}}],
    }
    (target / "kubeconfig").write_text(json.dumps(config))
    return target / "kubeconfig"
