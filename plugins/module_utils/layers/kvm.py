# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KVM on a machine that runs virtual machines: it is there, guests do not nest, and no libvirt is beside it.

udev loads kvm_intel or kvm_amd where the CPU has what they need, so that only their options are written here.
"""

from __future__ import annotations

from ..host import cpus
from ..host.state import File, Hook, HostError, RefusedError
from ..host.system import System

NONE, HARDWARE, EMULATED = "none", "hardware", "emulated"
MODES = (NONE, HARDWARE, EMULATED)
#: A guest could break out of KVM where nested virtualization is on (CVE-2026-53359), and nothing here needs it.
OPTIONS = "/etc/modprobe.d/90-groundup-kvm.conf"
TEXT = "".join(f"options {module} nested=0\n" for module in ("kvm_intel", "kvm_amd"))
#: Daemons whose AppArmor profile keeps KubeVirt from QEMU (KubeVirt's user guide, installation).
LIBVIRT = ("/usr/sbin/libvirtd", "/usr/sbin/virtqemud")
#: Flags of CPUs with virtualization in hardware, of Intel and of AMD.
_FLAGS = frozenset({"vmx", "svm"})
_NESTED = "/sys/module/$m/parameters/nested"
_RELOAD = f"""for m in kvm_intel kvm_amd; do
  test -e {_NESTED} || continue
  case $(cat {_NESTED}) in 0|N) continue;; esac
  modprobe -r $m && modprobe $m && continue
  echo "guests may nest until $m is loaded anew, and some use it: move them to other machines, then run again" >&2
  exit 1
done"""


def check(mode: str) -> None:
    """Refuse a word that is none.

    :raises HostError: naming it.
    """
    if mode not in MODES:
        raise HostError(f"host_base.virtual_machines: {mode} is not one of {', '.join(MODES)}")


def files(mode: str) -> tuple[File, ...]:
    """The options of KVM's modules."""
    return (File(OPTIONS, TEXT),) if mode != NONE else ()


def absent(mode: str) -> tuple[str, ...]:
    """The file that is no longer wanted."""
    return (OPTIONS,) if mode == NONE else ()


def hooks(mode: str) -> tuple[Hook, ...]:
    """Load a module anew that was loaded without its options, now or at a later time."""
    query = ("sh", "-c", "cat /sys/module/kvm_*/parameters/nested 2> /dev/null; true")
    return (Hook("kvm-options", ("sh", "-c", _RELOAD), (OPTIONS,), query),) if mode != NONE else ()


def refuse(mode: str, system: System) -> None:
    """Refuse a machine on which virtual machines can't run as wanted. A root without a kernel is not judged.

    :raises RefusedError: with the remedy.
    """
    if mode == NONE or not system.path(cpus.PATH).is_file():
        return
    if mode == HARDWARE and not system.path("/dev/kvm").exists() and not cpus.read(system).flags & _FLAGS:
        raise RefusedError(
            "host_base.virtual_machines: this machine has no virtualization in hardware (neither vmx nor svm); turn it "
            "on in its firmware, or consent to slow virtual machines: emulated here, or in a model "
            "virtualization.emulation: true"
        )
    found = [path for path in LIBVIRT if system.path(path).exists()]
    if found:
        raise RefusedError(
            f"host_base.virtual_machines: libvirt is installed ({', '.join(found)}), whose AppArmor profile keeps "
            "KubeVirt from QEMU; remove its package, such as libvirt-daemon"
        )
