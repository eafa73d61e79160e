# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all errors whose text tells a user what is wrong, where, and the remedy."""

from __future__ import annotations

import os
from typing import Any

#: Program -> the Debian package that has it, where the names differ.
PACKAGES = {
    "blkid": "util-linux",
    "chronyc": "chrony",
    "dpkg-deb": "dpkg",
    "go": "golang-go",
    "gpg-agent": "gpg-agent",
    "gpgconf": "gpgconf",
    "ip": "iproute2",
    "modprobe": "kmod",
    "nft": "nftables",
    "nice": "coreutils",
    "ovs-appctl": "openvswitch-switch",
    "ovs-vsctl": "openvswitch-switch",
    "ovsdb-client": "openvswitch-switch",
    "ping": "iputils-ping",
    "setpriv": "util-linux",
    "ssh": "openssh-client",
    "swapoff": "mount",
    "sysctl": "procps",
    "systemctl": "systemd",
    "systemd-run": "systemd",
}


def missing_program(name: str) -> str:
    """What to say where a program is not installed: its name and its package."""
    program = name.rpartition("/")[2]
    return f"the program {program} is missing; install the package {PACKAGES.get(program, program)}"


def said(error: BaseException) -> str:
    """The text of an error of Python or the operating system for a reader; of an unforeseen one also its class."""
    if isinstance(error, FileNotFoundError) and error.filename:
        name = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else str(error.filename)
        return f"there is no file {name}" if "/" in name else missing_program(name)
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, LookupError) and error.args:
        return f"an answer lacks {error.args[0]}"
    return str(error) if isinstance(error, (CloudError, OSError)) else f"{type(error).__name__}: {error}"


def search_path() -> str:
    """Where programs are searched: the PATH of a login may lack the directories of administrators' programs."""
    return f"{os.environ.get('PATH', '/usr/bin:/bin')}:/usr/local/sbin:/usr/sbin:/sbin"


class CloudError(Exception):
    """An error for users. A module fails with its text and without a traceback.

    :ivar details: further results of the module that fails with it.
    """

    details: dict[str, Any] = {}
