# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of a lock's layers and charts that no type tells."""

from __future__ import annotations

import difflib
import re
import typing as t

from .entries import TRANSPORTS

if t.TYPE_CHECKING:
    from .lock import Lock

FORMATS = ("none", "zstd")
HOOKS = ("keep", "drop")
LEVELS = range(1, 20)  # of zstd; those above need a window that decoders may refuse
OCTAL = re.compile(r"[0-7]{3,4}")


def found(lock: Lock) -> t.Iterator[str]:
    """Sentences, each with the place in the lock and what is right there."""
    yield from _compressions(lock)
    yield from _layers(lock)
    yield from _renderings(lock)
    yield from _own_images(lock)
    yield from _builds(lock)
    yield from _optional(lock)
    yield from _module_files(lock)


def _module_files(lock: Lock) -> t.Iterator[str]:
    for place, source in lock.module_files.items():
        if source.build not in lock.builds:
            yield f"{place}.source.build names {source.build!r}, which is none of builds"


def _builds(lock: Lock) -> t.Iterator[str]:
    for name, build in lock.builds.items():
        if not _is(dict, build.left_out) or not all(_texts(x) for x in build.left_out.values()):
            yield (
                f"builds.{name}.left_out is {build.left_out!r}; write lists of directories by their module, such as "
                "{example.net/module: [pkg/cloud]}"
            )


def _optional(lock: Lock) -> t.Iterator[str]:
    if not _texts(lock.optional):
        yield f"optional must be a list of names as layers need them, not {lock.optional!r}"
        return
    files = {*lock.files, *lock.upstream_files}
    packages = {f"apt:{name}" for name in lock.debian.packages}
    known = {*files, *lock.images, *lock.upstream_images, *lock.documents, *packages}
    for name in lock.optional:
        if name.removeprefix("manifest:") in lock.rendered:
            chart = lock.rendered[name.removeprefix("manifest:")][0]
            yield f"optional names {name}, which is rendered from a chart; name chart:{chart}"
        elif name not in known:
            similar = difflib.get_close_matches(name, known, 1)
            meant = f"did you mean {similar[0]}?" if similar else "name files, images, manifest:…, chart:… or apt:…"
            yield f"optional names {name}, which the lock does not have; {meant}"


def _own_images(lock: Lock) -> t.Iterator[str]:
    known = {*lock.images, *lock.upstream_images}
    for name, image in lock.own_images.items():
        if name not in known:
            similar = difflib.get_close_matches(name, known, 1)
            meant = f"did you mean {similar[0]}?" if similar else f"it has {', '.join(sorted(known))}"
            yield f"images.{name} stands in for no image of the lock; {meant}"
        if not str(image.place).startswith(TRANSPORTS):
            yield f"images.{name} is {image.place!r}; write it as one of {', '.join(f'{x}…' for x in TRANSPORTS)}"


def _compressions(lock: Lock) -> t.Iterator[str]:
    places = {"compression.format": lock.compression.format}
    places |= {f"layers.{n}.compression": layer.compression for n, layer in lock.layers.items() if layer.compression}
    for place, value in places.items():
        if value not in FORMATS:
            yield f"{place} is {value!r}; write one of {', '.join(FORMATS)}"
    if not _is(int, lock.compression.level) or lock.compression.level not in LEVELS:
        yield f"compression.level is {lock.compression.level!r}; write a number from {LEVELS[0]} to {LEVELS[-1]}"


def _layers(lock: Lock) -> t.Iterator[str]:
    for name, layer in lock.layers.items():
        if layer.only_new not in (True, False):
            yield f"layers.{name}.only_new is {layer.only_new!r}; write true or false"
        for key in ("packages", "packages_without_dependencies"):
            if not _texts(getattr(layer, key)):
                yield f"layers.{name}.{key} must be a list of package names"
        for twice in sorted({*map(str, layer.packages)} & {*map(str, layer.packages_without_dependencies)}):
            yield f"layers.{name} has {twice} with and without dependencies; name it in one of the lists"
        for path, tree in layer.sources.items():
            where = f"layers.{name}.sources.{path}"
            if not OCTAL.fullmatch(str(tree.mode)) or not _is(str, tree.mode):
                yield f'{where}.mode is {tree.mode!r}; write it as octal digits in quotes, such as "0644"'
            for key in ("include", "exclude", "exec"):
                if not _texts(getattr(tree, key)):
                    yield f"{where}.{key} must be a list of patterns, such as ['*.sh']"
    for reference, recipe in lock.images.items():
        if recipe.layers and (bottom := lock.layers.get(recipe.layers[0])) and bottom.only_new:
            yield (
                f"images.{reference}.layers begins with {recipe.layers[0]!r}, whose only_new has no lower layer to "
                "compare with; put it above another layer, or take only_new out"
            )


def _renderings(lock: Lock) -> t.Iterator[str]:
    if lock.rendered and "helm" not in lock.builds:
        yield "charts have `rendered`, which needs the build 'helm'; add it to builds as in the role's lock"
    names = [(name, chart) for chart, entry in lock.charts.items() for name in entry.rendered]
    for name, chart in names:
        where, how = f"charts.{chart}.rendered.{name}", lock.charts[chart].rendered[name]
        if name in lock.manifests or [other for other, __ in names].count(name) > 1:
            yield f"{where} has the name of another manifest; choose another name"
        if not _is(dict, how.values):
            yield f"{where}.values must be a mapping as in a chart's values.yaml, not {how.values!r}"
        if not _texts(how.api_versions):
            yield f"{where}.api_versions must be a list, such as ['monitoring.coreos.com/v1']"
        hooks = how.hooks if _is(dict, how.hooks) else {"": how.hooks}
        for hook, what in hooks.items():
            if what not in HOOKS:
                yield f"{where}.hooks.{hook} is {what!r}; write {' or '.join(HOOKS)}"


def _is(kind: type, value: t.Any) -> bool:
    """Whether a value out of YAML, whose type nothing has checked before, is of a kind."""
    return isinstance(value, kind)


def _texts(value: t.Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
