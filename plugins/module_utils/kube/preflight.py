# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kubeadm's preflight, or the kubelet, would refuse on a machine that is no node yet, found beforehand.

The tests are those of cmd/kubeadm/app/preflight/checks.go (1.36), InitNodeChecks and JoinNodeChecks, as far as they
test what the layers below do not bring about themselves. Swap is a warning there, and an error of the kubelet
(``failSwapOn``). kubeadm does not test the clock: certificates begin five minutes before they are made (its
CertificateBackdate), so a machine that is further behind refuses them.
"""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from ..host.system import System
from . import external, observe, paths
from .errors import KubeRefusedError
from .settings import API_PORT, Settings

CPUS = 2
MEGABYTES = 1700
KUBELET_PORT = 10250
CONTROL_PLANE_PORTS = {
    API_PORT: "kube-apiserver",
    10257: "kube-controller-manager",
    10259: "kube-scheduler",
    2379: "etcd",
    2380: "etcd",
}
#: Seconds. Less than kubeadm's five minutes, more than the time that a module takes to start on an emulated machine.
CLOCK_LIMIT = 240.0
LISTENING = "0A"


def refuse(settings: Settings, system: System, *, clock: float | None = None, layers_below: bool = False) -> None:
    """Refuse a machine on which kubeadm, or the kubelet after it, would fail. A node of a cluster is not tested.

    ``clock``: the controller's time, in seconds since 1970. ``layers_below``: the role host_base runs before anything
    is done here, and switches swap off, sets the clock and makes the endpoint's name known.

    :raises KubeRefusedError: all that is wrong, each with its remedy.
    """
    found = faults(settings, system)
    if found is None:
        return
    if not layers_below:
        found += [*_swap(system), *_clock(clock), *filter(None, [external.unresolved(settings)])]
    if found:
        raise KubeRefusedError("\n".join(f"{settings.node.name}: {text}" for text in found))


def faults(settings: Settings, system: System) -> list[str] | None:
    """What is wrong with the machine itself, as texts; None where it is a node, or a control plane, already.

    An init or join that has not ended leaves files and listening ports behind, with which the next run continues. Those
    of another cluster are the business of the plan of membership, which has the consent to reset them.
    """
    root = Path(system.root)
    attempt = observe.attempt(root)
    begun = attempt is not None and not attempt["done"]
    state = [path for path in (paths.KUBELET_CONF, paths.ADMIN_CONF, paths.ETCD_DATA) if system.path(path).exists()]
    if state and not begun:
        return None
    found = [*_size(settings, system)] if settings.node.control_plane else []
    return found if begun else [*found, *_left_behind(settings, system), *_ports(settings, system)]


def _size(settings: Settings, system: System) -> t.Iterator[str]:
    """CPUs and memory of a control plane. Slow machines may have one CPU (``config.registration``)."""
    cpus, memory = _cpus(system), _megabytes(system)
    if cpus is not None and cpus < CPUS and not settings.slow:
        yield (
            f"a control plane needs {CPUS} CPUs, and this machine has {cpus}; "
            "give it more, or make another machine a control plane"
        )
    if memory is not None and memory < MEGABYTES:
        yield (
            f"a control plane needs {MEGABYTES} MB of memory, and this machine has {memory} MB; "
            "give it more, or make another machine a control plane"
        )


def _left_behind(settings: Settings, system: System) -> t.Iterator[str]:
    """Files that kubeadm does not overwrite."""
    wanted = [paths.BOOTSTRAP_CONF]
    if settings.node.control_plane:
        wanted += [f"{paths.MANIFESTS}/{name}.yaml" for name in paths.STATIC_PODS]
    else:
        wanted += [paths.CA]
    there = [path for path in wanted if system.path(path).exists()]
    if settings.node.control_plane and any(system.path(paths.ETCD).glob("*")):
        there.append(paths.ETCD)
    if there:
        yield (
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} left of another cluster; "
            "if nothing of it is needed, run `kubeadm reset -f` on this machine, remove what it leaves, and run again"
        )


def _ports(settings: Settings, system: System) -> t.Iterator[str]:
    wanted = {KUBELET_PORT: "kubelet"} | (CONTROL_PLANE_PORTS if settings.node.control_plane else {})
    used = _listening(system)
    for port in sorted(set(wanted) & used):
        yield (
            f"port {port}, which {wanted[port]} needs, is in use; `ss -ltnp sport = :{port}` shows the program: stop it"
        )


def _swap(system: System) -> t.Iterator[str]:
    found = [line.split()[0] for line in _lines(system, "/proc/swaps")[1:]]
    if found:
        yield f"swap is on ({', '.join(found)}), and the kubelet does not start with it; run the role host_base first"


def _clock(clock: float | None) -> t.Iterator[str]:
    off = time.time() - clock if clock is not None else 0.0
    if abs(off) > CLOCK_LIMIT:
        yield (
            f"its clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the controller's, so that "
            "certificates and tokens would not be valid; set the clock that is wrong (the role host_base does it here)"
        )


def _lines(system: System, name: str) -> list[str]:
    """Lines of a file of the kernel; none below a root that is no machine's, where there is none."""
    path = system.path(name)
    return path.read_text().splitlines() if path.exists() else []


def _cpus(system: System) -> int | None:
    """CPUs that are online (cpu(4) in sysfs: ``0-3,5``)."""
    text = "".join(_lines(system, "/sys/devices/system/cpu/online"))
    ranges = [part.split("-") for part in text.split(",") if part]
    return sum(int(part[-1]) - int(part[0]) + 1 for part in ranges) if ranges else None


def _megabytes(system: System) -> int | None:
    """Usable memory, as sysinfo(2) gives it to kubeadm."""
    found = [line.split() for line in _lines(system, "/proc/meminfo") if line.startswith("MemTotal:")]
    return int(found[0][1]) // 1024 if found else None


def _listening(system: System) -> set[int]:
    """TCP ports on which something listens (proc_pid_net(5))."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in _lines(system, f"/proc/net/{name}")[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == LISTENING}
