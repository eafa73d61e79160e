# SPDX-License-Identifier: GPL-3.0-or-later
"""A libvirt daemon of the lab, separate from the host's daemon.

The directories of libvirtd are compiled in. So it runs in a mount namespace in which /etc/libvirt,
/var/lib/libvirt, /var/cache/libvirt, /var/log/libvirt and /run are directories of the lab; outside, the socket is in
the lab's run directory. /dev contains kvm only if a guest boots with KVM, because libvirtd opens it in any case.
"""

from __future__ import annotations

import os
import subprocess

from .names import Places
from .shell import command_lines, daemon, inside, run, wait_for, write

_QEMU_CONF = """\
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
"""
_LIBVIRTD_CONF = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_dir = "/run/libvirt"
"""
_ENTER = r"""
set -e
run=$1 state=$2 kvm=$3; shift 3
stage=$run/stage
mkdir -p "$stage" /var/cache/libvirt /var/log/libvirt
mount --make-rprivate /
mount -t tmpfs -o mode=755 groundup "$stage"
mkdir -p "$stage/dev/net" "$stage/dev/pts" "$stage/dev/shm" "$stage/dev/mapper" "$stage/run/libvirt"
for node in null zero full random urandom tty net/tun loop-control $kvm; do
  [ -e /dev/$node ] || continue
  touch "$stage/dev/$node"; mount --bind /dev/$node "$stage/dev/$node"
done
mount --rbind /dev/pts "$stage/dev/pts"; mount --rbind /dev/shm "$stage/dev/shm"
ln -s pts/ptmx "$stage/dev/ptmx"; ln -s /proc/self/fd "$stage/dev/fd"
for name in 0:stdin 1:stdout 2:stderr; do ln -s "fd/${name%:*}" "$stage/dev/${name#*:}"; done
own=${run#/run}
mkdir -p "$stage/run$own"; mount --bind "$run" "$stage/run$own"
mount --bind "$run/libvirt" "$stage/run/libvirt"
mount --bind "$state/etc" /etc/libvirt
mount --bind "$state/lib" /var/lib/libvirt
mount --bind "$state/cache" /var/cache/libvirt
mount --bind "$state/log" /var/log/libvirt
mount --rbind "$stage/dev" /dev
mount --rbind "$stage/run" /run
exec "$@"
"""


def virsh(places: Places, *arguments: str) -> str:
    """Output of virsh on the lab's daemon."""
    return run(["virsh", "--quiet", "--connect", places.libvirt, *arguments])


def answers(places: Places) -> bool:
    """Whether the lab's daemon accepts connections."""
    command = ["virsh", "--quiet", "--connect", places.libvirt, "uri"]
    try:
        return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def missing_hypervisor(places: Places) -> list[str]:
    """The daemon's name if it doesn't run or doesn't answer; else an empty list."""
    running = {os.path.basename(words[0]) for words in command_lines(places.rack).values()}
    return [] if "libvirtd" in running and answers(places) else ["libvirtd"]


def raise_hypervisor(places: Places, accelerator: str) -> None:
    """Start the daemon unless it answers; it finds machines that still run after an earlier daemon ended."""
    if not missing_hypervisor(places):
        return
    state = f"{places.lab}/libvirt"
    for path in (f"{places.run}/libvirt", f"{state}/lib", f"{state}/cache", f"{state}/log", f"{state}/media"):
        os.makedirs(path, mode=0o700, exist_ok=True)
    write(f"{state}/etc/qemu.conf", _QEMU_CONF)
    write(f"{state}/etc/libvirtd.conf", _LIBVIRTD_CONF)
    node = "kvm" if accelerator == "kvm" else ""
    enter = ["unshare", "-m", "bash", "-c", _ENTER, "hypervisor", places.run, state, node]
    libvirtd = ["libvirtd", "--config", "/etc/libvirt/libvirtd.conf", "--pid-file", "/run/libvirt/libvirtd.pid",
                "--timeout", "0"]  # fmt: skip
    log = f"{places.lab}/log/libvirtd.log"
    daemon(inside(places.rack, *enter, *libvirtd), log)
    wait_for("libvirtd", lambda: answers(places), 120, log)
    _pool(places, f"{state}/media")


def _pool(places: Places, directory: str) -> None:
    """Define the pool `default`, into which the BMC emulator puts virtual media."""
    if "default" in virsh(places, "pool-list", "--all", "--name").split():
        return
    virsh(places, "pool-define-as", "default", "dir", "--target", directory)
    virsh(places, "pool-start", "default")
    virsh(places, "pool-autostart", "default")
