# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the accelerator that QEMU can use on this host by booting a guest.

/dev/kvm may exist and still not work (nested virtualization is disabled or broken), so its presence is not
sufficient. The guest is a boot sector that writes a byte to QEMU's debug exit device: some hundred instructions of
real mode, at which a boot with broken virtualization fails first.
"""

from __future__ import annotations

import os
import subprocess
import tempfile

from .shell import LabError

CHOICES = ("auto", "kvm", "tcg")
_SECONDS = 5.0
_PORT, _VALUE = 0xF4, 0x31
_EXIT_STATUS = _VALUE << 1 | 1
"""QEMU's exit status: isa-debug-exit makes QEMU exit with twice the written value plus one."""


def boot_sector() -> bytes:
    """512 bytes that a BIOS boots: `mov al, 0x31; out 0xf4, al; hlt; jmp` back to the halt."""
    code = bytes([0xB0, _VALUE, 0xE6, _PORT, 0xF4, 0xEB, 0xFD])
    return code.ljust(510, b"\0") + b"\x55\xaa"


def boots_with(accelerator: str, qemu: str = "qemu-system-x86_64") -> bool:
    """Whether a guest boots with an accelerator, within five seconds."""
    with tempfile.NamedTemporaryFile(prefix="groundup-probe-") as disk:
        disk.write(boot_sector())
        disk.flush()
        command = [
            qemu, "-accel", accelerator, "-m", "16", "-nodefaults", "-no-user-config", "-display", "none",
            "-machine", "pc", "-net", "none", "-boot", "order=c",
            "-drive", f"file={disk.name},format=raw,if=ide,readonly=off,snapshot=on",
            "-device", f"isa-debug-exit,iobase={_PORT:#x},iosize=1",
        ]  # fmt: skip
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
        except FileNotFoundError as error:
            raise LabError(f"{qemu} is not installed; the role virtual_rack installs it") from error
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == _EXIT_STATUS


def processor_virtualizes() -> bool:
    """Whether the processor supports virtualization (flag vmx or svm); without it KVM is not tried."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        flags = next((line for line in file if line.startswith("flags")), "")
    return bool({"vmx", "svm"} & set(flags.split()))


def of_lab(directory: str, wanted: str) -> str:
    """The accelerator of a lab, determined once: it must not change while machines of the rack exist.

    :param directory: the lab's directory, which remembers it.
    """
    path = f"{directory}/accelerator"
    if wanted == "auto" and os.path.exists(path):
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    chosen = choose(wanted)
    with open(path, "w", encoding="ascii") as file:
        file.write(chosen)
    return chosen


def choose(wanted: str) -> str:
    """Return `kvm` or `tcg`. For `auto`, a guest is booted with KVM if the processor and the kernel support it.

    :raises LabError: if `wanted` is unknown, or is `kvm` and no guest boots with it.
    """
    if wanted not in CHOICES:
        raise LabError(f"accelerator {wanted!r} is unknown; choose one of {', '.join(CHOICES)}")
    if wanted == "tcg":
        return "tcg"
    works = processor_virtualizes() and os.path.exists("/dev/kvm") and boots_with("kvm")
    if wanted == "kvm" and not works:
        raise LabError("accelerator kvm: no guest boots with it here; choose auto or tcg")
    return "kvm" if works else "tcg"
