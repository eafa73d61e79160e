# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects compared with the schemas of upstream's kinds: unknown keys, missing ones, and other types.

That is what an API server does with them, without its defaults and without KubeVirt's own webhooks, which nothing here
stands in for.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

UPSTREAM = Path(os.environ.get("GROUNDUP_UPSTREAM", Path(__file__).resolve().parents[4] / "shared/upstream"))
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def schema(api_version: str, kind: str) -> Mapping[str, Any]:
    """The schema of a kind; without any manifests of upstream, the test is skipped."""
    if not UPSTREAM.is_dir():
        pytest.skip(f"there are no manifests of upstream at {UPSTREAM}; GROUNDUP_UPSTREAM names their directory")
    group, __, version = api_version.partition("/")
    for path in sorted(UPSTREAM.glob(f"*/crds/*.{group}.yaml")):
        if "1.8" in path.parts[-3] or f"\n    kind: {kind}\n" not in path.read_text():
            continue
        served = yaml.load(path.read_text(), Loader)["spec"]["versions"]
        return next(one["schema"]["openAPIV3Schema"] for one in served if one["name"] == version)
    raise AssertionError(f"upstream has no {kind} of {api_version}")


def wrong(item: Mapping[str, Any]) -> list[str]:
    """What is wrong with an object of a kind of upstream."""
    return list(_wrong(item, schema(item["apiVersion"], item["kind"]), item["kind"]))


def _wrong(value: Any, rules: Mapping[str, Any], place: str) -> Iterator[str]:
    kind = rules.get("type")
    if rules.get("x-kubernetes-int-or-string") or not kind:
        return
    if not isinstance(value, TYPES[kind]) or (kind in ("integer", "number") and isinstance(value, bool)):
        yield f"{place}: is no {kind}"
        return
    if "enum" in rules and value not in rules["enum"]:
        yield f"{place}: {value} is none of {', '.join(rules['enum'])}"
    if kind == "array":
        for number, one in enumerate(value):
            yield from _wrong(one, rules["items"], f"{place}[{number}]")
    if kind != "object" or place.endswith(".metadata"):
        return
    known, others = rules.get("properties") or {}, rules.get("additionalProperties")
    yield from (f"{place}.{key}: is missing" for key in rules.get("required") or () if key not in value)
    for key, one in value.items():
        if key in known:
            yield from _wrong(one, known[key], f"{place}.{key}")
        elif isinstance(others, Mapping):
            yield from _wrong(one, others, f"{place}.{key}")
        elif not others and not rules.get("x-kubernetes-preserve-unknown-fields"):
            yield f"{place}.{key}: is no key of it"
