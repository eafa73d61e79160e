# SPDX-License-Identifier: GPL-3.0-or-later
"""bundle.json: what a bundle holds, and what it lacks for a purpose."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .errors import MAKE, BundleError
from .image_storage import Registry
from .lock import DOCUMENTS

Index = dict[str, t.Any]


def read(directory: Path) -> Index:
    """The index of the bundle in *directory*.

    :raises BundleError: if there is none, or it is not one.
    """
    path = directory / "bundle.json"
    try:
        index = json.loads(path.read_text())
        whole = index["lock"] and index["source"] and index["files"] and index["images"]
        return t.cast("Index", index) if whole else _unfinished(path)
    except FileNotFoundError:
        raise BundleError(
            f"{path} does not exist; make the bundle with `ansible-playbook groundup.cloud.bundle`, and with "
            "-i MODEL if there is one"
        ) from None
    except (json.JSONDecodeError, KeyError, TypeError):
        _unfinished(path)


def _unfinished(path: Path) -> t.NoReturn:
    raise BundleError(f"{path} is not the index of a bundle; make the bundle again")


def programs(index: Index) -> dict[str, str]:
    """Which file gives which program: {program: file name}. A file's links are its programs, else it is its own."""
    return {
        program: name
        for name, file in index["files"].items()
        if file["kind"] == "binary"
        for program in file.get("links") or [name]
    }


def missing(index: Index, needs: list[str]) -> list[str]:
    """Those of *needs* that the bundle lacks, in the given order.

    A need is the name of a file (``cni-plugins``), a program (``kubelet``), an image reference
    (``registry.k8s.io/pause:3.10.2``), a Debian package (``apt:runc``), a manifest of Kubernetes objects
    (``manifest:kube-ovn``) or a Helm chart (``chart:cilium``).
    """
    packages = {f"apt:{name}" for name in index.get("packages", {})}
    held = {*index["files"], *programs(index), *index["images"], *packages, *documents(index)}
    return [need for need in needs if need not in held]


def whole(directory: Path, index: Index) -> None:
    """Refuse a bundle whose files are not all in *directory*, because it was copied in part, say.

    Looks at lengths, not at bytes: cheap enough for the beginning of every run. Who takes the bytes verifies them.

    :raises BundleError: naming every artefact that is listed and not there.
    """
    storage, packages = Registry(directory / "registry"), index.get("packages", {})
    files = {**index["files"], **documents(index), **{f"apt:{name}": package for name, package in packages.items()}}
    files |= index.get("apt", {}).get("indices", {})
    lost = [name for name, file in files.items() if not _there(directory / file["path"], file["size"])]
    lost += [reference for reference, image in index["images"].items() if not storage.whole(reference, image["digest"])]
    if lost:
        raise BundleError(
            f"{directory} lists {', '.join(lost)}, but the files are not there whole; copy all of the bundle, or make "
            "it again"
        )


def _there(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def require(index: Index, layer: str, needs: list[str]) -> None:
    """Refuse a layer whose artefacts are not all there.

    :raises BundleError: naming the layer and every artefact that it lacks.
    """
    if absent := missing(index, needs):
        raise BundleError(
            f"{layer}: the bundle ({index['source']}, lock {index['lock']}) lacks {', '.join(absent)}; "
            f"make a bundle that holds them with {MAKE}, or leave the layer out"
        )


def refuse(index: Index, needs: dict[str, list[str]]) -> None:
    """Refuse every layer of *needs* ({layer: artefacts}) at once.

    :raises BundleError: one sentence for each layer that can't be had.
    """
    problems: list[str] = []
    for layer, names in needs.items():
        if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            problems.append(f"needs.{layer} must be a list of names, not {names!r}")
            continue
        try:
            require(index, layer, names)
        except BundleError as problem:
            problems.append(str(problem))
    if problems:
        raise BundleError("\n".join(problems))


def install(index: Index, wanted: list[str]) -> list[dict[str, t.Any]]:
    """What to put on a machine so that it has the *wanted* programs or files, each file once.

    Gives ``[{"name", "sha256", "size", "mode", "kind", "links": [programs that must lead to it]}]``.

    :raises BundleError: if the bundle lacks one of them.
    """
    require(index, "install", wanted)
    by_program, chosen = programs(index), dict[str, list[str]]()
    for want in wanted:
        name = want if want in index["files"] else by_program[want]
        chosen.setdefault(name, [])
        if want != name:
            chosen[name].append(want)
    keys = ("sha256", "size", "mode", "kind")
    return [{"name": n, "links": links, **{k: index["files"][n][k] for k in keys}} for n, links in chosen.items()]


def registries(index: Index) -> list[str]:
    """Registries whose images the lock names, sorted: those for which machines pull from the provisioner's registry.

    A bundle that was made before its index had ``registries`` names them by its images.
    """
    if "registries" in index:
        return list(index["registries"])
    return sorted({reference.partition("/")[0] for reference in index["images"]})


def own_images(index: Index) -> dict[str, str]:
    """Images that are not their publishers' or ours: {reference: the place that the user gave}."""
    return {name: image["place"] for name, image in (index.get("images") or {}).items() if image.get("place")}


def require_origin(directory: Path, index: Index, source: str | None, images: dict[str, str] | None) -> None:
    """Refuse a bundle that was made in another way than it is wanted now; what is None does not matter.

    :raises BundleError: if it has another source, or images from other places.
    """
    remedy = "make it again with `ansible-playbook -i MODEL groundup.cloud.bundle`"
    if source and index["source"] != source:
        raise BundleError(
            f"{directory} was made with `source: {index['source']}`, wanted is `source: {source}`; {remedy}"
        )
    if images is None:
        return
    held = own_images(index)
    for name in sorted({*held, *images}):
        if held.get(name) != images.get(name):
            usual = "its publisher or its source"
            raise BundleError(
                f"{directory} has {name} from {held.get(name, usual)}, wanted is the one from "
                f"{images.get(name, usual)}; {remedy}"
            )


def require_lock(directory: Path, index: Index, lock: str | None) -> None:
    """Refuse a bundle that was made before its lock, or the digests beside the model, were changed.

    :param lock: what a bundle would be named by that is made now; None where it does not matter.
    :raises BundleError: if it is another one.
    """
    if lock and index["lock"] != lock:
        raise BundleError(
            f"{directory} was made from the lock {index['lock']}, and the lock and the recorded digests are {lock} "
            "now; make it again with `ansible-playbook -i MODEL groundup.cloud.bundle`"
        )


def documents(index: Index) -> dict[str, dict[str, t.Any]]:
    """Manifests and charts by the names that needs use: {``manifest:NAME`` or ``chart:NAME``: entry of the index}."""
    return {f"{kind}:{name}": entry for section, kind in DOCUMENTS.items() for name, entry in _entries(index, section)}


def _entries(index: Index, section: str) -> t.Iterable[tuple[str, dict[str, t.Any]]]:
    return t.cast("dict[str, dict[str, t.Any]]", index.get(section) or {}).items()


def located(directory: Path, index: Index, section: str) -> dict[str, dict[str, t.Any]]:
    """The ``manifests`` or ``charts`` of the bundle in *directory*, each with the absolute path of its file."""
    return {name: {**entry, "path": str(directory / entry["path"])} for name, entry in _entries(index, section)}


def addressed(index: Index, url: str) -> dict[str, dict[str, str]]:
    """The files as machines fetch them: {name: {url, sha256}}; *url* is where the bundle's directory is served.

    Manifests and charts are among them as ``manifest:NAME`` and ``chart:NAME``.
    """
    base, files = url.rstrip("/"), {**index["files"], **documents(index)}
    return {name: {"url": f"{base}/{file['path']}", "sha256": file["sha256"]} for name, file in files.items()}


def copied(manifests: dict[str, dict[str, t.Any]], directory: str) -> dict[str, dict[str, str]]:
    """Manifests as roles take them, from their copies in *directory*: {name: {path, sha256}}.

    A copy is named by its digest, so that one of another release is another file.
    """
    return {
        name: {"path": f"{directory}/{entry['sha256']}.yml", "sha256": entry["sha256"]}
        for name, entry in manifests.items()
    }
