# SPDX-License-Identifier: GPL-3.0-or-later
"""The root tree of an image: one mmdebstrap call, with hooks that configure Debian for the machines.

mmdebstrap itself sets up what its hooks need (proc, a policy against starting services), as root or in a user
namespace, so the build also works inside a container.
"""

from __future__ import annotations

import os
import shlex

from . import compiled
from .ramdisk import deploy_script
from .recipe import MIRROR_PACKAGE, Recipe
from .sources import of

_EXCLUDE = (
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/usr/share/info/*",
    "/usr/share/lintian/*",
    "/usr/share/bash-completion/*",
    "/usr/share/vim/*",
    "/usr/lib/python3/dist-packages/debpython/*",
)

_ENABLE = "systemd-networkd systemd-resolved ssh chrony"
_DISABLE = (
    "haproxy keepalived nftables systemd-networkd-wait-online apt-daily.timer apt-daily-upgrade.timer "
    "e2scrub_all.timer e2scrub_reap dpkg-db-backup.timer"
)
#: These units take ten seconds of a first boot under emulation, and their results are already in the image.
_MASK = "systemd-hwdb-update ldconfig systemd-journal-catalog-update systemd-firstboot"

_GRUB = """set timeout=0
set gfxpayload=keep
search --no-floppy --label root --set root
if [ -f /boot/grub/groundup.cfg ]; then source /boot/grub/groundup.cfg; fi
linux /vmlinuz root=LABEL=root ro {cmdline} $groundup_arguments
initrd /initrd.img
boot
"""

_SSHD = """PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
HostKey /etc/ssh/ssh_host_ed25519_key
UseDNS no
"""

_INITRAMFS = """COMPRESS=zstd
COMPRESSLEVEL=3
FSTYPE=ext4
"""


#: Without these, the initial ramdisk has microcode for the processors of the build host only.
_MICROCODE = {
    "amd64-microcode": "AMD64UCODE_INITRAMFS=early\n",
    "intel-microcode": "IUCODE_TOOL_INITRAMFS=early\nIUCODE_TOOL_SCANCPUS=no\n",
}
#: Where a Python of Debian finds modules, and the cache that root alone writes.
_PYTHON, _COMPILED = "usr/lib/python3/dist-packages", "/var/cache/groundup/python"
#: Makes dpkg leave configuration files as they are that exist before their packages; removed at the end of the build.
_KEEP = "etc/dpkg/dpkg.cfg.d/groundup-build"


def early_script(recipe: Recipe) -> str:
    """The script that runs before the kernel is installed, so that the initial ramdisk is generated only once."""
    conf = _INITRAMFS + ("MODULES=list\n" if recipe.modules else "MODULES=most\n")
    hook = "\n".join(
        (
            "#!/bin/sh",
            '[ "$1" = prereqs ] && exit 0',
            ". /usr/share/initramfs-tools/hook-functions",
            *(f"manual_add_modules {name}" for name in (*recipe.modules, *_mirror(recipe))),
            'rm -f "$DESTDIR/usr/lib/udev/hwdb.bin"',
            "",
        )
    )
    return "\n".join(
        (
            "set -eu",
            'R="$1"',
            'mkdir -p "$R/etc/initramfs-tools/conf.d" "$R/etc/initramfs-tools/hooks" "$R/boot/grub"',
            _write("etc/initramfs-tools/conf.d/groundup", conf),
            _write("etc/initramfs-tools/hooks/groundup", hook, "755"),
            _write("etc/kernel-img.conf", "do_symlinks = yes\nimage_dest = /\n"),
            *_microcode(recipe),
            "",
        )
    )


def _mirror(recipe: Recipe) -> tuple[str, ...]:
    """Modules that a root on a mirror needs in an initial ramdisk with MODULES=list."""
    return ("raid1",) if recipe.modules and MIRROR_PACKAGE in recipe.packages else ()


def _microcode(recipe: Recipe) -> list[str]:
    """Shell lines that configure packages of microcode before they are installed."""
    lines = [_write(f"etc/default/{name}", text) for name, text in _MICROCODE.items() if name in recipe.packages]
    return [*lines, _write(_KEEP, "force-confold\n")] if lines else []


def late_script(recipe: Recipe, out: str) -> str:
    """The last script: it configures the tree, then copies ramdisk, kernel and package list to directory `out`."""
    return "\n".join(
        (
            "set -eu",
            'R="$1"',
            f"OUT={shlex.quote(out)}",
            'K=$(ls "$R/lib/modules")',
            _write("boot/grub/grub.cfg", _GRUB.format(cmdline=recipe.cmdline)),
            _write("etc/ssh/sshd_config.d/groundup.conf", _SSHD),
            _write("etc/fstab", "LABEL=root / ext4 rw,noatime 0 1\n"),
            _write("etc/apt/sources.list", f"deb {recipe.mirror} {recipe.suite} {' '.join(recipe.components)}\n"),
            f'rm -f "$R/{_KEEP}" "$R"/etc/default/*-microcode.dpkg-dist',
            _write("etc/hostname", "unprovisioned\n"),
            *(
                [_write("etc/systemd/system.conf.d/groundup.conf", f"[Manager]\nTimerSlackNSec={recipe.timer_slack}\n")]
                if recipe.timer_slack
                else []
            ),
            *(_keep_compiled() if recipe.compiled else []),
            'rm -f "$R"/etc/ssh/ssh_host_* "$R/etc/machine-id" "$R/var/lib/dbus/machine-id"',
            ': > "$R/etc/machine-id"',
            'ln -sf ../run/systemd/resolve/stub-resolv.conf "$R/etc/resolv.conf"',
            f'chroot "$R" systemctl -q enable {_ENABLE}',
            f'for u in {_DISABLE}; do chroot "$R" systemctl -q disable "$u" || echo "not here: $u"; done',
            f'for u in {_MASK}; do ln -sf /dev/null "$R/etc/systemd/system/$u.service"; done',
            # This generator searches for a vsock device on every boot and reload, and prints errors on the console.
            'mkdir -p "$R/etc/systemd/system-generators"',
            'ln -sf /dev/null "$R/etc/systemd/system-generators/systemd-ssh-generator"',
            deploy_script(recipe),
            'cp "$R/boot/vmlinuz-$K" "$OUT/vmlinuz"',
            'echo "$K" > "$OUT/kernel"',
            'chroot "$R" dpkg-query -W -f \'${Package} ${Version}\\n\' > "$OUT/packages"',
            'rm -rf "$R"/var/cache/apt/* "$R"/var/lib/apt/lists/* "$R"/var/log/*.log "$R"/var/log/apt "$R"/tmp/*',
            'rm -rf "$R"/usr/share/doc "$R"/usr/share/man "$R"/usr/lib/udev/hwdb.bin "$R"/var/cache/debconf/*-old',
            'mkdir -p "$R/etc/groundup"',
            'touch -r "$R/usr" "$R/etc/.updated" "$R/var/.updated"',
            "",
        )
    )


def _keep_compiled() -> list[str]:
    """Shell lines that let Python begin with compiled.py."""
    begin = f"import groundup_compiled; groundup_compiled.install({_COMPILED!r})\n"
    return [
        _write(f"{_PYTHON}/groundup_compiled.py", of(compiled)),
        _write(f"{_PYTHON}/groundup_compiled.pth", begin),
        f'mkdir -p "$R{_COMPILED}"\nchmod 700 "$R{_COMPILED}"',
    ]


def command(recipe: Recipe, work: str) -> list[str]:
    """The mmdebstrap call; needs `work`/early.sh and late.sh, leaves the tree in `work`/root."""
    include = ",".join((recipe.kernel, *recipe.packages, *(f"{name}-" for name in recipe.without)))
    excludes = [f"--dpkgopt=path-exclude={pattern}" for pattern in _EXCLUDE]
    return [
        "mmdebstrap",
        "--variant=minbase",
        f"--components={','.join(recipe.components)}",
        f"--include={include}",
        *excludes,
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=Acquire::Retries "3"',
        '--aptopt=APT::Install-Recommends "false"',
        f'--essential-hook=sh {shlex.quote(os.path.join(work, "early.sh"))} "$1"',
        f'--customize-hook=sh {shlex.quote(os.path.join(work, "late.sh"))} "$1"',
        "--format=directory",
        recipe.suite,
        os.path.join(work, "root"),
        recipe.mirror,
    ]


def _write(path: str, content: str, mode: str = "644") -> str:
    """Shell lines that write a file with any content below $R."""
    target = f'"$R/{path}"'
    return f'mkdir -p "$(dirname {target})"\nprintf %s {shlex.quote(content)} > {target}\nchmod {mode} {target}'
