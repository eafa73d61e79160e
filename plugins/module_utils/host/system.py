# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access to the host: paths below a root, commands, and atomic writes."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import missing_program, search_path
from .state import HostError


@dataclass
class System:
    """A host. ``root`` is "/" except in tests, which use a scratch directory."""

    root: str = "/"

    def path(self, name: str) -> Path:
        """The absolute path ``name`` below the root."""
        return Path(self.root, name.lstrip("/"))

    def run(self, argv: Sequence[str], *, check: bool = True, timeout: float = 900, stdin: str | None = None) -> str:
        """Standard output of a command; HostError with its standard error when it fails or hangs.

        With ``check`` off the exit status is ignored: for queries whose output alone is the answer.
        """
        # on an overloaded machine, systemd's bus may take longer than the default of 25 seconds
        settings = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "SYSTEMD_BUS_TIMEOUT": "300s"}
        try:
            done = subprocess.run(
                list(argv),
                # never inherited: a module's standard input is the pipe through which Ansible sends it
                **({"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}),
                capture_output=True,
                text=True,
                timeout=timeout,
                env={**os.environ, **settings, "PATH": search_path()},
                check=False,
            )
        except FileNotFoundError as error:
            raise HostError(f"{missing_program(argv[0])} on this host") from error
        except subprocess.TimeoutExpired as error:
            raise HostError(f"{' '.join(argv)}: did not end within {timeout:.0f} s") from error
        if check and done.returncode:
            output = (done.stderr.strip() or done.stdout.strip())[-2000:]
            raise HostError(f"{' '.join(argv)}: exit status {done.returncode}: {output}")
        return done.stdout

    def finds(self, program: str) -> bool:
        """Whether :meth:`run` finds a program."""
        return shutil.which(program, path=search_path()) is not None

    def ids(self, owner: str, group: str) -> tuple[int, int]:
        """Numeric user and group; tests that don't run as root keep their own."""
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        try:
            return pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid
        except KeyError as error:
            raise HostError(f"{owner}:{group}: no such user or group; is its package missing?") from error

    def write(self, name: str, content: bytes, *, mode: int = 0o644, owner: str = "root", group: str = "root") -> None:
        """Write a whole file by rename, so that no reader and no power cut finds an incomplete file."""
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            self.install(Path(scratch), name, mode=mode, owner=owner, group=group)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise

    def install(self, scratch: Path, name: str, *, mode: int, owner: str, group: str) -> None:
        """Move a finished file of the same file system to its place, with its mode and owner already set."""
        os.chown(scratch, *self.ids(owner, group))
        os.chmod(scratch, mode)
        target = self.path(name)
        if target.is_dir() and not target.is_symlink():
            raise HostError(f"{name}: is a directory where a file is wanted; move it away")
        os.replace(scratch, target)


def user_name(uid: int) -> str:
    """Name of a user id, or its digits when there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    """Name of a group id, or its digits when there is none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
