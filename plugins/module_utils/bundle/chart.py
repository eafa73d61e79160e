# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests that helm renders from charts: offline, and the same each time."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import typing as t
from dataclasses import asdict
from pathlib import Path

from .build import BuildContext, Made, compiled
from .compile import TIED
from .content import Artefact, sha256_json
from .entries import Rendering
from .errors import BundleError
from .lock import HELM
from .progress import Task

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # of this machine, in the words of Go
SOURCE = re.compile(r"^# Source: (\S+)$", re.MULTILINE)  # helm's line above each document
DOCUMENT = re.compile(r"^---\n", re.MULTILINE)


def rendered(context: BuildContext, name: str, chart: Artefact, how: Rendering) -> Artefact:
    """The manifest *name* of the lock, rendered by the helm that the lock compiles.

    :raises BundleError: for what helm refuses, for hooks that the lock doesn't name, and for output that varies.
    """
    here = ARCHITECTURES.get(platform.machine())
    if here is None:
        raise BundleError(
            f"helm runs on {', '.join(ARCHITECTURES)}, not on {platform.machine()}; render {name} elsewhere"
        )
    program = compiled(context, HELM, None if here == context.lock.architecture else here)
    if HELM not in program:
        raise BundleError(f"lock: the build helm makes {', '.join(sorted(program))}, not helm; correct its `programs`")
    key = [asdict(how), sha256_json(how.values), chart["sha256"], program[HELM]["sha256"], context.lock.kubernetes]

    def make(scratch: Path, _task: Task) -> Made:
        helm = scratch / HELM
        shutil.copyfile(context.store.path(program[HELM]["sha256"]), helm)
        helm.chmod(0o755)
        text = render(helm, context.store.path(chart["sha256"]), name, how, context.lock.kubernetes, scratch)
        (scratch / "manifest").write_text(text)
        return {name: context.store.add(scratch / "manifest")}

    return context.once(f"render-{name}", key, f"render {name}", make)[name]


def render(helm: Path, chart: Path, name: str, how: Rendering, kubernetes: str, scratch: Path) -> str:
    """The objects of a chart as YAML, CRDs first, tests of Helm left out.

    Helm writes hooks behind everything else. So a run without hooks gives the beginning of a run with them; where it
    doesn't, the chart renders something else each time.

    :raises BundleError: for what helm refuses, for hooks that *how* doesn't name, and for output that varies.
    """
    values = scratch / "values.json"
    values.write_text(json.dumps(how.values, sort_keys=True))
    words = [
        str(helm),
        "template",
        how.release or name,
        str(chart),
        "--namespace",
        how.namespace,
        "--values",
        str(values),
    ]
    words += ["--kube-version", f"v{kubernetes}", "--include-crds", "--skip-tests"]
    words += [part for version in how.api_versions for part in ("--api-versions", version)]
    plain, whole = _run([*words, "--no-hooks"], name, scratch), _run(words, name, scratch)
    if not whole.startswith(plain):
        raise BundleError(
            f"charts: {name} is rendered differently each time (a random password, a certificate or a time); give what "
            "the chart makes up as `values` in the lock"
        )
    return plain + _hooks(whole[len(plain) :], name, how)


def _hooks(text: str, name: str, how: Rendering) -> str:
    """Those documents of *text*, which are all hooks, that *how* keeps."""
    documents = [f"---\n{part}" for part in DOCUMENT.split(text) if part.strip()]
    found = [(match[1] if (match := SOURCE.search(document)) else "?", document) for document in documents]
    if unknown := sorted({source for source, __ in found} - set(how.hooks)):
        raise BundleError(
            f"charts: {name} has hooks of Helm in {', '.join(unknown)}, which nothing runs; say `keep` (its objects "
            "are in the manifest) or `drop` for each in `hooks` in the lock"
        )
    if absent := sorted(set(how.hooks) - {source for source, __ in found}):
        raise BundleError(f"charts: {name} has no hooks in {', '.join(absent)}; take them out of `hooks` in the lock")
    return "".join(document for source, document in found if how.hooks[source] == "keep")


def _run(words: list[str], name: str, scratch: Path) -> str:
    """Helm's output; it sees neither a cluster nor the settings of the user."""
    homes: dict[str, t.Any] = {f"HELM_{kind}_HOME": str(scratch / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    settings = {"PATH": os.defpath, "HOME": str(scratch), "KUBECONFIG": os.devnull, **homes}
    done = subprocess.run([*TIED, *words], env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleError(
            f"charts: helm could not render {name} (status {done.returncode}): {done.stderr.strip()[-2000:]}; correct "
            "the chart's version or `values` in the lock"
        )
    return done.stdout
