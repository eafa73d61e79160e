# SPDX-License-Identifier: GPL-3.0-or-later
"""The deploy agent with the real boot service, from plan to last event, with loop devices as disks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import gpt
from ansible_collections.groundup.cloud.plugins.module_utils.provision import boot_service, disk, manifest
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import main, mirror, probe
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent.refusal import Refusal

MIB = 1024 * 1024
REPO = Path(__file__).resolve().parents[3]
TOOLS = ("losetup", "mke2fs", "mkfs.vfat", "mcopy", "grub-mkimage", "resize2fs", "ssh-keygen", "blkid", "wipefs")
pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/loop-control"), reason="needs root, loop devices"),
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"),
]


def sh(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Site(boot_service.Handler, SimpleHTTPRequestHandler):
    """Boot service and images at one port, as behind nginx; a test can make one response faulty."""

    spoil = -1
    hold: tuple[int, threading.Event] | None = None

    def do_GET(self) -> None:
        if not self.path.startswith("/images/"):
            super().do_GET()
            return
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        with Path(self.server.store.images, os.path.basename(self.path)).open("rb") as file:
            file.seek(first)
            data = file.read(last + 1 - first)
        if Site.hold and Site.hold[0] == first:
            Site.hold[1].set()
            threading.Event().wait(60)  # not time.sleep, which these tests replace
            return
        self.send_response(206)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(bytes(len(data)) if first == Site.spoil else data)

    def log_message(self, *_args: Any) -> None:
        pass


class Provisioner:
    """A boot service with one image, built from a tree that contains only /etc."""

    def __init__(self, home: Path) -> None:
        self.state, self.token = home, "t" * 64
        root, work = home / "root", home / "work"
        for path in (root / "etc/ssl/certs", root / "boot/grub", work, home / "images"):
            path.mkdir(parents=True)
        (root / "etc/ssl/certs/ca-certificates.crt").write_text("old\n")
        disk.build(str(root), str(home / "images/small.raw"), str(work), spare_mib=60)
        described = manifest.digest(str(home / "images/small.raw"))
        manifest.write_json(str(home / "images/small.json"), described)
        self.server = boot_service.Server({"state_dir": str(home), "base_url": "x", "listen": "127.0.0.1:0"})
        self.server.RequestHandlerClass = Site
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.server.store.base_url = self.url
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def arm(self, **more: Any) -> str:
        ident = str(uuid.uuid4())
        seed = {"hostname": "node1", "authorized_keys": ["ssh-ed25519 A"], "ca_certificate": "PEM"}
        plan = {"image": {"name": "small"}, "root_disk": {"serial": "ROOT"}, "storage_disks": [{"serial": "OSD"}]}
        value = {"machine": "node1", "cloud": "c", "deploy_id": ident, "macs": [], "token": ident}
        text = json.dumps({**value, "expires": time.time() + 600, "plan": {**plan, "seed": seed, **more}})
        (self.state / "deploy/armed/node1.json").write_text(text)
        return ident

    def deploy(self, **more: Any) -> str:
        """Deploy as `main.run` does in the ramdisk, without its network part."""
        Site.spoil = more.pop("spoil", -1)
        ident = self.arm(**more)
        reporter = main.Reporter(self.url, "node1", patience=5)
        try:
            main.deploy(reporter.start(ident, {})["plan"], reporter)
        finally:
            reporter.close()
        return ident

    def done(self) -> dict[str, Any]:
        return json.loads((self.state / "deploy/done/node1.json").read_text())  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def provisioner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provisioner]:
    found = Provisioner(tmp_path_factory.mktemp("site"))
    yield found
    found.server.shutdown()
    found.server.server_close()


def renamed(item: Any, names: dict[str, str]) -> Any:
    return item._replace(device=item.device._replace(serials=(names[item.device.name],)))


@pytest.fixture
def loops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Two blank loop devices with the serial numbers ROOT and OSD; the agent sees no other disk of this host."""
    found: dict[str, str] = {}
    real = probe.disks
    for serial in ("ROOT", "OSD"):
        backing = tmp_path / serial
        with backing.open("wb") as file:
            file.truncate(300 * MIB)
        found[serial] = sh("losetup", "-P", "-f", "--show", str(backing))
    names = {os.path.basename(path): serial for serial, path in found.items()}

    def disks() -> list[Any]:
        return [renamed(item, names) for item in real("/", lambda name: name in names)]

    monkeypatch.setattr(probe, "disks", disks)
    monkeypatch.setattr(main, "_MOUNT", str(tmp_path / "mnt"))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    yield found
    for path in found.values():
        sh("losetup", "-d", path)


def head(path: str) -> bytes:
    return Path(path).read_bytes()[:MIB]


def test_a_blank_disk_is_deployed(provisioner: Provisioner, loops: dict[str, str], tmp_path: Path) -> None:
    ident = provisioner.deploy()
    done = provisioner.done()
    table = gpt.parse(head(loops["ROOT"]))
    assert (done["deploy_id"], table.guid, table.sectors) == (ident, ident, 300 * 2048)
    last = table.partitions[-1]
    with (tmp_path / "root.img").open("wb") as out, Path(loops["ROOT"]).open("rb") as device:
        device.seek(last.first * 512)
        out.write(device.read((last.last - last.first + 1) * 512))
    sh("e2fsck", "-fn", str(tmp_path / "root.img"))

    def cat(path: str) -> str:
        return sh("debugfs", "-R", f"cat {path}", str(tmp_path / "root.img"))

    assert json.loads(cat("/etc/groundup/identity.json"))["deploy_id"] == ident
    assert cat("/etc/machine-id") == done["machine_id"] and cat("/etc/ssl/certs/ca-certificates.crt") == "old\nPEM"
    assert " ".join(cat("/etc/ssh/ssh_host_ed25519_key.pub").split()[:2]) == done["host_key"]
    blocks = int(sh("dumpe2fs", "-h", str(tmp_path / "root.img")).split("Block count:")[1].split()[0])
    assert blocks * 4096 >= 250 * MIB, "the root file system must be grown"
    assert head(loops["OSD"]) == bytes(MIB)
    recorded = [item["event"] for item in provisioner.server.store.history("node1") if item["event"] != "progress"]
    assert recorded[-4:] == ["started", "inventory", "written", "done"]


@pytest.mark.parametrize("spoil", [0, 32 * MIB])
def test_a_wrong_checksum_leaves_an_unbootable_disk(
    provisioner: Provisioner, loops: dict[str, str], spoil: int
) -> None:
    with pytest.raises(Refusal) as refusal:
        provisioner.deploy(spoil=spoil)
    assert refusal.value.code == "checksum" and head(loops["ROOT"]) == bytes(MIB)
    provisioner.deploy()  # needs no consent: the disk counts as blank
    assert head(loops["ROOT"]) != bytes(MIB)


def test_an_interruption_while_seeding_leaves_an_unbootable_disk(
    provisioner: Provisioner, loops: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(main.seed, "host_key", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            provisioner.deploy()
    assert head(loops["ROOT"]) == bytes(MIB)
    provisioner.deploy()


def test_an_interruption_before_the_last_report_needs_no_consent(
    provisioner: Provisioner, loops: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(main.Reporter, "leave", lambda self: 1 / 0 if self.stage.get("stage") == "finish" else None)
        with pytest.raises(ZeroDivisionError):
            provisioner.deploy()
    assert gpt.parse(head(loops["ROOT"])), "the disk is complete, but its end was not reported"
    provisioner.deploy()


AGENT = """
import json, sys
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import main, mirror, probe
url, token, names = json.load(sys.stdin)
real = probe.disks
def renamed(item): return item._replace(device=item.device._replace(serials=(names[item.device.name],)))
probe.disks = lambda: [renamed(item) for item in real("/", lambda name: name in names)]
reporter = main.Reporter(url, "node1", patience=5)
main.deploy(reporter.start(token, {})["plan"], reporter)
"""


@pytest.mark.parametrize("chunk", [0, 32 * MIB], ids=["first chunk", "middle"])
def test_a_deployment_after_a_power_cut_needs_no_consent(
    provisioner: Provisioner, loops: dict[str, str], chunk: int
) -> None:
    """The agent runs in a process that is killed while it writes the image; the next deployment needs no consent."""
    names = {os.path.basename(path): serial for serial, path in loops.items()}
    Site.spoil, Site.hold = -1, (chunk, threading.Event())
    ident = provisioner.arm()
    environment = {**os.environ, "PYTHONPATH": str(REPO / ".ansible/collections")}
    agent = subprocess.Popen([sys.executable, "-c", AGENT], stdin=subprocess.PIPE, env=environment, text=True)
    try:
        assert agent.stdin
        agent.stdin.write(json.dumps([provisioner.url, ident, names]))
        agent.stdin.close()
        assert Site.hold[1].wait(60)
        with Path(loops["ROOT"]).open("rb") as device:  # the chunk before is written while this one is fetched
            while chunk and not os.pread(device.fileno(), MIB, 2 * MIB).strip(b"\0"):
                assert agent.poll() is None
    finally:
        agent.kill()
        agent.wait()
        Site.hold = None
    assert head(loops["ROOT"]) == bytes(MIB), "the disk must not be bootable"
    assert ident in provisioner.server.store._unfinished("node1")
    again = provisioner.deploy()
    assert again != ident and provisioner.done()["deploy_id"] == again
    assert gpt.parse(head(loops["ROOT"])).guid == again


@pytest.mark.parametrize("kept", [0, 512, 1024], ids=["backup table only", "boot sector", "header without entries"])
def test_a_power_cut_while_writing_the_tables_leaves_a_deployable_disk(
    provisioner: Provisioner, loops: dict[str, str], monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """The first MiB is written with one call, but a disk may have stored only its first sectors."""
    real = os.pwrite

    def cut(disk: int, data: bytes, offset: int) -> int:
        if offset or len(data) != MIB:
            return real(disk, data, offset)
        real(disk, data[:kept], 0)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(main.write.os, "pwrite", cut)
        with pytest.raises(SystemExit):
            provisioner.deploy()
    device = Path(loops["ROOT"]).read_bytes()
    assert device[-512:-504] == b"EFI PART" and device[:MIB].rstrip(b"\0") == device[:kept].rstrip(b"\0")
    again = provisioner.deploy()
    assert gpt.parse(head(loops["ROOT"])).guid == again


def test_a_disk_with_data_is_refused_without_consent(provisioner: Provisioner, loops: dict[str, str]) -> None:
    provisioner.deploy()
    before = head(loops["ROOT"])
    with pytest.raises(Refusal, match="holds a gpt partition table") as refusal:
        provisioner.deploy()
    assert refusal.value.code == "holds_data" and head(loops["ROOT"]) == before
    ident = provisioner.deploy(wipe=True)
    assert gpt.parse(head(loops["ROOT"])).guid == ident


def test_a_wrong_serial_changes_nothing(provisioner: Provisioner, loops: dict[str, str]) -> None:
    with pytest.raises(Refusal, match=r"ROOT.*OSD") as refusal:
        provisioner.deploy(root_disk={"serial": "OTHER"})
    assert refusal.value.code == "no_disk" and head(loops["ROOT"]) == bytes(MIB)


def test_storage_disks_are_wiped_only_with_consent(provisioner: Provisioner, loops: dict[str, str]) -> None:
    sh("mke2fs", "-q", "-F", "-t", "ext4", loops["OSD"])
    provisioner.deploy()
    assert sh("blkid", "-p", "-o", "value", "-s", "TYPE", loops["OSD"]) == "ext4"
    provisioner.deploy(wipe=True, wipe_storage=True)
    assert subprocess.run(["blkid", "-p", loops["OSD"]], check=False, capture_output=True).returncode == 2


#: A double of mdadm, as this kernel may have no arrays: the array is its first member, of which the second one gets a
#: copy when it is stopped.
MDADM = """#!/bin/sh
case $1 in
--create)
  echo "$@" > {log}
  for device; do first=$second second=$device; done
  ln -s "$first" {node}
  echo "$second" > {node}.second
  ;;
--detail) echo MD_UUID=0aa2e62b:74bd0527:0d16dd01:13b6c8df ;;
--stop) dd if={node} of="$(cat {node}.second)" bs=1M status=none; rm {node} {node}.second ;;
esac
"""
TWO = {"root_disk": {"serial": "ROOT", "mirror": {"serial": "OSD"}}, "storage_disks": []}


@pytest.fixture
def mdadm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The double in the path; returns the file with the arguments of its last array."""
    programs, log = tmp_path / "bin", tmp_path / "log"
    programs.mkdir()
    (programs / "mdadm").write_text(MDADM.format(log=log, node=tmp_path / "md127"))
    (programs / "mdadm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(mirror, "NODE", str(tmp_path / "md127"))
    monkeypatch.setattr(mirror, "_PROGRAMS", ("etc/ssl",))  # which this host and the image have
    return log


def test_two_disks_get_the_same_system(
    provisioner: Provisioner, loops: dict[str, str], mdadm: Path, tmp_path: Path
) -> None:
    ident = provisioner.deploy(**TWO)
    first, second = (gpt.parse(head(loops[serial])) for serial in ("ROOT", "OSD"))
    assert (first.guid, second.guid) == (ident, mirror.guid(ident))
    disks = [Path(loops[serial]).read_bytes() for serial in ("ROOT", "OSD")]
    assert disks[0][:440] == disks[1][:440] != bytes(440), "the boot code for BIOS"
    assert [part.type for part in first.partitions] == [gpt.BIOS_BOOT, gpt.ESP, gpt.LINUX_RAID]
    for part in first.partitions:
        inside = slice(part.first * 512, (part.last + 1) * 512)
        assert disks[0][inside] == disks[1][inside], f"{part.name} differs"
    assert mdadm.read_text().split()[-2:] == [f"{loops[serial]}p3" for serial in ("ROOT", "OSD")]
    root = first.partitions[-1]
    (tmp_path / "root.img").write_bytes(disks[1][root.first * 512 : (root.last + 1) * 512])
    conf = sh("debugfs", "-R", "cat /etc/mdadm/mdadm.conf", str(tmp_path / "root.img"))
    assert "UUID=0aa2e62b:74bd0527:0d16dd01:13b6c8df" in conf
    assert provisioner.done()["disk_serial"] == "ROOT"
    recorded = provisioner.server.store.history("node1")[-1]
    assert recorded["event"] == "done" and recorded["data"]["mirror_serial"] == "OSD"


def test_a_second_disk_with_data_is_refused_before_the_first_is_written(
    provisioner: Provisioner, loops: dict[str, str], mdadm: Path
) -> None:
    sh("mke2fs", "-q", "-F", "-t", "ext4", loops["OSD"])
    with pytest.raises(Refusal, match="holds ext4") as refusal:
        provisioner.deploy(**TWO)
    assert refusal.value.code == "holds_data" and head(loops["ROOT"]) == bytes(MIB)
    assert sh("blkid", "-p", "-o", "value", "-s", "TYPE", loops["OSD"]) == "ext4"
    provisioner.deploy(**TWO, wipe=True)
    assert gpt.parse(head(loops["OSD"])).partitions


def test_an_image_without_mdadm_leaves_two_disks_that_do_not_boot(
    provisioner: Provisioner, loops: dict[str, str], mdadm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "_PROGRAMS", ("usr/bin",))  # which this host has, and the image has not
    with pytest.raises(Refusal, match="the image has no mdadm"):
        provisioner.deploy(**TWO)
    assert [head(path) for path in loops.values()] == [bytes(MIB)] * 2


def test_an_interruption_between_both_tables_needs_no_consent(
    provisioner: Provisioner, loops: dict[str, str], mdadm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = main.write.finish, []

    def once(path: str, *rest: Any) -> None:
        calls.append(path)
        real(path, *rest) if len(calls) == 1 else 1 / 0

    with monkeypatch.context() as patch:
        patch.setattr(main.write, "finish", once)
        with pytest.raises(ZeroDivisionError):
            provisioner.deploy(**TWO)
    assert gpt.parse(head(loops["ROOT"])) and head(loops["OSD"]) == bytes(MIB)
    again = provisioner.deploy(**TWO)
    assert gpt.parse(head(loops["OSD"])).guid == mirror.guid(again)
