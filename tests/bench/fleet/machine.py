# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated machine: a process with namespaces of its own (mounts, network, host name), a root directory, sshd."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from .doubles import ANSWERS, PROGRAMS

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_MOUNTS, NEW_NAME, NEW_NETWORK = 0x20000, 0x4000000, 0x40000000  # unshare(2)
BIND, RECURSIVE = 4096, 16384  # mount(2)
LINK = "bond0.30"  # the one real link; it has the name that routes to pods are given
#: Directories of this host that must not be seen on a machine.
HIDDEN = (
    "etc/cni", "etc/containerd", "etc/groundup", "etc/kubernetes", "etc/modules-load.d", "etc/ssh", "etc/sysctl.d",
    "etc/systemd", "opt", "root", "run", "tmp", "usr/local/sbin", "usr/local/share/ca-certificates", "var/lib/etcd",
    "var/lib/groundup", "var/lib/kubelet",
)  # fmt: skip
SSHD = """\
Port 22
HostKey /etc/ssh/host_key
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
UseDNS no
PidFile none
LogLevel VERBOSE
"""
#: Writes the files of a machine, and is given a function that makes a file of the kernel have a content.
Files = Callable[[Callable[[str, Path], None]], None]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def call(result: int, what: str) -> None:
    """Raise the error of a call of the C library that failed."""
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    words = [text.encode() if text else None for text in (source, target, kind)]
    call(LIBC.mount(*words, ctypes.c_ulong(flags), options.encode() or None), f"mount {source} on {target}")


def template(top: Path, modules: set[str], public_key: str) -> Path:
    """The directory that lies above this host's root on every machine: what all machines have in common."""
    common = top / "template"
    for name in HIDDEN:
        (common / name).mkdir(parents=True)
        os.setxattr(common / name, "trusted.overlay.opaque", b"y")
    for name, text in PROGRAMS.items():
        path = common / "usr/local/sbin" / name
        path.write_text(text)
        path.chmod(0o755)
    os.chmod(common / "tmp", 0o1777)
    os.chmod(common / "var/lib/etcd", 0o700)
    (common / "run/sshd").mkdir()
    (common / "root/.ssh").mkdir(mode=0o700)
    (common / "root/.ssh/authorized_keys").write_text(f"{public_key}\n")
    (common / "etc/ssh/sshd_config").write_text(f"{SSHD}SetEnv PATH={PATH}\n")
    accounts = Path("/etc/passwd").read_text()
    if "\nsshd:" not in accounts:
        accounts += "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n"
    (common / "etc/passwd").write_text(accounts)
    builtin = common / f"usr/lib/modules/{os.uname().release}/modules.builtin"
    builtin.parent.mkdir(parents=True)
    builtin.write_text("".join(f"kernel/{name}.ko\n" for name in sorted(modules)))
    shutil.copytree(top / "bundle", common / ANSWERS.lstrip("/") / "bundle")
    return common


def start(top: Path, name: str, number: int, network: list[str], files: Files) -> int:
    """Start a machine; its process. ``network``: lines for ip; ``files``: a function that writes the files on it."""
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _become(top, name, network, files, ready[1], go[0])
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(1)
    os.close(ready[1])
    os.close(go[0])
    with os.fdopen(ready[0], "rb") as answer, os.fdopen(go[1], "wb") as order:
        if answer.read(1) != b"n":
            raise RuntimeError(f"{name} has no namespaces; see {top}/{name}.log")
        lines = f"link add m{number} type veth peer name {LINK} netns {pid}\nlink set m{number} master rack up\n"
        subprocess.run(["ip", "-batch", "-"], input=lines, text=True, check=True, capture_output=True)
        order.write(b"g")
        order.flush()
        if answer.read(1) != b"s":
            raise RuntimeError(f"{name} did not start: {Path(top, f'{name}.log').read_text()[-2000:]}")
    return pid


def _become(top: Path, name: str, network: list[str], files: Files, ready: int, go: int) -> None:
    log = os.open(top / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    call(LIBC.unshare(NEW_MOUNTS | NEW_NAME | NEW_NETWORK), "unshare")
    os.write(ready, b"n")
    os.read(go, 1)
    call(LIBC.sethostname(name.encode(), len(name)), "sethostname")
    subprocess.run(["ip", "-batch", "-"], input="\n".join(network), text=True, check=True)
    root = _root(top, name)
    sshd = shutil.which("sshd") or "/usr/sbin/sshd"
    os.chroot(root)
    os.chdir("/")
    os.environ.clear()
    os.environ["PATH"] = PATH
    files(bind)
    os.write(ready, b"s")
    os.set_inheritable(ready, False)
    os.execv(sshd, [sshd, "-D", "-e"])


def bind(content: str, path: Path) -> None:
    """Make a file of the kernel have a content on this machine."""
    source = Path(ANSWERS, "kernel", str(path).strip("/").replace("/", "."))
    source.parent.mkdir(exist_ok=True)
    source.write_text(content)
    mount(str(source), str(path), flags=BIND)


def _root(top: Path, name: str) -> Path:
    place = top / "machines" / name
    for part in ("upper", "work", "root"):
        (place / part).mkdir(parents=True)
    options = f"lowerdir={top}/template:/,upperdir={place}/upper,workdir={place}/work"
    mount("overlay", str(place / "root"), "overlay", options=options)
    mount("proc", str(place / "root/proc"), "proc")
    for name in ("dev", "sys"):
        mount(f"/{name}", str(place / "root" / name), flags=BIND | RECURSIVE)
    return place / "root"
