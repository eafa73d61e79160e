# SPDX-License-Identifier: GPL-3.0-or-later
"""500 objects, first and unchanged, by the objects engine and by its peers, against one real API server.

`run.py objects` runs this file by pytest, which has the API server as a fixture, and reads the seconds from the file
that GROUNDUP_BENCH_OUT names. kubernetes.core is measured where Ansible finds it; GROUNDUP_BENCH_COLLECTIONS is one
more place to look.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import yaml
from services.kube.conftest import Live, bundle, credentials, live, programs  # noqa: F401  fixtures

ROOT = Path(__file__).resolve().parents[2]
ENGINE = """
import sys
from ansible_collections.groundup.cloud.plugins.module_utils.objects.perform import perform
given = {"state": "present", "definition": None, "src": [sys.argv[2]], "wait": False, "timeout": 600}
found = perform({**given, "kubeconfig": sys.argv[1]}, False, diff=False)
print(len(found["objects"]), found["changed"])
"""
Json = dict[str, t.Any]


def objects(namespace: str) -> list[Json]:
    """One Namespace and 500 objects of five kinds."""

    def named(kind: str, api_version: str, number: int, **rest: t.Any) -> Json:
        metadata = {"name": f"bench-{number}", "namespace": namespace, "labels": {"app": f"bench-{number}"}}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}

    found = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}]
    for number in range(100):
        labels = {"app": f"bench-{number}"}
        container = {"name": "web", "image": "registry.example.net/web:1", "ports": [{"containerPort": 80}]}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        rules = [{"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list", "watch"]}]
        found += [
            named("ServiceAccount", "v1", number),
            named("ConfigMap", "v1", number, data={f"key-{index}": "value " * 20 for index in range(10)}),
            named("Role", "rbac.authorization.k8s.io/v1", number, rules=rules),
            named("Service", "v1", number, spec={"selector": labels, "ports": [{"port": 80, "protocol": "TCP"}]}),
            named("Deployment", "apps/v1", number, spec={"selector": {"matchLabels": labels}, "template": template}),
        ]
    return found


def seconds(words: t.Sequence[str], env: dict[str, str] | None = None) -> float:
    began = time.monotonic()
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}: {(done.stdout + done.stderr)[-2000:]}"
    return time.monotonic() - began


def adhoc(module: str, arguments: Json) -> list[str]:
    python = ("-e", f"ansible_python_interpreter={sys.executable}")
    return ["ansible", "localhost", "-m", module, "-a", json.dumps(arguments), *python]


def ways(config: str, file: t.Callable[[str], str]) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Each way to apply a file: its command and environment."""
    own = os.environ.get("GROUNDUP_BENCH_COLLECTIONS", "")
    places = ":".join(place for place in (str(ROOT / ".ansible/collections"), own, "~/.ansible/collections") if place)
    env = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": places}
    module = {"kubeconfig": config, "src": file("module"), "wait": False}
    peer = {"kubeconfig": config, "src": file("core"), "apply": True, "server_side_apply": {"field_manager": "bench"}}
    library = {"PYTHONPATH": str(ROOT / ".ansible/collections")}
    return {
        "engine": ([sys.executable, "-c", ENGINE, config, file("engine")], library),
        "kubectl": (["kubectl", "--kubeconfig", config, "apply", "--server-side", "-f", file("kubectl")], {}),
        "module": (adhoc("groundup.cloud.kubernetes_objects", module), env),
        "kubernetes.core": (adhoc("kubernetes.core.k8s", peer), env),
        "ping": (adhoc("ansible.builtin.ping", {"data": "pong"}), env),
    }


def test_objects_are_applied_as_fast_as_by_kubectl(live: Live, tmp_path: Path) -> None:  # noqa: F811
    pytest.importorskip("kubernetes")
    out = os.environ.get("GROUNDUP_BENCH_OUT")

    def file(way: str) -> str:
        path = tmp_path / f"{way}.yaml"
        path.write_text(yaml.safe_dump_all(objects(f"bench-{way}")))
        return str(path)

    found: dict[str, Json] = {}
    for way, (words, env) in ways(str(live.root / "etc/kubernetes/admin.conf"), file).items():
        try:
            first = seconds(words, env)
            found[way] = {"first": first, "unchanged": min(seconds(words, env) for __ in range(2))}
        except (AssertionError, FileNotFoundError) as error:
            if way in ("engine", "module"):
                raise
            found[way] = {"why": str(error)[-300:]}
    if out:
        Path(out).write_text(json.dumps(found))
    print(json.dumps(found, indent=1))
