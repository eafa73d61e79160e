# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of a bundle: layers plus a configuration, put into the registry's storage."""

from __future__ import annotations

import hashlib
import typing as t

from . import image_storage as oci
from .build import BuildContext, Made
from .image_storage import Blob, Registry
from .layers import Built, layered
from .lock import Recipe

Image = dict[str, t.Any]  # {"digest": "sha256:…", "size": bytes of all its blobs}


def layers(context: BuildContext, references: list[str], builds: dict[str, Made]) -> dict[str, list[Blob]]:
    """The layers of each image, bottom first; one that several images have is made once."""
    made: dict[tuple[str, tuple[str, ...]], Built] = {}
    found: dict[str, list[Blob]] = {}
    for reference in references:
        stack: list[Built] = []
        for number in range(len(context.lock.images[reference].layers)):
            variant = context.lock.variant(reference, number)
            if variant not in made:
                made[variant] = layered(context, variant[0], builds, stack)
            stack.append(made[variant])
        found[reference] = [built.blob for built in stack]
    return found


def assemble(context: BuildContext, registry: Registry, reference: str, parts: list[Blob]) -> Image:
    """Put the image of a recipe into the registry; the same input gives the same digest."""
    recipe: Recipe = context.lock.images[reference]
    repository, tag = oci.split(reference)
    words = (recipe.entrypoint, recipe.environment, recipe.command)
    configuration = oci.config(context.lock.architecture, parts, *words)
    configuration_digest = digest(configuration)
    manifest = oci.manifest(configuration, configuration_digest, parts)
    for part in (blob.artefact for blob in parts):
        registry.put_blob(repository, f"sha256:{part['sha256']}", context.store.path(part["sha256"]))
    registry.put_blob(repository, configuration_digest, configuration)
    registry.put_manifest(repository, digest(manifest), manifest, tag)
    size = len(manifest) + len(configuration) + sum(blob.artefact["size"] for blob in parts)
    return {"digest": digest(manifest), "size": size}


def digest(data: bytes) -> str:
    """sha256:<hex> of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
