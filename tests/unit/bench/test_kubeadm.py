# SPDX-License-Identifier: GPL-3.0-or-later
"""kubeadm by hand: what its script moves and runs, and what is taken of its output. The script is not run here."""

from __future__ import annotations

import importlib.util
import pathlib
import subprocess
from typing import Any

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def kubeadm() -> Any:
    spec = importlib.util.spec_from_file_location("bench_kubeadm", BENCH / "kubeadm.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def files(*names: str) -> dict[str, dict[str, str]]:
    return {name: {"url": f"http://10.99.10.1:8080/bundle/{name}", "sha256": name[-1] * 64} for name in names}


@pytest.mark.parametrize("names", [("kubernetes",), ("kubeadm", "kubelet", "kubectl")])
def test_each_program_is_fetched_and_checked_before_kubeadm_runs(kubeadm: Any, names: tuple[str, ...]) -> None:
    lines = kubeadm.script(files(*names, "etcdctl")).splitlines()
    began, moved = lines.index("began=$(date +%s)"), lines.index("moved=$(date +%s)")
    fetched = [line for line in lines[began:moved] if line.startswith("curl")]
    assert fetched == [f"curl -fsS -o /root/{name} http://10.99.10.1:8080/bundle/{name}" for name in names]
    checked = [line for line in lines[began:moved] if line.endswith("sha256sum -c --quiet")]
    assert checked == [f"echo '{name[-1] * 64}  /root/{name}' | sha256sum -c --quiet" for name in names]
    assert lines[began - 1] == "rm " + " ".join(f"/usr/local/bin/{name}" for name in names)
    assert lines[moved - 1].startswith("kubeadm config images pull ") and lines[moved + 1].startswith("kubeadm init ")


def test_the_shell_understands_the_script(kubeadm: Any) -> None:
    text = kubeadm.script(files("kubernetes"))
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_bundle_without_the_programs_is_an_error(kubeadm: Any) -> None:
    with pytest.raises(KeyError, match="kubeadm"):
        kubeadm.script(files("etcdctl"))


def test_the_seconds_are_the_last_line(kubeadm: Any) -> None:
    assert kubeadm.seconds("Warning: Permanently added 10.99.10.21\n83 214\n") == (83.0, 214.0)


@pytest.mark.parametrize("output", ["", "83", "error: no\n", "83 many"])
def test_an_output_without_seconds_is_shown(kubeadm: Any, output: str) -> None:
    with pytest.raises(RuntimeError, match="printed no seconds, but"):
        kubeadm.seconds(output)
