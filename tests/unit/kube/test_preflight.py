# SPDX-License-Identifier: GPL-3.0-or-later
"""What kubeadm's preflight would refuse is found before anything is changed, with the machine's name and the remedy."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import RefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import paths, preflight
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import kubernetes_host
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import probe

Given = dict[str, t.Any]
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def socket(port: int, state: str = "0A", address: str = "00000000") -> str:
    """A line of /proc/net/tcp."""
    return f"   0: {address}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 0 0 1\n"


FILES = {
    "/sys/devices/system/cpu/online": "0-1\n",
    "/proc/meminfo": "MemTotal:        1982424 kB\nMemFree:          120000 kB\n",
    "/proc/swaps": "Filename\tType\tSize\tUsed\tPriority\n",
    "/proc/net/tcp": HEAD + socket(22),
    "/proc/net/tcp6": HEAD + socket(22, address="0" * 32),
}


def machine(root: Path, **changes: str) -> System:
    """A machine with 2 CPUs, 1.9 GiB and an sshd, changed in some files."""
    system = System(str(root))
    for name, text in {**FILES, **changes}.items():
        system.write(name, text.encode())
    return system


def found(params: Given, system: System, **more: t.Any) -> str:
    """What is refused, as text."""
    try:
        preflight.refuse(parse(params), system, **more)
    except RefusedError as error:
        return str(error)
    return ""


def test_a_machine_that_kubeadm_takes_is_not_refused(given: Given, worker: Given, tmp_path: Path) -> None:
    system = machine(tmp_path)
    assert found(given, system, clock=time.time()) == found(worker, system, clock=time.time()) == ""


FAULTS: dict[str, tuple[dict[str, str], str, bool]] = {
    # files, text, of a worker too?
    "one CPU": ({"/sys/devices/system/cpu/online": "0\n"}, "needs 2 CPUs, and this machine has 1", False),
    "CPUs that are off": ({"/sys/devices/system/cpu/online": "3\n"}, "this machine has 1;", False),
    "memory": (
        {"/proc/meminfo": "MemTotal: 1739776 kB\n"},
        "needs 1700 MB of memory, and this machine has 1699 MB",
        False,
    ),
    "the kubelet's port": ({"/proc/net/tcp": HEAD + socket(10250)}, "port 10250, which kubelet needs, is in use", True),
    "a port, IPv6": (
        {"/proc/net/tcp6": HEAD + socket(6443, address="0" * 32)},
        "port 6443, which kube-apiserver",
        False,
    ),
    "etcd's port": ({"/proc/net/tcp": HEAD + socket(2379, address="0100007F")}, "port 2379, which etcd needs", False),
    "a manifest": ({f"{paths.MANIFESTS}/etcd.yaml": "x"}, "etcd.yaml is left of another cluster", False),
    "data of etcd": ({"/var/lib/etcd/lost": "x"}, "/var/lib/etcd is left of another cluster", False),
    "another join": ({paths.BOOTSTRAP_CONF: "x"}, "bootstrap-kubelet.conf is left of another cluster", True),
    "swap": ({"/proc/swaps": FILES["/proc/swaps"] + "/dev/vda2 partition 1 0 -2\n"}, "swap is on (/dev/vda2)", True),
}


@pytest.mark.parametrize(("files", "text", "always"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_the_machine(
    given: Given, worker: Given, tmp_path: Path, files: dict[str, str], text: str, always: bool
) -> None:
    system = machine(tmp_path, **files)
    said = found(given, system)
    assert said.startswith("node1: ") and text in said and said.count("\n") == 0
    assert (text in found(worker, system)) is always


def test_the_ca_of_another_cluster_stops_a_worker(worker: Given, tmp_path: Path) -> None:
    assert "node4: /etc/kubernetes/pki/ca.crt is left" in found(worker, machine(tmp_path, **{paths.CA: "x"}))


def test_all_faults_are_named_at_once(given: Given, tmp_path: Path) -> None:
    files = {"/sys/devices/system/cpu/online": "0\n", "/proc/net/tcp": HEAD + socket(10250) + socket(2380)}
    assert [line[:20] for line in found(given, machine(tmp_path, **files)).splitlines()] == [
        "node1: a control pla",
        "node1: port 2380, wh",
        "node1: port 10250, w",
    ]


def test_a_connection_that_only_uses_a_port_is_no_fault(given: Given, tmp_path: Path) -> None:
    assert found(given, machine(tmp_path, **{"/proc/net/tcp": HEAD + socket(10250, "01")})) == ""


def test_a_slow_control_plane_may_have_one_cpu(alone: Given, tmp_path: Path) -> None:
    assert found(alone, machine(tmp_path, **{"/sys/devices/system/cpu/online": "0\n"})) == ""


@pytest.mark.parametrize(("off", "text"), [(-500, "500 s behind"), (500, "500 s ahead of"), (-200, ""), (200, "")])
def test_a_clock_that_makes_certificates_invalid_is_named(given: Given, tmp_path: Path, off: int, text: str) -> None:
    said = found(given, machine(tmp_path), clock=time.time() - off)
    assert (f"its clock is {text} the controller's" in said) if text else said == ""


def test_what_the_layers_below_mend_is_no_fault_in_the_probe(given: Given, tmp_path: Path) -> None:
    swap = {"/proc/swaps": FILES["/proc/swaps"] + "/swap file 1 0 -2\n"}
    assert found(given, machine(tmp_path, **swap), clock=0.0, layers_below=True) == ""


@pytest.mark.parametrize("traces", [(paths.KUBELET_CONF,), (paths.ADMIN_CONF,), (f"{paths.ETCD_DATA}/x",)])
def test_a_node_and_a_control_plane_are_not_tested(given: Given, tmp_path: Path, traces: tuple[str, ...]) -> None:
    """The servers have their ports and files; state of another cluster is the business of the plan of membership."""
    files = dict.fromkeys(traces, "x") | {"/proc/net/tcp": HEAD + socket(6443), "/proc/meminfo": "MemTotal: 1 kB\n"}
    assert found(given, machine(tmp_path, **files)) == ""


@pytest.mark.parametrize("kind", ["init", "join"])
def test_an_attempt_that_was_killed_is_continued(given: Given, tmp_path: Path, kind: str) -> None:
    files = {
        paths.ATTEMPT: json.dumps({"kind": kind, "done": False}),
        f"{paths.MANIFESTS}/etcd.yaml": "x",
        "/proc/net/tcp": HEAD + socket(10250) + socket(6443),
    }
    assert found(given, machine(tmp_path, **files)) == ""
    small = machine(tmp_path, **{**files, "/proc/meminfo": "MemTotal: 900000 kB\n"})
    assert "needs 1700 MB" in found(given, small)


def test_it_comes_before_any_change(given: Given, tmp_path: Path) -> None:
    system = machine(tmp_path, **{"/sys/devices/system/cpu/online": "0\n"})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RefusedError, match="node1: a control plane needs 2 CPUs"):
        kubernetes_host.prepare(given, check=False, system=system)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_probe_of_all_layers_says_what_it_refuses(given: Given, tmp_path: Path) -> None:
    system = machine(tmp_path, **{"/sys/devices/system/cpu/online": "0\n"})
    layer = {"name": "kubernetes", "role": "groundup.cloud.kubernetes", "input": "kubernetes_config"}
    result = probe([layer], {"kubernetes_config": given}, system=system)
    assert result["differs"] == ["kubernetes"] and result["serves"] is False
    assert result["refused"][0].startswith("node1: a control plane needs 2 CPUs")
    assert result["steps"]["kubernetes"] == [f"refused: {result['refused'][0]}"]
