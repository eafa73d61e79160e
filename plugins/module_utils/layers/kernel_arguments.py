# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Further arguments of the kernel, in the boot configuration that a machine has.

Images of this collection have a grub.cfg of their own, which reads a file beside it; Debian's is written by update-grub
from /etc/default. What is in force is /proc/cmdline, and changes with the next boot only, which nobody here causes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..host.state import File, Hook, HostError, HostState
from ..host.system import System

GRUB = "/boot/grub/grub.cfg"
#: read by grub.cfg of our images (provision/rootfs.py); a deployment writes it as well (provision/agent/seed.py)
OWN = "/boot/grub/groundup.cfg"
DEBIAN = "/etc/default/grub"
#: the last of its directory, since each file may replace the arguments of those before it
DROP_IN = "/etc/default/grub.d/90-groundup.cfg"
#: no space, quote, backslash or dollar: the text stands in quotes in GRUB's language and in a shell's
ARGUMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,:;=/@%+-]*\Z")
#: arguments that the image and the initial ramdisk need as they are
OWNED = ("root", "ro", "rw", "init", "initrd", "BOOT_IMAGE", "rootfstype", "rootflags")
HEAD = "# Written by groundup.cloud.host_base; changes made here are undone by the next run.\n"


def fault(argument: str) -> tuple[str, str]:
    """What is wrong with an argument, and the remedy; empty where nothing is."""
    if not ARGUMENT.match(argument):
        return "isn't a kernel argument", "give one, such as hugepagesz=1G, without spaces and quotes"
    if argument.partition("=")[0] in OWNED:
        return "can't be set", "remove it: the machine boots from its root file system by this argument"
    return "", ""


def grub(arguments: Sequence[str]) -> str:
    """The file beside our grub.cfg."""
    return f'{HEAD}set groundup_arguments="{" ".join(arguments)}"\n'


def debian(arguments: Sequence[str]) -> str:
    """The file that update-grub reads."""
    return f'{HEAD}GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT {" ".join(arguments)}"\n'


def check(arguments: Sequence[str]) -> None:
    """Refuse what is no argument, or is ours.

    :raises HostError: naming it.
    """
    for argument in arguments:
        message, remedy = fault(str(argument))
        if message:
            raise HostError(f"host_base.kernel_arguments: {argument!r} {message}; {remedy}")


def with_boot(state: HostState, system: System) -> HostState:
    """The state with its kernel arguments in the boot configuration that this machine has.

    A root without /proc/cmdline runs no kernel yet: its deployment writes the arguments.

    :raises HostError: arguments are wanted, and the machine boots by something else.
    """
    arguments = state.kernel_arguments
    if not system.path("/proc/cmdline").exists():
        return state
    path = system.path(GRUB)
    if path.is_file() and OWN in path.read_text(errors="replace"):
        return _with(state, File(OWN, grub(arguments)))
    if system.path(DEBIAN).exists():
        state = _with(state, File(DROP_IN, debian(arguments)))
        return replace(state, hooks=(*state.hooks, Hook("update-grub", ("update-grub",), (DROP_IN,))))
    if arguments:
        raise HostError(
            f"host_base.kernel_arguments: this machine has neither {DEBIAN} nor a {GRUB} that reads {OWN}; deploy it "
            "again where its image is of an earlier release, or set the arguments by hand and remove them here"
        )
    return state


def _with(state: HostState, file: File) -> HostState:
    state = replace(state, reboot_on=(file.path,))
    if state.kernel_arguments:
        return replace(state, files=(*state.files, file))
    return replace(state, absent=(*state.absent, file.path))
