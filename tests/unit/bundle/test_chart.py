# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendering charts with a double of helm: hooks, output that varies, what helm refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import chart
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.entries import Rendering
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError

PLAIN = "---\n# Source: app/templates/a.yaml\nkind: A\n"
HOOK = "---\n# Source: app/templates/hook.yaml\nkind: Job\n"


def render(tmp_path: Path, plain: str, with_hooks: str, **how: object) -> str:
    """What `render` makes of a helm that prints *plain*, and *with_hooks* unless it is called with --no-hooks."""
    (tmp_path / "plain").write_text(plain)
    (tmp_path / "hooks").write_text(with_hooks)
    helm = tmp_path / "helm"
    helm.write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\nenv >{tmp_path}/env\ncat {tmp_path}/plain\n'
        f"case $* in *--no-hooks*) ;; *) cat {tmp_path}/hooks ;; esac\n"
    )
    helm.chmod(0o755)
    return chart.render(helm, tmp_path / "app.tgz", "app", Rendering("ns", **how), "1.36.3", tmp_path)  # type: ignore[arg-type]


def test_helm_sees_no_cluster_and_the_release_s_kubernetes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/users/own")
    assert render(tmp_path, PLAIN, "", values={"a": 1}, api_versions=["x/v1"]) == PLAIN
    assert "/users/own" not in (tmp_path / "env").read_text()
    call = (tmp_path / "calls").read_text()
    for words in ("template app ", "--namespace ns", "--kube-version v1.36.3", "--include-crds", "--api-versions x/v1"):
        assert words in call
    assert (tmp_path / "values.json").read_text() == '{"a": 1}'


def test_hooks_are_refused_unless_the_lock_names_them(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"app has hooks of Helm in app/templates/hook\.yaml.*`keep`.*`drop`"):
        render(tmp_path, PLAIN, HOOK)
    assert render(tmp_path, PLAIN, HOOK, hooks={"app/templates/hook.yaml": "drop"}) == PLAIN
    assert render(tmp_path, PLAIN, HOOK, hooks={"app/templates/hook.yaml": "keep"}) == PLAIN + HOOK


def test_a_hook_that_the_chart_lacks_is_told(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"app has no hooks in gone\.yaml; take them out"):
        render(tmp_path, PLAIN, "", hooks={"gone.yaml": "drop"})


def test_a_chart_that_renders_differently_each_time_is_refused(tmp_path: Path) -> None:
    helm = tmp_path / "varies"
    helm.write_text(f"#!/bin/sh\necho x >>{tmp_path}/count\nwc -l <{tmp_path}/count\n")
    helm.chmod(0o755)
    with pytest.raises(BundleError, match=r"rendered differently each time.*`values`"):
        chart.render(helm, tmp_path / "app.tgz", "app", Rendering("ns"), "1.36.3", tmp_path)


def test_helm_s_own_words_are_in_the_error(tmp_path: Path) -> None:
    helm = tmp_path / "fails"
    helm.write_text("#!/bin/sh\necho 'values: replicas is required' >&2\nexit 1\n")
    helm.chmod(0o755)
    with pytest.raises(BundleError, match=r"could not render app \(status 1\): values: replicas is required; correct"):
        chart.render(helm, tmp_path / "app.tgz", "app", Rendering("ns"), "1.36.3", tmp_path)
