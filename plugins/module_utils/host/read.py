# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the actual state of what a HostState names: at most two commands (dpkg-query, systemctl), the rest is files."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

from . import digests, sntp
from .blocks import is_swap
from .packages import installed
from .state import Actual, Archive, Hook, HostError, HostState, PathState, UnitState
from .system import System, group_name, user_name

SHOWN = "Id,Names,LoadState,ActiveState,UnitFileState,NeedDaemonReload"


def read(state: HostState, system: System) -> Actual:
    """The host as it is, restricted to what ``state`` names. Changes nothing."""
    return Actual(
        paths=read_paths(state, system),
        strays=read_strays(state, system),
        archives={archive.name: read_archive(archive, system) for archive in state.archives},
        packages=installed(state.packages, system),
        units=read_units(tuple(unit.name for unit in state.units), system),
        sysctls={key: read_sysctl(key, system) for key in state.sysctls},
        modules=read_modules(state.modules, system),
        swaps=read_swaps(system) if state.swap_off else (),
        fstab_swaps=state.swap_off and any(map(is_swap, read_text(system, "/etc/fstab").splitlines())),
        clock_offset=sntp.first_offset(state.clock.servers) if state.clock else None,
        drifted=frozenset(hook.name for hook in state.hooks if hook.query and drifted(hook, system)),
        kernel_arguments=frozenset(read_text(system, "/proc/cmdline").split())
        if state.kernel_arguments
        else frozenset(),
        pending=frozenset(json.loads(read_text(system, state.pending_path) or "[]")),
    )


def live_digest(hook: Hook, system: System) -> str:
    """Digest of what a hook's query shows now; a query that fails shows nothing."""
    try:
        output = system.run(hook.query, check=False)
    except HostError:  # its program comes with a package that isn't installed yet
        output = ""
    return hashlib.sha256(output.encode()).hexdigest()


def drifted(hook: Hook, system: System) -> bool:
    """Whether a hook's live result differs from that after its last run."""
    return live_digest(hook, system) != read_text(system, hook.record)


def read_text(system: System, name: str) -> str:
    """Text of a file, empty when it is absent."""
    try:
        return system.path(name).read_text()
    except FileNotFoundError:
        return ""


def read_paths(state: HostState, system: System) -> dict[str, PathState]:
    """State of every path that ``state`` names."""
    store = digests.load(system) if any(file.url for file in state.files) else {}
    found = {file.path: read_path(system, file.path, hidden=file.secret, store=store) for file in state.all_files()}
    plain = [block.path for block in state.blocks] + [item.path for item in state.directories]
    plain += [link.path for link in state.links] + list(state.absent)
    for name in plain:
        found.setdefault(name, read_path(system, name))
    for item in state.access:
        found.setdefault(item.path, read_path(system, item.path, content=False))
    return found


def read_path(
    system: System, name: str, *, hidden: bool = False, content: bool = True, store: dict | None = None
) -> PathState:
    """State of one path; with ``content`` that is hashed, and included when it is small text that may be shown."""
    path = system.path(name)
    try:
        info = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return PathState()
    owner, group, mode = user_name(info.st_uid), group_name(info.st_gid), stat.S_IMODE(info.st_mode)
    if stat.S_ISLNK(info.st_mode):
        return PathState("link", mode, owner, group, target=os.readlink(path))
    if stat.S_ISDIR(info.st_mode):
        return PathState("directory", mode, owner, group)
    if not stat.S_ISREG(info.st_mode):
        return PathState("other", mode, owner, group)
    if not content:
        return PathState("file", mode, owner, group)
    if info.st_size > 1 << 20:
        return PathState("file", mode, owner, group, sha256=digests.digest(system, store or {}, name))
    data = path.read_bytes()
    return PathState("file", mode, owner, group, hashlib.sha256(data).hexdigest(), None if hidden else text_of(data))


def text_of(content: bytes) -> str | None:
    """Content as text, or None for a binary."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def read_strays(state: HostState, system: System) -> tuple[str, ...]:
    """Paths that a Purge matches and the state does not name."""
    wanted = {file.path for file in state.all_files()} | {link.path for link in state.links}
    wanted |= {item.path for item in state.directories}
    found = []
    for purge in state.purge:
        directory = system.path(purge.directory)
        for path in sorted(directory.glob(purge.pattern)) if directory.is_dir() else ():
            if purge.marker and not begins_with(path, purge.marker):
                continue
            name = str(Path(purge.directory, path.relative_to(directory)))
            if name not in wanted and not any(other.startswith(f"{name}/") for other in wanted):
                found.append(name)
    return tuple(found)


def begins_with(path: Path, marker: str) -> bool:
    """Whether a path is a file that begins with a text."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(marker.encode())) == marker.encode()


def read_archive(archive: Archive, system: System) -> str:
    """Digest of the archive that is unpacked and unchanged, empty when none is or a member was changed since."""
    try:
        manifest = json.loads(system.path(archive.manifest).read_text())
    except (FileNotFoundError, ValueError):
        return ""
    for name, mark in manifest["members"].items():
        try:
            if digests.fingerprint(system.path(name)) != mark:
                return ""
        except FileNotFoundError:
            return ""
    return str(manifest["sha256"])


def read_units(names: tuple[str, ...], system: System) -> dict[str, UnitState]:
    """State of units, by one call of systemctl for all."""
    if not names:
        return {}
    output = system.run(["systemctl", "show", "--property", SHOWN, "--", *names])
    blocks = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in output.split("\n\n")]
    blocks = [block for block in blocks if block]
    if len(blocks) != len(names):
        raise HostError(f"systemctl show: {len(blocks)} answers for {len(names)} units ({', '.join(names)})")
    return {name: unit_state(block) for name, block in zip(names, blocks, strict=True)}


def unit_state(block: dict[str, str]) -> UnitState:
    """One answer of systemctl show."""
    return UnitState(
        block.get("LoadState", ""),
        block.get("ActiveState", ""),
        block.get("UnitFileState", ""),
        block.get("NeedDaemonReload") == "yes",
    )


def sysctl_path(key: str) -> str:
    """File of a sysctl; a key with slashes (interface names with dots) is taken as it is."""
    return "/proc/sys/" + (key if "/" in key else key.replace(".", "/"))


def read_sysctl(key: str, system: System) -> str | None:
    """Value of a sysctl with single spaces, None when the kernel has none (its module isn't loaded)."""
    try:
        return " ".join(system.path(sysctl_path(key)).read_text().split())
    except FileNotFoundError:
        return None


def read_modules(names: tuple[str, ...], system: System) -> frozenset[str]:
    """Those of ``names`` that are loaded or built in."""
    if not names:
        return frozenset()
    loaded = {line.split()[0] for line in read_text(system, "/proc/modules").splitlines() if line}
    if not all(name.replace("-", "_") in loaded for name in names):
        builtin = read_text(system, f"/lib/modules/{os.uname().release}/modules.builtin")
        loaded |= {Path(line).name.removesuffix(".ko").replace("-", "_") for line in builtin.splitlines()}
    return frozenset(name for name in names if name.replace("-", "_") in loaded)


def read_swaps(system: System) -> tuple[str, ...]:
    """Devices and files that are swapped to now."""
    return tuple(line.split()[0] for line in read_text(system, "/proc/swaps").splitlines()[1:])
