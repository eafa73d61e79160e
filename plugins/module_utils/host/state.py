# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired and the actual state of a host in one layer, as values that the renderers in ``layers/`` return."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import CloudError


class HostError(CloudError):
    """A host that cannot be read or brought to its state; the text says what, where and the remedy."""


class RefusedError(HostError):
    """What is wanted must not, or cannot, be done on this host as it is. Raised before anything is changed."""


@dataclass(frozen=True)
class File:
    """A whole file: either ``content`` (text) or ``url`` with ``sha256`` (hex of the bytes behind it).

    ``secret`` keeps the content out of diffs and of every result. ``mode`` is an octal integer (0o644).
    """

    path: str
    content: str | None = None
    url: str | None = None
    sha256: str | None = None
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    secret: bool = False

    @property
    def digest(self) -> str:
        """Hex sha256 that the file must have."""
        if self.content is not None:
            return hashlib.sha256(self.content.encode()).hexdigest()
        if not self.url or not self.sha256:
            raise HostError(f"{self.path}: a file needs content, or url together with sha256")
        return self.sha256


@dataclass(frozen=True)
class Block:
    """Managed lines inside a file that also has other lines, between ``# BEGIN groundup <name>`` and END.

    Without ``content`` they are removed.
    """

    path: str
    name: str
    content: str


@dataclass(frozen=True)
class Archive:
    """A tar (any compression Python reads) unpacked into ``directory``; ``strip`` leading path parts are dropped."""

    name: str
    url: str
    sha256: str
    directory: str
    strip: int = 0

    @property
    def manifest(self) -> str:
        """Path of the record of what was unpacked: {sha256, members: {path: [size, mtime_ns, ctime_ns]}}."""
        return f"/var/lib/groundup/archives/{self.name}.json"


@dataclass(frozen=True)
class Directory:
    """A directory that must exist; parents are made with mode 0755."""

    path: str
    mode: int = 0o755
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True)
class Access:
    """Who may use a path whose content others write: its owner and group, and the bits that its mode may have at most.

    An absent path, and a symbolic link, is left as it is.
    """

    path: str
    most: int = 0o600
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True)
class Link:
    """A symbolic link and the text it holds."""

    path: str
    target: str


@dataclass(frozen=True)
class Purge:
    """Entries of ``directory`` that match the glob ``pattern`` and that no File or Link names are removed.

    :ivar marker: only files that begin with this text are removed; those of others stay.
    """

    directory: str
    pattern: str
    marker: str = ""


@dataclass(frozen=True)
class Unit:
    """A systemd unit. None means "leave as it is".

    ``restart_on`` and ``reload_on`` list paths of this state (a path that ends in / stands for all below it) whose
    change makes a running unit restart or reload.
    """

    name: str
    enabled: bool | None = True
    active: bool | None = True
    masked: bool = False
    restart_on: tuple[str, ...] = ()
    reload_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hook:
    """A command that makes changed files take effect (``update-ca-certificates``); run when one of ``on`` changed.

    With ``query``, a command that shows the live result (``nft list table …``), its output is recorded after each run
    of the hook; when the output differs later on, the state was changed by hand and the hook runs again.
    """

    name: str
    argv: tuple[str, ...]
    on: tuple[str, ...]
    query: tuple[str, ...] = ()

    @property
    def record(self) -> str:
        """File with the digest of the query's output after the hook's last run."""
        return f"/var/lib/groundup/live/{self.name}.sha256"


@dataclass(frozen=True)
class Clock:
    """The clock may be off by ``limit`` seconds against the first of ``servers`` that answers SNTP."""

    servers: tuple[str, ...]
    limit: float = 5.0


@dataclass(frozen=True)
class HostState:
    """The desired state of one layer. ``layer`` names it and its persisted sysctl and module lists."""

    layer: str
    files: tuple[File, ...] = ()
    blocks: tuple[Block, ...] = ()
    archives: tuple[Archive, ...] = ()
    directories: tuple[Directory, ...] = ()
    access: tuple[Access, ...] = ()
    links: tuple[Link, ...] = ()
    absent: tuple[str, ...] = ()
    purge: tuple[Purge, ...] = ()
    packages: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    hooks: tuple[Hook, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    swap_off: bool = False
    clock: Clock | None = None
    #: those that the running kernel was not started with are warned about
    kernel_arguments: tuple[str, ...] = ()
    #: paths whose change takes effect after a reboot, which nothing here causes
    reboot_on: tuple[str, ...] = ()
    #: what its renderer found on the host that does not stop a run
    warnings: tuple[str, ...] = ()

    @property
    def pending_path(self) -> str:
        """Marker of an unfinished apply: a JSON list of the paths whose change has not taken effect yet."""
        return f"/var/lib/groundup/pending/{self.layer}.json"

    def all_files(self) -> tuple[File, ...]:
        """Files, with those that make ``sysctls`` and ``modules`` survive a reboot."""
        extra = []
        if self.sysctls:
            lines = "".join(f"{key} = {value}\n" for key, value in sorted(self.sysctls.items()))
            extra.append(File(f"/etc/sysctl.d/90-groundup-{self.layer}.conf", lines))
        if self.modules:
            extra.append(
                File(f"/etc/modules-load.d/groundup-{self.layer}.conf", "".join(f"{m}\n" for m in self.modules))
            )
        return self.files + tuple(extra)


@dataclass(frozen=True)
class PathState:
    """The actual state of a path: ``kind`` is absent, file, directory, link or other; ``text`` of small text files."""

    kind: str = "absent"
    mode: int = 0
    owner: str = ""
    group: str = ""
    sha256: str = ""
    text: str | None = None
    target: str = ""


@dataclass(frozen=True)
class UnitState:
    """Values of ``systemctl show``: LoadState, ActiveState, UnitFileState, NeedDaemonReload."""

    load: str = "not-found"
    active: str = "inactive"
    file: str = ""
    stale: bool = False


@dataclass(frozen=True)
class Actual:
    """The actual state of what a HostState names.

    ``pending``: paths whose change did not take effect before a run was interrupted.
    ``kernel_arguments``: those that the running kernel was started with.
    ``drifted``: names of hooks whose live result is not the recorded one. ``archives``: digest unpacked, by name.
    ``clock_offset``: seconds to add, None when unknown.
    """

    paths: Mapping[str, PathState] = field(default_factory=dict)
    strays: tuple[str, ...] = ()
    archives: Mapping[str, str] = field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    units: Mapping[str, UnitState] = field(default_factory=dict)
    sysctls: Mapping[str, str | None] = field(default_factory=dict)
    modules: frozenset[str] = frozenset()
    swaps: tuple[str, ...] = ()
    fstab_swaps: bool = False
    clock_offset: float | None = None
    drifted: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    kernel_arguments: frozenset[str] = frozenset()
