# SPDX-License-Identifier: GPL-3.0-or-later
"""The release's own bundle, as `bundle.yml` made it: what it holds really runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import debian, fetch, image_storage, index, web
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.lock import Debian

pytestmark = pytest.mark.services

Serve = t.Callable[[Path], t.ContextManager[str]]
VERSIONS = {
    "kubelet --version": "Kubernetes v1.36.3",
    "kubeadm version -o short": "v1.36.3",
    "kubectl version --client": "Client Version: v1.36.3",
    "containerd --version": "v2.3.7",
    "ctr --version": "v2.3.7",
    "containerd-shim-runc-v2 -v": "v2.3.7",
    "etcdctl version": "etcdctl version: 3.6.8",
    "etcdutl version": "etcdutl version: 3.6.8",
}


def run(*words: str | Path, **more: t.Any) -> str:
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120, check=False, **more)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return str(done.stdout + done.stderr)


@pytest.mark.parametrize(("words", "expected"), VERSIONS.items())
def test_programs_state_their_versions(programs: Path, words: str, expected: str) -> None:
    name, *rest = words.split()
    assert expected in run(programs / name, *rest)


def test_starting_a_program_is_cheap(programs: Path) -> None:
    started = time.monotonic()
    for __ in range(3):
        run(programs / "kubectl", "version", "--client")
    assert (time.monotonic() - started) / 3 < 1.0


def test_the_images_are_those_that_kubeadm_asks_for(bundle: Path, programs: Path) -> None:
    wanted = run(programs / "kubeadm", "config", "images", "list", "--kubernetes-version", "v1.36.3").split()
    assert index.missing(index.read(bundle), wanted) == []


def test_every_image_is_served_whole(bundle: Path, serve: Serve) -> None:
    held = index.read(bundle)["images"]
    with serve(bundle / "registry") as url:
        for reference, image in held.items():
            name, tag = image_storage.split(reference)
            data = web.small("t", f"{url}/v2/{name}/manifests/{tag}", {"Accept": image_storage.MANIFEST}, time.sleep)
            fetch.check(reference, url, data, image["digest"])
            manifest = json.loads(data)
            assert {layer["mediaType"] for layer in manifest["layers"]} == {image_storage.ZSTD_LAYER}
            for part in (manifest["config"], *manifest["layers"]):
                with web.request(f"{url}/v2/{name}/blobs/{part['digest']}") as answer:
                    assert int(answer.headers["Content-Length"]) == part["size"]


def test_the_programs_of_kubernetes_are_pulled_once(bundle: Path) -> None:
    shelf, shared = image_storage.Registry(bundle / "registry"), list[set[str]]()
    for reference, image in index.read(bundle)["images"].items():
        if "/kube-" in reference:
            layers = json.loads(shelf.blob(image["digest"]).read_bytes())["layers"]
            shared.append({layer["digest"] for layer in layers if layer["size"] > 30_000_000})
    assert len(shared) == 4 and len(set.union(*shared)) == 1


def test_the_cni_plugins_answer(bundle: Path, tmp_path: Path) -> None:
    tar = bundle / index.read(bundle)["files"]["cni-plugins"]["path"]
    run("tar", "-C", tmp_path, "-xf", tar)
    for name in ("bridge", "host-local", "loopback", "portmap"):
        answer = run(tmp_path / name, env={"CNI_COMMAND": "VERSION"}, input='{"cniVersion": "1.0.0"}')
        assert "1.1.0" in answer


def test_apt_takes_packages_from_the_repository(bundle: Path, tmp_path: Path) -> None:
    debian.prepare(tmp_path, Debian("none"))
    (tmp_path / "sources.list").unlink()
    settings = index.read(bundle)["apt"]
    source = f"Types: deb\nURIs: file:{bundle}/apt\nSuites: {settings['suite']}\nSigned-By:{settings['signed_by']}\n"
    (tmp_path / "bundle.sources").write_text(source)
    apt = ["apt-get", *debian.options(tmp_path, "amd64"), "-q", "-o", f"Dir::Etc::sourcelist={tmp_path}/bundle.sources"]
    run(*apt, "update", "-o", "APT::Update::Error-Mode=any")
    shown = run(*apt, "install", "--simulate", "--yes", "runc", "keepalived", "haproxy", "chrony")
    assert {"runc", "keepalived", "haproxy", "chrony"} <= set(re.findall(r"^Inst (\S+)", shown, re.MULTILINE))


def test_kube_proxy_s_image_holds_tools_that_run(bundle: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    shelf, held = image_storage.Registry(bundle / "registry"), index.read(bundle)["images"]
    image = next(image for reference, image in held.items() if "/kube-proxy:" in reference)
    for layer in json.loads(shelf.blob(image["digest"]).read_bytes())["layers"]:
        run("tar", "-C", tmp_path, "-xf", shelf.blob(layer["digest"]))
    for words in ("nft --version", "iptables --version", "ip6tables-restore --version", "conntrack --version"):
        run("chroot", tmp_path, *f"/usr/sbin/{words}".split())
    assert "Kubernetes v1.36.3" in run("chroot", tmp_path, "/usr/local/bin/kube-proxy", "--version")
