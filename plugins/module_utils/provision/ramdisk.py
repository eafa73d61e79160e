# SPDX-License-Identifier: GPL-3.0-or-later
"""The deploy ramdisk: an archive made by initramfs-tools, and a second archive with the agent.

The first part (kernel modules, busybox, Python, disk tools) is made once per image build; the agent is a small cpio
archive that is appended, so that a change of the agent needs no new build of the image.
"""

from __future__ import annotations

import shlex
from types import ModuleType

from .. import disks, errors, provision
from ..disks import bluestore, contents, devices, erase, find, gpt, ids, users, vpd
from ..disks import errors as disk_errors
from ..disks import system as disk_system
from . import agent
from .agent import account, api, main, mirror, probe, refusal, root, seed, system, write
from .agent import disks as choice
from .recipe import Recipe
from .sources import of

#: The agent and what it imports of this library, in the ramdisk below the same names from `module_utils` on. They are
#: imported above, so AnsiballZ ships them.
AGENT = (
    *(errors, disks, bluestore, contents, devices, erase, disk_errors, find, gpt, ids, disk_system, users, vpd),
    *(provision, agent, account, api, choice, main, mirror, probe, refusal, root, seed, system, write),
)
_LIBRARY = "module_utils"

#: Modules that the agent imports directly; their own imports are found when the ramdisk is built.
STDLIB = (
    "__future__",
    "array",
    "binascii",
    "codecs",
    "collections",
    "contextlib",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.utf_16_le",
    "encodings.utf_8",
    "errno",
    "fcntl",
    "glob",
    "hashlib",
    "io",
    "json",
    "os",
    "queue",
    "re",
    "select",
    "signal",
    "socket",
    "stat",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "traceback",
    "typing",
    "uuid",
    "zlib",
)

_TOOLS = ("/sbin/blkid", "/sbin/resize2fs", "/sbin/e2fsck", "/sbin/wipefs", "/usr/bin/ssh-keygen", "/sbin/blockdev")

#: Kernel modules in addition to the block and network drivers that MODULES=most includes.
_MODULES = ("ext4", "vfat", "nls_ascii", "nls_cp437", "bonding", "8021q", "dm_mod", "raid1")

#: Drivers of network cards, disk controllers and disks of servers that a ramdisk with MODULES=most must have:
#: initramfs-tools finds them by the symbols that they use, which differs between versions of the kernel.
SERVERS = (
    *(
        "atlantic",
        "be2net",
        "bnx2",
        "bnx2x",
        "bnxt_en",
        "cxgb4",
        "e1000e",
        "ena",
        "enic",
        "i40e",
        "iavf",
        "ice",
        "idpf",
    ),
    *("igb", "igc", "ionic", "ixgbe", "mlx4_en", "mlx5_core", "nfp", "qede", "qlcnic", "r8169", "sfc", "tg3"),
    *("virtio_net", "vmxnet3"),
    *("aacraid", "ahci", "arcmsr", "ata_piix", "hpsa", "isci", "lpfc", "megaraid_sas", "mpi3mr", "mpt3sas", "mvsas"),
    *("nvme", "pm80xx", "qla2xxx", "sd_mod", "smartpqi", "uas", "usb_storage", "virtio_blk", "virtio_scsi", "vmd"),
    "xhci_pci",
)

_CONF = """MODULES={modules}
BUSYBOX=y
COMPRESS=zstd
COMPRESSLEVEL={level}
FSTYPE=ext4
RUNSIZE=10%
"""

_HOOK = r"""#!/bin/sh
[ "$1" = prereqs ] && exit 0
. /usr/share/initramfs-tools/hook-functions
for b in {tools}; do copy_exec $b /usr/sbin; done
{devices}
python=$(readlink -f /usr/bin/python3)
copy_exec "$python" /usr/bin
ln -sf "${{python##*/}}" "$DESTDIR/usr/bin/python3"
"$python" -I -S - {stdlib} <<'PY' | while read -r file; do
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
seen = {{getattr(m, "__file__", None) for m in list(sys.modules.values())}}
print("\n".join(sorted(f for f in seen if f and f.startswith("/"))))
PY
  case $file in
  *.so) copy_exec "$file" ;;
  *) mkdir -p "$DESTDIR${{file%/*}}"; cp "$file" "$DESTDIR$file" ;;
  esac
done
"$python" -m compileall -q -b "$DESTDIR/usr/lib/${{python##*/}}"
find "$DESTDIR/usr/lib/${{python##*/}}" -name '*.py' -delete
rm -f "$DESTDIR/usr/lib/udev/hwdb.bin"
# Arrays that disks have are not started: a disk that is to be written would be in use by them.
rm -f "$DESTDIR"/usr/lib/udev/rules.d/*-md-raid*.rules
"""

#: Fails the build if the ramdisk lacks a driver of servers, or firmware for one that the image has.
_CHECK = r"""chroot "$R" lsinitramfs /boot/deploy.img > "$OUT/ramdisk.files"
for m in {devices}; do
  f=$(chroot "$R" modinfo -k "$K" -F filename "$m") || {{ echo "kernel $K has no module $m" >&2; exit 1; }}
  f=${{f##*/}}
  case $f in
  *builtin*) ;;
  *) grep -q "/${{f%%.*}}\.ko" "$OUT/ramdisk.files" ||
    {{ echo "the deploy ramdisk lacks the module $m" >&2; exit 1; }} ;;
  esac
  for w in $(chroot "$R" modinfo -k "$K" -F firmware "$m"); do
    [ ! -e "$R/usr/lib/firmware/$w" ] || grep -qF "/firmware/$w" "$OUT/ramdisk.files" ||
      {{ echo "the deploy ramdisk lacks the firmware $w of $m" >&2; exit 1; }}
  done
done"""

_BOOT = r"""# Sourced by init because of boot=deploy. Starts the agent, powers off after it.
mountroot() {
  [ -d /run/groundup ] || mkdir -p /run/groundup
  exec </dev/console >/dev/console 2>&1
  cd /usr/lib/groundup || exit 1
  /usr/bin/python3 -I -S -B -c 'import sys; sys.path.insert(0, "/usr/lib/groundup")
from module_utils.provision.agent import main; main.run()'
  echo "groundup: powering off"
  sync
  poweroff -f
  sleep 60
}
"""

#: ssh-keygen refuses to work for a user without a name.
_PASSWD = "root:x:0:0:root:/root:/bin/sh\n"

_UDHCPC = r"""#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr replace "$ip/$mask" dev "$interface"
for r in $router; do ip route replace default via "$r"; done
echo "$ip" > /run/groundup/address
"""


def deploy_script(recipe: Recipe) -> str:
    """Shell lines that build the ramdisk in the tree $R and move it to $OUT/ramdisk.img."""
    modules = " ".join((*recipe.modules, *_MODULES))
    devices = "" if recipe.modules else f"manual_add_modules {' '.join(SERVERS)}"
    hook = _HOOK.format(tools=" ".join(_TOOLS), stdlib=" ".join(STDLIB), devices=devices)
    conf = _CONF.format(modules="list" if recipe.modules else "most", level=10 if recipe.modules else 9)
    return "\n".join(
        (
            'D="$R/etc/initramfs-deploy"',
            'mkdir -p "$D/conf.d" "$D/hooks" "$D/scripts"',
            f'printf %s {shlex.quote(conf)} > "$D/initramfs.conf"',
            f"printf '%s\\n' {modules} > \"$D/modules\"",
            f'printf %s {shlex.quote(hook)} > "$D/hooks/agent"',
            'chmod 755 "$D/hooks/agent"',
            'chroot "$R" mkinitramfs -d /etc/initramfs-deploy -o /boot/deploy.img "$K"',
            *([] if recipe.modules else [_CHECK.format(devices=" ".join(SERVERS))]),
            'mv "$R/boot/deploy.img" "$OUT/ramdisk.img"',
            'rm -rf "$D"',
        )
    )


def agent_archive() -> bytes:
    """The agent as an uncompressed cpio archive; the kernel unpacks it over the first one."""
    files = {"scripts/deploy": (0o644, _BOOT), "etc/udhcpc/groundup": (0o755, _UDHCPC), "etc/passwd": (0o644, _PASSWD)}
    for module in AGENT:
        files[f"usr/lib/groundup/{_path(module)}"] = (0o644, of(module))
    return cpio(files)


def _path(module: ModuleType) -> str:
    """Path of a module's file below the directory that contains `module_utils`."""
    inside = module.__name__.partition(f".{_LIBRARY}.")[2].replace(".", "/")
    return f"{_LIBRARY}/{inside}" + ("/__init__.py" if hasattr(module, "__path__") else ".py")


def cpio(files: dict[str, tuple[int, str]]) -> bytes:
    """A "newc" archive (kernel: early-userspace/buffer-format.rst) with the files and their parents."""
    parents = sorted({path[:i] for path in files for i, char in enumerate(path) if char == "/"})
    members = [(path, 0o40755, b"") for path in parents]
    members += [(path, 0o100000 | mode, text.encode()) for path, (mode, text) in sorted(files.items())]
    out = b"".join(_member(number + 1, *member) for number, member in enumerate(members))
    return out + _member(0, "TRAILER!!!", 0, b"")


def _member(inode: int, path: str, mode: int, data: bytes) -> bytes:
    name = path.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
    return _pad(head) + _pad(data)


def _pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def combine(base: bytes) -> bytes:
    """The ramdisk to serve: `base`, the archive of initramfs-tools, followed by the agent's archive."""
    return _pad(base) + agent_archive()
