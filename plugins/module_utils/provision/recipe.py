# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipe of an operating system image, and the key under which its build is cached.

A recipe names packages, kernel and kernel arguments. Two recipes with the same `key()` give equivalent images;
packages come from the mirror as it is on the day of the build, so the manifest records their versions.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import CloudError

#: Increase this number when the builder changes the contents of images.
BUILDER = 4

SUITES = {"debian-13": "trixie"}
MIRROR = "http://deb.debian.org/debian"

#: All packages that later layers need, so that a machine can join a cluster without apt.
PACKAGES = (
    "systemd",
    "systemd-sysv",
    "systemd-resolved",
    "udev",
    "dbus",
    "openssh-server",
    "python3",
    "iproute2",
    "iputils-ping",
    "iputils-arping",
    "ethtool",
    "ca-certificates",
    "kmod",
    "procps",
    "chrony",
    "nftables",
    "iptables",
    "conntrack",
    "socat",
    "ipset",
    "keepalived",
    "haproxy",
    "crun",
    "util-linux",
    "e2fsprogs",
    "fdisk",
    "curl",
    "zstd",
    "initramfs-tools",
    "busybox",
)
#: Microcode of processors, and what network cards and controllers of servers load when they start, from Debian's
#: component non-free-firmware. Larger packages for few cards (firmware-netronome has 140 MB, firmware-cavium,
#: firmware-myricom) are left to `packages` of the image.
FIRMWARE = (
    "amd64-microcode",
    "intel-microcode",
    "firmware-bnx2",  # Broadcom NetXtreme II
    "firmware-bnx2x",  # Broadcom and QLogic 10 Gbit/s
    "firmware-intel-misc",  # Intel E800 (ice), Omni-Path, QuickAssist
    "firmware-misc-nonfree",  # Broadcom Tigon (tg3), Chelsio
    "firmware-netxen",  # QLogic 3000 and 8200 (netxen_nic, qlcnic)
    "firmware-qlogic",  # QLogic Fibre Channel (qla2xxx), FastLinQ (qede), Brocade (bfa, bna)
    "firmware-realtek",  # Realtek (r8169)
)
_COMPONENT = re.compile(r"firmware-.+|.+-microcode")
#: What a root on two mirrored disks needs; it is added to images of models with one.
MIRROR_PACKAGE = "mdadm"
#: Dependencies of other packages that are replaced by packages above or by files of later layers.
WITHOUT = ("systemd-timesyncd", "ifupdown", "dhcpcd-base", "cloud-init")

#: Debian's kernel ignores selinux=0, and without AppArmor SELinux would take its place: only `lsm=` leaves both out.
#: Shortens the boot of a machine without hardware virtualisation by about a tenth.
_EMULATED = (
    "mitigations=off nokaslr tsc=reliable no_timer_check nowatchdog lsm=landlock,lockdown,yama audit=0 "
    "random.trust_cpu=on rcupdate.rcu_expedited=1"
)


#: Timer slack of user space (systemd-system.conf(5), TimerSlackNSec). Under emulation a wake-up
#: takes a third of a millisecond, and the runtime of an idle Go daemon sleeps dozens of times a second for 20 µs: with
#: the kernel's 50 µs an idle control plane takes 30 % of its two CPUs, with 10 ms 20 %.
_EMULATED_SLACK = "10ms"


@dataclass(frozen=True)
class Profile:
    """kernel: package; cmdline: kernel arguments; modules: `most`, or the list the initial ramdisk is limited to;
    timer_slack: timer slack of user space; empty for the kernel's default; firmware: whether its images have firmware
    and microcode unless their specification says otherwise; compiled: whether its machines keep what Python compiles of
    Ansible's modules (compiled.py)."""

    kernel: str
    cmdline: str
    modules: tuple[str, ...] = ()
    timer_slack: str = ""
    firmware: bool = False
    compiled: bool = False


_VIRTIO = ("virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net", "virtio_rng", "sd_mod", "ahci", "ext4")
PROFILES = {
    "metal": Profile("linux-image-amd64", "console=tty0 quiet", firmware=True),
    "virtual": Profile("linux-image-cloud-amd64", "console=tty0 console=ttyS0,115200 quiet", _VIRTIO),
    "emulated": Profile(
        "linux-image-cloud-amd64",
        f"console=tty0 console=ttyS0,115200 quiet {_EMULATED}",
        _VIRTIO,
        _EMULATED_SLACK,
        compiled=True,
    ),
}


@dataclass(frozen=True)
class Recipe:
    """One image. `name` is the `os:` of the model; `suite` the Debian release; sizes in MiB."""

    name: str
    suite: str
    profile: str
    kernel: str
    cmdline: str
    modules: tuple[str, ...]
    packages: tuple[str, ...]
    without: tuple[str, ...]
    mirror: str
    timer_slack: str = ""
    compiled: bool = False
    spare_mib: int = 48
    builder: int = BUILDER

    @property
    def components(self) -> tuple[str, ...]:
        """Components of Debian that have the packages."""
        more = any(_COMPONENT.fullmatch(name) for name in self.packages)
        return ("main", "non-free-firmware") if more else ("main",)

    def key(self) -> str:
        """First 16 hex digits of the sha256 of all fields."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_KEYS = ("cmdline", "mirror", "non_free_firmware", "packages", "profile")


class RecipeError(CloudError, ValueError):
    """An image specification is invalid; the message says what to write instead."""


def recipe(name: str, spec: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe for `name` with spec `{source: build, profile, packages: [more], non_free_firmware, cmdline, mirror}`,
    all optional.

    Raises RecipeError for a name without a known Debian suite, an unknown profile or unknown keys.
    """
    spec = dict(spec or {})
    unknown = set(spec) - {"source", *_KEYS}
    if unknown:
        raise RecipeError(f"images.{name}: unknown keys {sorted(unknown)}; known: {', '.join(_KEYS)}")
    if name not in SUITES:
        raise RecipeError(f"images.{name}: can only build {sorted(SUITES)}; give url and sha256 of a raw image instead")
    kind = str(spec.get("profile") or "metal")
    if kind not in PROFILES:
        raise RecipeError(f"images.{name}.profile: {kind!r} is none of {sorted(PROFILES)}")
    chosen = PROFILES[kind]
    wanted = spec.get("non_free_firmware")
    if wanted not in (None, True, False):
        raise RecipeError(f"images.{name}.non_free_firmware: {wanted!r} is none of true and false")
    firmware = FIRMWARE if (chosen.firmware if wanted is None else wanted) else ()
    more = tuple(sorted({*map(str, spec.get("packages") or ()), *firmware} - set(PACKAGES)))
    return Recipe(
        name,
        SUITES[name],
        kind,
        chosen.kernel,
        str(spec.get("cmdline") or chosen.cmdline),
        chosen.modules,
        PACKAGES + more,
        WITHOUT,
        str(spec.get("mirror") or MIRROR),
        chosen.timer_slack,
        chosen.compiled,
    )
