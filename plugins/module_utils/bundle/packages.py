# SPDX-License-Identifier: GPL-3.0-or-later
"""A flat apt repository of the packages that machines need: named ones and all they depend on."""

from __future__ import annotations

import hashlib
import shutil
import typing as t
from dataclasses import asdict
from pathlib import Path

from . import debian, signing
from .build import BuildContext, Made
from .content import Artefact, publish, write_atomic
from .progress import Task

Package = dict[str, t.Any]  # {"version", "sha256", "size", "path"}
Repository = tuple[dict[str, Package], dict[str, t.Any]]


def repository(context: BuildContext, target: Path) -> Repository:
    """Fill *target* (``*.deb``, ``Packages``, ``InRelease``).

    Gives {package: {version, sha256, size, path}} and {path, suite, key (armoured), signed_by (for a .sources file),
    indices: {path: {sha256, size, path}} of what apt reads first}.
    """
    wanted = context.lock.debian
    if not wanted.packages:
        return {}, {}

    def make(_scratch: Path, task: Task) -> Made:
        task.note = f"{len(wanted.packages)} packages and what they depend on"
        found = debian.fetch(context.work / "apt", context.debian, context.lock.architecture, wanted.packages)
        made: Made = {}
        for deb in found:
            copy = context.work / "scratch" / deb.name
            shutil.copyfile(deb, copy)
            made[deb.name] = context.store.add(copy)
        return made

    made = context.once("packages", [asdict(wanted), context.lock.platform], "Debian packages", make, shared=False)
    return _publish(context, made, target)


def _publish(context: BuildContext, made: Made, target: Path) -> Repository:
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.deb"):
        if old.name not in made:
            old.unlink()
    packages: dict[str, Package] = {}
    paragraphs: list[str] = []
    for name, artefact in sorted(made.items()):
        path = target / name
        publish(context.store.path(artefact["sha256"]), path)
        control = debian.fields(path)
        paragraphs.append(paragraph(control, name, artefact["sha256"], artefact["size"]))
        packages[control["Package"]] = {"version": control["Version"], **artefact, "path": f"{target.name}/{name}"}
    index = "\n".join(paragraphs).encode()
    write_atomic(target / "Packages", index)
    return packages, _signed(context, target, index, max(signing.packed_at(target / name) for name in made))


def _signed(context: BuildContext, target: Path, index: bytes, when: int) -> dict[str, t.Any]:
    """Put the signed release beside the index; what a machine's .sources file needs to know."""
    text = signing.release(index, context.lock.architecture, when)

    def make(scratch: Path, _task: Task) -> Made:
        signed, key = signing.sign(text, when)
        (scratch / "InRelease").write_bytes(signed)
        (scratch / "key.asc").write_text(key)
        return {name: context.store.add(scratch / name) for name in ("InRelease", "key.asc")}

    made = context.once("apt-release", text, "sign the packages' index", make)
    publish(context.store.path(made["InRelease"]["sha256"]), target / "InRelease")
    key = context.store.path(made["key.asc"]["sha256"]).read_text()
    listing: Artefact = {"sha256": hashlib.sha256(index).hexdigest(), "size": len(index)}
    indices = {"Packages": listing, "InRelease": made["InRelease"]}
    return {
        "path": target.name,
        "suite": "./",
        "key": key,
        "signed_by": signing.inline(key),
        "indices": {f"{target.name}/{name}": {**a, "path": f"{target.name}/{name}"} for name, a in indices.items()},
    }


def paragraph(control: dict[str, str], filename: str, sha256: str, size: int) -> str:
    """One entry of a Packages index."""
    fields = {**control, "Filename": f"./{filename}", "Size": str(size), "SHA256": sha256}
    return "".join(f"{name}: {value}\n" for name, value in fields.items())
