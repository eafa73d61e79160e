# SPDX-License-Identifier: GPL-3.0-or-later
"""read → plan → apply on a scratch root, with a real HTTP server; a second pass must find nothing to do."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.download import file as download
from ansible_collections.groundup.cloud.plugins.module_utils.host import fetch as fetching
from ansible_collections.groundup.cloud.plugins.module_utils.host.layer import assess, run_layer
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import (
    Archive,
    Block,
    Directory,
    File,
    HostError,
    HostState,
    Link,
    Purge,
    Unit,
)
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System, group_name, user_name

ME = {"owner": user_name(os.geteuid()), "group": group_name(os.getegid())}
BIG = os.urandom(3 << 20)
BIG_SUM = hashlib.sha256(BIG).hexdigest()


@dataclass
class ScratchSystem(System):
    """A scratch root whose commands are only recorded; systemctl show answers as for running units."""

    ran: list[list[str]] = field(default_factory=list)

    def run(self, argv: Sequence[str], *, check: bool = True, timeout: float = 900, stdin: str | None = None) -> str:
        if argv[:2] == ["systemctl", "show"]:
            names = argv[argv.index("--") + 1 :]
            return "\n\n".join(
                f"Id={n}\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no"
                for n in names
            )
        self.ran.append(list(argv))
        return ""


@pytest.fixture
def system(tmp_path: Path) -> ScratchSystem:
    return ScratchSystem(str(tmp_path / "root"))


class Server(BaseHTTPRequestHandler):
    """Serves ``content[path]`` with Range; ``break_after`` cuts the first answers short."""

    content: dict[str, bytes] = {}
    breaks: list[int] = []
    ranges: list[str | None] = []

    def do_GET(self) -> None:
        body = self.content.get(self.path)
        if body is None:
            self.send_error(404)
            return
        wanted = self.headers["Range"]
        self.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        stop = start + self.breaks.pop(0) if self.breaks else len(body)
        self.wfile.write(body[start:stop])

    def log_message(self, *_args: object) -> None:
        """Logs nothing."""


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(fetching.time, "sleep", lambda _seconds: None)
    Server.content, Server.breaks, Server.ranges = {"/big": BIG}, [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(state: HostState, system: System, *, check: bool = False) -> list[str]:
    return run_layer(lambda _params: state, {}, check=check, system=system)["steps"]


def test_a_second_run_changes_nothing(system: ScratchSystem, url: str) -> None:
    state = HostState(
        "t",
        files=(File("/etc/a", "a\n", **ME), File("/bin/big", url=f"{url}/big", sha256=BIG_SUM, mode=0o755, **ME)),
        blocks=(Block("/etc/hosts", "t", "1 one"),),
        directories=(Directory("/srv", 0o750, **ME),),
        links=(Link("/etc/l", "a"),),
        purge=(Purge("/etc", "b*"),),
        absent=("/etc/gone",),
        units=(Unit("u.service", restart_on=("/etc/a",)),),
    )
    for name in ("/etc/b1", "/etc/gone", "/etc/kept"):
        system.write(name, b"x")
    first = run(state, system, check=True)
    assert run(state, system) == first and len(first) == 8
    assert run(state, system) == []
    assert system.path("/bin/big").read_bytes() == BIG and system.path("/bin/big").stat().st_mode & 0o777 == 0o755
    assert not system.path("/etc/b1").exists() and not system.path("/etc/gone").exists()
    assert system.path("/etc/kept").exists()
    assert system.ran == [["systemctl", "restart", "u.service"]]
    assert not system.path(state.pending_path).exists()


def test_hand_made_changes_are_seen(system: ScratchSystem, url: str) -> None:
    state = HostState("t", files=(File("/big", url=f"{url}/big", sha256=BIG_SUM, **ME),))
    run(state, system)
    path = system.path("/big")
    stat = path.stat()
    path.write_bytes(b"y" + BIG[1:])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # same size, same mtime: ctime gives it away
    assert run(state, system) == ["file /big"]
    path.chmod(0o600)
    assert run(state, system) == ["file /big"] and len(Server.ranges) == 2
    assert run(state, system) == []


def test_a_killed_run_is_finished(system: ScratchSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    state = HostState("t", files=(File("/etc/a", "a\n", **ME),), units=(Unit("u.service", restart_on=("/etc/a",)),))
    real = system.run

    def killed(argv: Sequence[str], **rest: object) -> str:
        if argv[1] == "restart":
            raise KeyboardInterrupt
        return real(argv)

    with monkeypatch.context() as patch:
        patch.setattr(system, "run", killed)
        with pytest.raises(KeyboardInterrupt):
            run(state, system)
    assert run(state, system) == ["systemctl restart u.service"]
    assert run(state, system) == []


def test_download_resumes(system: ScratchSystem, url: str) -> None:
    Server.breaks = [1 << 20, 1 << 20]
    run(HostState("t", files=(File("/big", url=f"{url}/big", sha256=BIG_SUM, **ME),)), system)
    assert Server.ranges == [None, "bytes=1048576-", "bytes=2097152-"]
    assert system.path("/big").read_bytes() == BIG


def test_wrong_digest_installs_nothing(system: ScratchSystem, url: str) -> None:
    state = HostState("t", files=(File("/big", url=f"{url}/big", sha256="0" * 64, **ME),))
    with pytest.raises(HostError, match=r"sha256 is .* nothing was installed"):
        run(state, system)
    assert list(system.path("/").iterdir()) == [system.path("/var")]


def test_missing_download_is_named(system: ScratchSystem, url: str) -> None:
    with pytest.raises(HostError, match="/none: HTTP 404"):
        run(HostState("t", files=(File("/n", url=f"{url}/none", sha256="0" * 64, **ME),)), system)


def tarball(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o4777
            tar.addfile(info, io.BytesIO(content))
    return sink.getvalue()


def archive(url: str, members: dict[str, bytes], strip: int = 0) -> HostState:
    content = tarball(members)
    Server.content["/tar"] = content
    return HostState(
        "t", archives=(Archive("cni", f"{url}/tar", hashlib.sha256(content).hexdigest(), "/opt/bin", strip),)
    )


def test_archive(system: ScratchSystem, url: str) -> None:
    first = archive(url, {"./bridge": b"1", "./old": b"2"})
    assert run(first, system) == ["archive /opt/bin/"] and run(first, system) == []
    assert system.path("/opt/bin/bridge").stat().st_mode & 0o7777 == 0o755
    system.path("/opt/bin/bridge").write_bytes(b"by hand")
    system.path("/opt/bin/mine").write_bytes(b"of others")
    assert run(first, system) == ["archive /opt/bin/"]
    second = archive(url, {"v2/bridge": b"3"}, strip=1)
    assert run(second, system) == ["archive /opt/bin/"] and run(second, system) == []
    assert sorted(path.name for path in system.path("/opt/bin").iterdir()) == ["bridge", "mine"]


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil"])
def test_archive_stays_inside(system: ScratchSystem, url: str, name: str) -> None:
    with pytest.raises(HostError, match="leads out of"):
        run(archive(url, {name: b"x"}), system)
    assert not list(system.path("/").rglob("evil"))


def test_archive_follows_no_link_outside(system: ScratchSystem, url: str) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as tar:
        link = tarfile.TarInfo("out")
        link.type, link.linkname = tarfile.SYMTYPE, "../../etc"
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo("out/evil"), io.BytesIO(b""))
    Server.content["/tar"] = sink.getvalue()
    item = Archive("cni", f"{url}/tar", hashlib.sha256(sink.getvalue()).hexdigest(), "/opt/bin")
    system.write("/etc/hostname", b"x")
    with pytest.raises(HostError, match="a link leads"):
        run(HostState("t", archives=(item,)), system)
    assert not system.path("/etc/evil").exists()


def test_a_full_disk_is_an_error_at_once(system: ScratchSystem, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "append", full)
    with pytest.raises(HostError, match=r"no space left for it in .*free some"):
        run(HostState("t", files=(File("/big", url=f"{url}/big", sha256=BIG_SUM, **ME),)), system)


def test_a_program_never_reads_what_ansible_sends() -> None:
    assert System().run(["cat"]) == ""
    assert System().run(["cat"], stdin="x") == "x"


def test_assess_changes_nothing(system: ScratchSystem) -> None:
    assert assess(lambda _params: HostState("t", files=(File("/etc/a", "a\n"),)), {}, system).changed
    assert not system.path("/").exists()
