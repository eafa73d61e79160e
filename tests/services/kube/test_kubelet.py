# SPDX-License-Identifier: GPL-3.0-or-later
"""The real kubelet says which settings it takes, without being run as one."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import kubelet_check
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeRefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import Settings, parse

pytestmark = pytest.mark.services

SHA = "a" * 64


def settings(**kubelet: t.Any) -> Settings:
    """A worker's; cgroups of version 1 are allowed, which the machine that tests may have."""
    return parse(
        {
            "cluster": "rack1",
            "version": "1.36.3",
            "files": {"kubernetes": {"url": f"http://10.10.0.1/{SHA}", "sha256": SHA}},
            "endpoint": {"address": "10.30.0.10", "interface": "bond0.30"},
            "pods": "10.64.0.0/14",
            "services": "10.96.0.0/16",
            "node": {"name": "n1", "address": "10.30.0.24", "control_plane": False, "kubelet": kubelet},
            "control_planes": {"node1": "10.30.0.21"},
        }
    )


@pytest.fixture(scope="module")
def machine(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> System:
    """A root with the real kubelet."""
    system = System(str(tmp_path_factory.mktemp("root")))
    target = system.path(kubelet_check.KUBELET)
    target.parent.mkdir(parents=True)
    (target.parent / "kubernetes").hardlink_to(programs / "kubernetes")
    target.symlink_to("kubernetes")
    return system


TAKEN: list[dict[str, t.Any]] = [
    {"maxPods": 200},
    {"systemReserved": {"cpu": 1, "memory": "2Gi"}, "evictionHard": {"memory.available": "5%"}},
    {"shutdownGracePeriodByPodPriority": [{"priority": 0, "shutdownGracePeriodSeconds": 9}]},
    {"cpuManagerPolicy": "static", "reservedSystemCPUs": "0-1", "topologyManagerPolicy": "single-numa-node"},
    {"logging": {"format": "json", "verbosity": 3}, "seccompDefault": True, "memorySwap": {"swapBehavior": "NoSwap"}},
    {"reservedMemory": [{"numaNode": 0, "limits": {"memory": "1Gi"}}], "staticPodURLHeader": {"x": ["y"]}},
]


@pytest.mark.parametrize("given", TAKEN, ids=str)
def test_what_it_takes(machine: System, given: dict[str, t.Any]) -> None:
    kubelet_check.refuse(settings(failCgroupV1=False, **given), machine)
    assert not list(machine.path("/run").rglob("*.crt")), "it made no certificate"


REFUSED: list[tuple[dict[str, t.Any], str]] = [
    ({"imageGCHighThresholdPercent": 50}, "must be less than imageGCHighThresholdPercent"),
    ({"serializeImagePulls": True, "maxParallelImagePulls": 5}, "maxParallelImagePulls cannot be larger than 1"),
    ({"featureGates": {"Nonsense": True}}, "unrecognized feature gate: Nonsense"),
    ({"enforceNodeAllocatable": ["system-reserved"]}, "systemReservedCgroup"),
]


@pytest.mark.parametrize(("given", "reason"), REFUSED, ids=str)
def test_what_it_refuses(machine: System, given: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(KubeRefusedError, match="the kubelet would not start") as error:
        kubelet_check.refuse(settings(failCgroupV1=False, **given), machine)
    assert reason in str(error.value)
    assert len(str(error.value)) < 700
