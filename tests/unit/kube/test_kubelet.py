# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of one kubelet: names and values are checked, the kubelet reads them first, and only it restarts."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import Actual, PathState, UnitState
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    kubelet_check,
    kubelet_fields,
    kubelet_settings,
    paths,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError, KubeRefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import kubernetes, kubernetes_host

Given = dict[str, t.Any]


def tuned(given: Given, **kubelet: t.Any) -> Given:
    """A role's input with settings of the kubelet."""
    return given | {"node": given["node"] | {"kubelet": kubelet}}


WRONG: dict[str, tuple[dict[str, t.Any], str]] = {
    "mistyped": ({"maxPodz": 3}, "maxPodz: is no field of KubeletConfiguration; did you mean maxPods?"),
    "other case": ({"maxpods": 3}, "did you mean maxPods?"),
    "far from any": ({"zzzz": 3}, "see KubeletConfiguration"),
    "never suggested": ({"porte": 3}, "is no field of KubeletConfiguration; see"),
    "owned": ({"cgroupDriver": "cgroupfs"}, "cgroupDriver: can't be set; remove it: the role container_runtime"),
    "text for a number": ({"maxPods": "many"}, "maxPods: 'many' is not a number; give a whole number"),
    "fraction for a number": ({"maxPods": 2.5}, "maxPods: 2.5 is not a number"),
    "flag for a number": ({"maxPods": True}, "maxPods: True is not a number"),
    "number for a flag": ({"seccompDefault": 1}, "seccompDefault: 1 is not a flag; give true or false"),
    "no duration": ({"syncFrequency": 30}, "syncFrequency: 30 is not a time; give a duration such as 30s"),
    "no choice": ({"cpuManagerPolicy": "statik"}, "cpuManagerPolicy: 'statik' is not one of none, static"),
    "no threshold": ({"evictionHard": {"memory.available": "5x"}}, "evictionHard.memory.available: '5x'"),
    "percent for a quantity": ({"systemReserved": {"memory": "5%"}}, "systemReserved.memory: '5%' is not a quantity"),
    "no mapping": ({"evictionHard": "5%"}, "evictionHard: '5%' is not a mapping"),
    "no list": ({"clusterDNS": "10.0.0.1"}, "clusterDNS: '10.0.0.1' is not a list"),
    "inner field": ({"memorySwap": {"swapBehaviour": "NoSwap"}}, "memorySwap.swapBehaviour: is no field"),
    "inside of a list": ({"reservedMemory": [{"numaNode": "zero"}]}, "reservedMemory[0].numaNode: 'zero'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_what_the_kubelet_would_ignore_or_refuse_is_named(given: Given, case: str) -> None:
    settings, message = WRONG[case]
    with pytest.raises(KubeError, match=r"kubernetes\.node\.kubelet") as error:
        parse(tuned(given, **settings))
    assert message in str(error.value)


def test_every_field_that_is_owned_says_why() -> None:
    assert set(kubelet_fields.OWNED) - set(kubelet_fields.FIELDS) == {"apiVersion", "kind"}
    assert all(" " in reason for reason in kubelet_fields.OWNED.values())


def test_values_are_written_as_the_kubelet_takes_them() -> None:
    given = {
        "systemReserved": {"cpu": 1, "memory": "2Gi", "pid": None},
        "maxPods": 200,
        "seccompDefault": True,
        "reservedMemory": [{"numaNode": 0, "limits": {"memory": 1}}],
        "podPidsLimit": None,
    }
    assert kubelet_settings.normal(given) == {
        "systemReserved": {"cpu": "1", "memory": "2Gi"},
        "maxPods": 200,
        "seccompDefault": True,
        "reservedMemory": [{"numaNode": 0, "limits": {"memory": "1"}}],
    }
    assert list(kubelet_settings.document(given))[:3] == ["apiVersion", "kind", "maxPods"]


def test_grace_periods_by_priority_replace_those_of_all_nodes() -> None:
    found = kubelet_settings.normal(
        {"shutdownGracePeriodByPodPriority": [{"priority": 0, "shutdownGracePeriodSeconds": 9}]}
    )
    assert (found["shutdownGracePeriod"], found["shutdownGracePeriodCriticalPods"]) == ("0s", "0s")


def changed(params: Given, have: str | None) -> list[str]:
    """Steps on a machine where only the drop-in has another text."""
    state = kubernetes.render(params)
    there = {d.path: PathState("directory", d.mode, d.owner, d.group) for d in state.directories}
    there |= {f.path: PathState("file", f.mode, f.owner, f.group, f.digest) for f in state.all_files()}
    there |= {link.path: PathState("link", target=link.target) for link in state.links}
    there.pop(kubelet_settings.FILE, None)
    if have is not None:
        there[kubelet_settings.FILE] = PathState("file", 0o600, "root", "root", "0", have)
    units = {unit.name: UnitState("loaded", "active", "enabled") for unit in state.units}
    actual = Actual(there, packages=frozenset(state.packages), units=units, sysctls=state.sysctls,
                    modules=frozenset(state.modules))  # fmt: skip
    return [str(step) for step in plan(state, actual).steps]


@pytest.mark.parametrize("node", ["given", "worker"])
def test_a_changed_value_restarts_only_that_kubelet(node: str, request: pytest.FixtureRequest) -> None:
    params = request.getfixturevalue(node)
    restart = "systemctl restart kubelet.service"
    assert changed(tuned(params, maxPods=9), "maxPods: 8\n") == [f"file {kubelet_settings.FILE}", restart]
    assert changed(params, "maxPods: 8\n") == [f"remove {kubelet_settings.FILE}", restart], "the last one was removed"
    assert changed(params, None) == [], "no settings, nothing to do"


def program(root: Path, text: str) -> System:
    """A machine whose kubelet writes a text and fails, as the real one does."""
    system = System(str(root))
    system.write(
        kubelet_check.KUBELET,
        f"#!/bin/sh\necho \"$@\" >>{root}/calls\ncat >&2 <<'END'\n{text}\nEND\nexit 1\n".encode(),
        mode=0o755,
    )
    return system


TAKEN = (
    'E1 run.go:72] "command failed" err="failed to run Kubelet: cannot exit on lock file contention: '
    'no lock file specified"'
)
REFUSED = (
    'E1 run.go:72] "command failed" err="failed to validate kubelet configuration, error: invalid configuration: '
    'topologyManagerScope \\"x\\" must be one of, path: &TypeMeta{Kind:,APIVersion:,}"'
)


def test_the_kubelet_reads_its_settings_before_they_are_written(given: Given, tmp_path: Path) -> None:
    settings = parse(tuned(given, maxPods=9))
    kubelet_check.refuse(settings, program(tmp_path, TAKEN))
    call = (tmp_path / "calls").read_text()
    assert "--exit-on-lock-contention" in call and "--lock-file" not in call and "--kubeconfig" not in call
    assert not (tmp_path / kubelet_check.SCRATCH.lstrip("/")).exists(), "what it read is removed"
    with pytest.raises(KubeRefusedError) as error:
        kubelet_check.refuse(settings, program(tmp_path, REFUSED))
    assert 'topologyManagerScope "x" must be one of; correct' in str(error.value) and "TypeMeta" not in str(error.value)
    with pytest.raises(KubeRefusedError, match="unrecognized feature gate: Nonsense"):
        kubelet_check.refuse(settings, program(tmp_path, "panic: unrecognized feature gate: Nonsense\n\ngoroutine 1:"))
    with pytest.raises(KubeRefusedError, match="it wrote nothing"):
        kubelet_check.refuse(settings, program(tmp_path, ""))


def test_a_plan_shows_what_the_kubelet_refuses_and_nothing_is_written(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = tuned(given | {"control_planes": {"node1": "10.30.0.21"}}, topologyManagerScope="pod")
    system = program(tmp_path, REFUSED)
    monkeypatch.setattr(kubernetes_host.preflight, "refuse", lambda *_args, **_more: None)
    kept = kubernetes_host.assess_state

    def installed(renderer: t.Any, wanted: Given, where: System) -> t.Any:
        found = kept(renderer, wanted, where)
        steps = tuple(step for step in found.steps if not step.subject.startswith("/usr/local/bin/"))
        return type(found)(found.layer, steps, found.warnings)

    monkeypatch.setattr(kubernetes_host, "assess_state", installed)
    monkeypatch.setattr(System, "run", _without_systemd(System.run))
    with pytest.raises(KubeRefusedError, match="would not start"):
        kubernetes_host.assess(params, system)
    with pytest.raises(KubeRefusedError, match="would not start"):
        kubernetes_host.prepare(params, check=False, system=system)
    assert not system.path(kubelet_settings.FILE).exists()
    assert not system.path(paths.CLUSTER).exists()


def _without_systemd(real: t.Any) -> t.Any:
    """Commands of the machine, of which only the kubelet exists."""

    def run(self: System, argv: t.Sequence[str], **more: t.Any) -> str:
        if argv[0] == "sh":
            return str(real(self, argv, **more))
        if tuple(argv[:2]) == ("systemctl", "show"):
            unknown = "LoadState=not-found\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n"
            return "\n".join([unknown] * len(list(argv)[list(argv).index("--") + 1 :]))
        return ""

    return run


def test_a_kubelet_that_does_not_come_back_is_reported_with_its_journal(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubelet_check, "LIMIT", {"default": 0.0})
    monkeypatch.setattr(kubelet_check, "HEALTHZ", ("127.0.0.1", 9))
    monkeypatch.setattr(System, "run", lambda _self, argv, **_more: f"{argv[0]} says why\n")
    with pytest.raises(KubeError, match=r"(?s)does not answer.*journalctl says why") as error:
        kubelet_check.await_healthy(parse(tuned(given, maxPods=9)), System(str(tmp_path)))
    assert "127.0.0.1:9/healthz" in str(error.value)
