# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""plan(state, actual) -> Plan: the ordered steps from the actual state to the wanted one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..plan.base import Plan as BasePlan
from .blocks import with_block
from .state import Access, Actual, Archive, Block, Directory, File, Hook, HostState, Link, PathState, Unit, UnitState

#: apt's configuration is written before packages are installed; other files are written after the packages' own ones.
EARLY = ("/etc/apt/",)
UNIT_DIRECTORIES = ("/etc/systemd/system/", "/usr/lib/systemd/system/", "/usr/local/lib/systemd/system/")
ENABLED = ("enabled", "static", "alias", "generated", "indirect", "transient")
HIDDEN = "(content hidden)\n"


@dataclass(frozen=True)
class Step:
    """One change. ``action`` names the function of act.py, ``item`` is what it works on; before and after are shown."""

    action: str
    subject: str
    item: Any = None
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


@dataclass(frozen=True)
class Plan(BasePlan):
    """Ordered steps of one layer."""

    layer: str
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()


def plan(state: HostState, actual: Actual) -> Plan:
    """Steps in the order in which they must happen."""
    files = list(file_steps(state, actual))
    early = [step for step in files if step.subject.startswith(EARLY)]
    late = [step for step in files if not step.subject.startswith(EARLY)]
    archives = list(archive_steps(state.archives, actual))
    gone = list(removal_steps(state, actual))
    touched = {step.subject for step in (*files, *archives, *gone)} | set(actual.pending)
    steps = [
        *clock_steps(state, actual),
        *directory_steps(state.directories, actual),
        *access_steps(state.access, actual),
        *early,
        *package_steps(state.packages, actual),
        *late,
        *archives,
        *gone,
        *kernel_steps(state, actual),
        *swap_steps(state, actual),
        *reload_steps(state.units, actual, touched),
        *hook_steps(state.hooks, actual, touched),
        *unit_steps(state.units, actual, touched),
    ]
    return Plan(state.layer, tuple(steps), tuple(warnings(state, actual, touched)))


def warnings(state: HostState, actual: Actual, touched: set[str]) -> Iterator[str]:
    """What could not be read, what is not in force before a reboot, and what the renderer found; none stops the run."""
    yield from state.warnings
    if state.clock and actual.clock_offset is None:
        yield f"no time server answered ({', '.join(state.clock.servers)}): the clock was not compared"
    lacking = [word for word in state.kernel_arguments if word not in actual.kernel_arguments]
    if lacking:
        yield f"kernel arguments {' '.join(lacking)}: take effect after a reboot, which is left to you"
    elif hit(state.reboot_on, touched):
        yield f"{', '.join(state.reboot_on)}: the change takes effect after a reboot, which is left to you"


def hit(paths: Iterable[str], touched: set[str]) -> bool:
    """Whether one of ``paths`` was touched; a path ending in / stands for all below it."""
    return any(path in touched or (path.endswith("/") and any(t.startswith(path) for t in touched)) for path in paths)


def clock_steps(state: HostState, actual: Actual) -> Iterator[Step]:
    """Set the clock before anything that verifies certificates."""
    off = actual.clock_offset
    if state.clock and off is not None and abs(off) > state.clock.limit:
        yield Step("clock", "clock", state.clock, f"off by {-off:.0f} s\n", "correct\n")


def mark(state: PathState) -> str:
    """Kind, owner and mode as one line of a diff."""
    return f"# {state.kind} {state.owner}:{state.group} {state.mode:04o}\n" if state.kind != "absent" else ""


def directory_steps(wanted: Iterable[Directory], actual: Actual) -> Iterator[Step]:
    """Make directories and set their mode and owner."""
    for item in wanted:
        have = actual.paths.get(item.path, PathState())
        want = PathState("directory", item.mode, item.owner, item.group)
        if have != want:
            yield Step("directory", item.path, item, mark(have), mark(want))


def access_steps(wanted: Iterable[Access], actual: Actual) -> Iterator[Step]:
    """Take permissions away from files and directories that others write, and set their owner."""
    for item in wanted:
        have = actual.paths.get(item.path, PathState())
        want = replace(have, mode=have.mode & item.most, owner=item.owner, group=item.group)
        if have.kind in ("file", "directory") and have != want:
            yield Step("access", item.path, item, mark(have), mark(want))


def file_steps(state: HostState, actual: Actual) -> Iterator[Step]:
    """Write files, blocks and links that differ in content, mode or owner."""
    for file in state.all_files():
        have = actual.paths.get(file.path, PathState())
        want = PathState("file", file.mode, file.owner, file.group, file.digest)
        if (have.kind, have.mode, have.owner, have.group, have.sha256) != (
            want.kind, want.mode, want.owner, want.group, want.sha256
        ):  # fmt: skip
            yield Step("file", file.path, file, mark(have) + shown(file, have), mark(want) + wanted_text(file, have))
    for block in state.blocks:
        yield from block_step(block, actual.paths.get(block.path, PathState()))
    for link in state.links:
        yield from link_step(link, actual.paths.get(link.path, PathState()))


def shown(file: File, have: PathState) -> str:
    """The present text, for a diff."""
    if have.kind != "file":
        return ""
    if file.secret or (file.content is not None and have.text is None):
        return HIDDEN
    return have.text if have.text is not None and file.content is not None else f"sha256 {have.sha256}\n"


def wanted_text(file: File, have: PathState) -> str:
    """The wanted text, for a diff."""
    if file.secret:
        return HIDDEN if have.sha256 == file.digest else "(new content hidden)\n"
    return file.content if file.content is not None else f"sha256 {file.digest}\n"


def block_step(block: Block, have: PathState) -> Iterator[Step]:
    """A managed block in a file; the file's mode and owner stay."""
    text = have.text or ""
    after = with_block(text, block.name, block.content)
    if after != text:
        mode = have.mode if have.kind == "file" else 0o644
        owner, group = (have.owner, have.group) if have.kind == "file" else ("root", "root")
        yield Step("file", block.path, File(block.path, after, mode=mode, owner=owner, group=group), text, after)


def link_step(link: Link, have: PathState) -> Iterator[Step]:
    """A symbolic link."""
    if (have.kind, have.target) != ("link", link.target):
        before = f"-> {have.target}\n" if have.kind == "link" else mark(have)
        yield Step("link", link.path, link, before, f"-> {link.target}\n")


def archive_steps(wanted: Iterable[Archive], actual: Actual) -> Iterator[Step]:
    """Unpack archives that aren't there, are another version or were changed since."""
    for item in wanted:
        have = actual.archives.get(item.name, "")
        if have != item.sha256:
            before = f"sha256 {have}\n" if have else ""
            yield Step("archive", item.directory.rstrip("/") + "/", item, before, f"sha256 {item.sha256}\n")


def removal_steps(state: HostState, actual: Actual) -> Iterator[Step]:
    """Remove what must be absent and what a purge found."""
    for path in (*state.absent, *actual.strays):
        have = actual.paths.get(path, PathState())
        if path in actual.strays or have.kind != "absent":
            yield Step("remove", path, path, mark(have) + (have.text or "") or "present\n", "")


def package_steps(wanted: tuple[str, ...], actual: Actual) -> Iterator[Step]:
    """One installation for all packages that are missing."""
    missing = tuple(name for name in wanted if name not in actual.packages)
    if missing:
        yield Step("install", ", ".join(missing), missing, "", "".join(f"{name} installed\n" for name in missing))


def kernel_steps(state: HostState, actual: Actual) -> Iterator[Step]:
    """Load modules, then set sysctls (some appear with a module only)."""
    missing = tuple(name for name in state.modules if name not in actual.modules)
    if missing:
        yield Step("modprobe", ", ".join(missing), missing, "", "".join(f"{name}\n" for name in missing))
    for key, value in sorted(state.sysctls.items()):
        have = actual.sysctls.get(key)
        if have != " ".join(value.split()):
            yield Step("sysctl", key, (key, value), f"{have}\n" if have is not None else "", f"{value}\n")


def swap_steps(state: HostState, actual: Actual) -> Iterator[Step]:
    """Switch swap off, now and for the next boot."""
    if state.swap_off and (actual.swaps or actual.fstab_swaps):
        yield Step("swapoff", "swap", None, "".join(f"{name}\n" for name in actual.swaps) or "in /etc/fstab\n", "")


def reload_steps(units: tuple[Unit, ...], actual: Actual, touched: set[str]) -> Iterator[Step]:
    """Make systemd read unit files again."""
    stale = [unit.name for unit in units if actual.units.get(unit.name, UnitState()).stale]
    if stale or any(path.startswith(UNIT_DIRECTORIES) for path in touched):
        yield Step("daemon_reload", "systemd", None, "", "unit files read again\n")


def hook_steps(hooks: tuple[Hook, ...], actual: Actual, touched: set[str]) -> Iterator[Step]:
    """Hooks whose files change, and hooks whose live result was changed by hand."""
    for hook in hooks:
        if hook.name in actual.drifted or hit(hook.on, touched):
            before = "its live result differs from that of its last run\n" if hook.name in actual.drifted else ""
            yield Step("hook", hook.name, hook, before, " ".join(hook.argv) + "\n")


def unit_steps(units: tuple[Unit, ...], actual: Actual, touched: set[str]) -> Iterator[Step]:
    """Enablement first, then what runs; in the order of the state."""
    for unit in units:
        have = actual.units.get(unit.name, UnitState())
        masked = have.file.startswith("masked") or have.load == "masked"
        if unit.masked != masked:
            verb = "mask" if unit.masked else "unmask"
            yield Step("systemctl", f"{verb} {unit.name}", (verb, unit.name), f"{have.file}\n", f"{verb}ed\n")
        if unit.enabled is not None and not unit.masked and unit.enabled != (have.file in ENABLED):
            verb = "enable" if unit.enabled else "disable"
            yield Step("systemctl", f"{verb} {unit.name}", (verb, unit.name), f"{have.file}\n", f"{verb}d\n")
        yield from run_step(unit, have, touched)


def run_step(unit: Unit, have: UnitState, touched: set[str]) -> Iterator[Step]:
    """Start, stop, restart or reload one unit."""
    running = have.active in ("active", "reloading")
    verb = ""
    if unit.active is False and have.active not in ("inactive", "failed"):
        verb = "stop"
    elif unit.active and (hit(unit.restart_on, touched) or have.stale):
        verb = "restart"
    elif unit.active and not running:
        verb = "start"
    elif unit.active is None and running and hit(unit.restart_on, touched):
        verb = "restart"
    elif unit.active is not False and running and hit(unit.reload_on, touched):
        verb = "reload"
    if verb:
        yield Step("systemctl", f"{verb} {unit.name}", (verb, unit.name), f"{have.active}\n", f"{verb}\n")
