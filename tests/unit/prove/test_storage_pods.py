# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of pods for storage in busybox's shell, on a file in place of a volume, and what the pods are given."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import ceph_pod, storage_pods
from ansible_collections.groundup.cloud.plugins.module_utils.prove.storage_pods import Pods, checksum
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

from .ceph_answers import answers

BUSYBOX = shutil.which("busybox")
needs_busybox = pytest.mark.skipif(BUSYBOX is None, reason="busybox is not installed here")
PODS = Pods("ns", "groundup.cloud/probe:1", 30)
APPLETS = ["sh", "head", "dd", "sha256sum", "cut", "df", "awk", "sleep", "cmp", "tee", "yes", "cat", "sed", "rm"]


def run(pod: dict[str, Any], directory: Path, volume: Path, **doubles: str) -> tuple[int, str]:
    """Status and message of a pod whose volume is a directory or a file; ``doubles``: of applets."""
    own = directory / pod["metadata"]["name"]
    (own / "bin").mkdir(parents=True)
    for applet in APPLETS:
        os.symlink(str(BUSYBOX), own / "bin" / applet)
    container = pod["spec"]["containers"][0]
    script = container["command"][2].replace("/dev/termination-log", f"{own}/said").replace("/tmp/", f"{own}/")
    script = "".join(f"{name}() {{ {body}; }}\n" for name, body in doubles.items()) + script.replace(
        "/data", str(volume)
    )
    env = {item["name"]: str(item.get("value")).replace("/data", str(volume)) for item in container["env"]}
    env = {key: str(volume) if value == "/dev/proof" else value for key, value in env.items()} | {"PATH": f"{own}/bin"}
    done = subprocess.run([str(BUSYBOX), "sh", "-c", script], env=env, capture_output=True, timeout=600, check=False)
    assert done.stdout.decode() == (own / "said").read_text(), "what it says is its log and its message"
    return done.returncode, (own / "said").read_text().strip()


@needs_busybox
def test_a_pod_writes_and_another_one_reads_the_same(tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    assert run(PODS.writes("n1", "c", "first"), tmp_path, volume) == (0, checksum("first"))
    assert run(PODS.reads("n2", "c"), tmp_path, volume) == (0, checksum("first"))
    assert (volume / "proof").stat().st_size == storage_pods.BYTES
    assert run(PODS.writes("n1", "c", "second one"), tmp_path, volume) == (0, checksum("second one"))


@needs_busybox
def test_a_volume_that_can_not_be_written_or_has_nothing_fails_the_pod(tmp_path: Path) -> None:
    status, said = run(PODS.writes("n1", "c", "first"), tmp_path, tmp_path / "none")
    assert status != 0 and "can't open" in said
    __, said = run(PODS.reads("n1", "c"), tmp_path, tmp_path / "none")
    assert "can't open" in said


@needs_busybox
@pytest.mark.parametrize("raw", [True, False])
def test_two_pods_read_what_the_other_one_writes(tmp_path: Path, raw: bool) -> None:
    volume = tmp_path / "volume"
    if raw:
        volume.write_bytes(bytes(4 * storage_pods.REGION))
    else:
        volume.mkdir()
    found: dict[int, tuple[int, str]] = {}
    pods = PODS.share(("n1", "n2"), "c", raw=raw)

    def one(at: int) -> None:
        found[at] = run(pods[at], tmp_path, volume)

    threads = [threading.Thread(target=one, args=(at,)) for at in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: (0, "good"), 1: (0, "good")}


@needs_busybox
def test_a_pod_without_the_other_one_fails(tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.write_bytes(bytes(4 * storage_pods.REGION))
    pod, __ = Pods("ns", "image", 0).share(("n1", "n2"), "c", raw=True)
    assert run(pod, tmp_path, volume) == (1, "what pod 1 has written does not arrive")


@needs_busybox
@pytest.mark.parametrize(("size", "status"), [(480_000, 0), (240_000, 1)])
def test_a_pod_waits_until_the_file_system_is_larger(tmp_path: Path, size: int, status: int) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "proof").write_text("x")
    pod = Pods("ns", "image", 0).grown("n1", "c")
    table = f"echo Filesystem 1024-blocks Used; echo /dev/rbd0 {size} 1"
    found, said = run(pod, tmp_path, volume, df=table)
    assert found == status and (len(said) == 64 if status == 0 else said.startswith(f"the file system has {size} KiB"))


def test_pods_are_given_their_volumes() -> None:
    pod = PODS.writes("n1", "claim", "x")
    assert pod["spec"]["volumes"][0]["persistentVolumeClaim"] == {"claimName": "claim"}
    assert pod["spec"]["containers"][0]["volumeMounts"] == [{"name": "data", "mountPath": "/data"}]
    assert pod["spec"]["containers"][0]["securityContext"]["runAsNonRoot"] is True
    raw, other = PODS.share(("n1", "n2"), "claim", raw=True)
    assert raw["spec"]["containers"][0]["volumeDevices"] == [{"name": "data", "devicePath": "/dev/proof"}]
    assert raw["spec"]["containers"][0]["securityContext"]["runAsUser"] == 0
    assert [one["spec"]["nodeName"] for one in (raw, other)] == ["n1", "n2"]
    assert raw["metadata"]["name"] != other["metadata"]["name"]


def test_claims_are_what_is_to_be_proved() -> None:
    body = storage_pods.claim("ns", "x", "rook-ceph-block", shared=True, raw=True)
    assert (body["spec"]["accessModes"], body["spec"]["volumeMode"]) == (["ReadWriteMany"], "Block")
    of = storage_pods.made_of(storage_pods.claim("ns", "y", "c"), "VolumeSnapshot", "s")["spec"]["dataSource"]
    assert of == {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}
    assert storage_pods.made_of(body, "PersistentVolumeClaim", "x")["spec"]["dataSource"] == {
        "kind": "PersistentVolumeClaim",
        "name": "x",
    }
    hard = storage_pods.quota("ns", "q", "rook-ceph-block", "4Gi")["spec"]["hard"]
    assert hard == {"rook-ceph-block.storageclass.storage.k8s.io/requests.storage": "4Gi"}


CEPH = 'shift 8; case "$*" in health) echo HEALTH_OK;; *) printf "\\n{\\"asked\\": \\"$*\\"}\\n";; esac'


@needs_busybox
def test_the_pod_that_asks_ceph_prints_each_answer(tmp_path: Path) -> None:
    assert asked(tmp_path, CEPH)["osd", "df", "tree"] == {"asked": "osd df tree --format json"}
    assert (tmp_path / "keyring").read_text() == "[client.admin]\nkey = c2VjcmV0\n"
    assert (tmp_path / "ceph.conf").read_text() == "[global]\nmon_host = 10.0.0.1:3300,10.0.0.2:3300\n"
    assert (tmp_path / "keyring").stat().st_mode & 0o077 == 0


@needs_busybox
def test_a_question_without_an_answer_fails_the_pod(tmp_path: Path) -> None:
    with pytest.raises(ProofError, match=r"ceph osd dump: error connecting \(Expecting value"):
        asked(tmp_path, f'case "$*" in *"osd dump"*) echo error connecting; exit 1;; esac; {CEPH}')


def asked(directory: Path, ceph: str) -> dict[tuple[str, ...], Any]:
    pod = ceph_pod.CephPod(None, "n1", 0).pod("x")  # type: ignore[arg-type]
    container = pod["spec"]["containers"][0]
    (directory / "mon-endpoints").write_text("a=10.0.0.1:3300,b=10.0.0.2:3300")
    (directory / "key").write_text("c2VjcmV0")
    (directory / "ceph").write_text(f"#!{BUSYBOX} sh\n{ceph}\n")
    (directory / "ceph").chmod(0o755)
    env = {item["name"]: item.get("value", "client.admin") for item in container["env"]}
    env |= {"ROOK": str(directory), "KEY": str(directory), "PATH": f"{directory}:/usr/bin:/bin"}
    script = container["command"][2].replace("/tmp/", f"{directory}/")
    done = subprocess.run([str(BUSYBOX), "sh", "-c", script], env=env, capture_output=True, timeout=600, check=False)
    assert b"c2VjcmV0" not in done.stdout + done.stderr
    return ceph_pod.parsed(done.stdout.decode())


def test_the_key_of_ceph_is_given_by_a_file_only() -> None:
    pod = ceph_pod.CephPod(None, "n1", 60).pod("x")  # type: ignore[arg-type]
    spec = pod["spec"]
    assert spec["volumes"][1]["secret"]["secretName"] == "rook-ceph-mon"
    assert spec["activeDeadlineSeconds"] == 180, "after a killed run it ends by itself"
    assert "groundup.cloud/probe" not in spec["containers"][0]["image"]


def test_each_answer_of_the_double_is_one_that_is_asked() -> None:
    assert set(answers()) == set(ceph_pod.QUESTIONS)
