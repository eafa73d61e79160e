# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""apply(plan): perform the steps. A run killed between two steps is finished by the next one."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable

from . import digests, packages, sntp, unpack
from .blocks import without_swap
from .fetch import fetch
from .plan import Plan, Step
from .read import live_digest, read_text, sysctl_path
from .state import Directory, File, HostError, HostState, Link
from .system import System

EFFECTS = ("file", "archive", "remove", "link")


def apply(plan: Plan, state: HostState, system: System, pending: frozenset[str] = frozenset()) -> None:
    """Perform ``plan``. Before the first step the paths whose change needs an effect (restart, hook) are noted."""
    if not plan.steps:
        if pending:  # an interrupted run's changes have taken effect meanwhile
            system.path(state.pending_path).unlink(missing_ok=True)
        return
    touched = sorted({step.subject for step in plan.steps if step.action in EFFECTS} | pending)
    if touched:
        system.write(state.pending_path, json.dumps(touched).encode())
    for step in plan.steps:
        try:
            ACTIONS[step.action](step, system)
        except OSError as error:
            raise HostError(f"{step}: {error.strerror or error} ({error.filename or ''})") from error
    digests.remember(system, {s.subject: s.item.sha256 for s in plan.steps if s.action == "file" and s.item.sha256})
    system.path(state.pending_path).unlink(missing_ok=True)


def do_clock(step: Step, system: System) -> None:
    """Step the clock by the offset that a time server reports now."""
    off = sntp.first_offset(step.item.servers)
    if off is None:
        raise HostError(f"clock: {', '.join(step.item.servers)} stopped answering")
    time.clock_settime(time.CLOCK_REALTIME, time.time() + off)


def do_directory(step: Step, system: System) -> None:
    """Make a directory, or set mode and owner of one."""
    item: Directory = step.item
    path = system.path(item.path)
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, *system.ids(item.owner, item.group))
    path.chmod(item.mode)


def do_access(step: Step, system: System) -> None:
    """Set the owner of a path that others write, and take the permissions away that it must not have."""
    path = system.path(step.item.path)
    os.chown(path, *system.ids(step.item.owner, step.item.group))
    path.chmod(path.stat().st_mode & step.item.most)


def do_file(step: Step, system: System) -> None:
    """Write content, or download the file into its directory and rename it."""
    file: File = step.item
    if file.content is not None:
        system.write(file.path, file.content.encode(), mode=file.mode, owner=file.owner, group=file.group)
        return
    target = system.path(file.path)
    # only the mode or the owner differs
    if target.is_file() and not target.is_symlink() and digests.sha256_of(target) == file.digest:
        os.chown(target, *system.ids(file.owner, file.group))
        target.chmod(file.mode)
        return
    part = target.parent / f".{file.digest[:16]}.part"
    fetch(str(file.url), file.digest, part)
    system.install(part, file.path, mode=file.mode, owner=file.owner, group=file.group)


def do_link(step: Step, system: System) -> None:
    """Create a symbolic link, in place of a file or link at its path."""
    link: Link = step.item
    path = system.path(link.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.parent / f".{path.name}.groundup"
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(link.target)
    os.replace(scratch, path)


def do_archive(step: Step, system: System) -> None:
    """Fetch and unpack."""
    item = step.item
    part = system.path(f"/var/lib/groundup/archives/{item.sha256[:16]}.part")
    fetch(item.url, item.sha256, part)
    unpack.unpack(item, part, system)
    part.unlink()


def do_remove(step: Step, system: System) -> None:
    """Remove a file, a link or a whole directory."""
    path = system.path(step.item)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def do_install(step: Step, system: System) -> None:
    """Install packages."""
    packages.install(step.item, system)


def do_modprobe(step: Step, system: System) -> None:
    """Load kernel modules."""
    system.run(["modprobe", "-a", *step.item])


def do_sysctl(step: Step, system: System) -> None:
    """Set a sysctl now; its file for the next boot is a step of its own."""
    key, value = step.item
    path = system.path(sysctl_path(key))
    if not path.exists():
        raise HostError(f"sysctl {key}: the kernel has none; name the kernel module that provides it in kernel_modules")
    path.write_text(value)


def do_swapoff(step: Step, system: System) -> None:
    """Switch swap off and comment it out of fstab."""
    system.run(["swapoff", "-a"])
    before = read_text(system, "/etc/fstab")
    after = without_swap(before)
    if after != before:
        system.write("/etc/fstab", after.encode())


def do_daemon_reload(step: Step, system: System) -> None:
    """Make systemd read its unit files."""
    system.run(["systemctl", "daemon-reload"])


def do_hook(step: Step, system: System) -> None:
    """Run a hook's command and record the digest of its query's output."""
    system.run(step.item.argv)
    if step.item.query:
        system.write(step.item.record, live_digest(step.item, system).encode())


def do_systemctl(step: Step, system: System) -> None:
    """One verb on one unit; a unit that doesn't start is reported with the end of its journal."""
    verb, name = step.item
    try:
        system.run(["systemctl", verb, name])
    except HostError as error:
        journal = system.run(["journalctl", "-u", name, "-n", "20", "--no-pager", "-o", "cat"], check=False)
        raise HostError(f"{error}\nlast lines of its journal:\n{journal}") from error


ACTIONS: dict[str, Callable[[Step, System], None]] = {
    "clock": do_clock,
    "directory": do_directory,
    "access": do_access,
    "file": do_file,
    "link": do_link,
    "archive": do_archive,
    "remove": do_remove,
    "install": do_install,
    "modprobe": do_modprobe,
    "sysctl": do_sysctl,
    "swapoff": do_swapoff,
    "daemon_reload": do_daemon_reload,
    "hook": do_hook,
    "systemctl": do_systemctl,
}
