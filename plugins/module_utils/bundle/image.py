# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of a bundle: layers plus a configuration, put into the registry's storage."""

from __future__ import annotations

import hashlib
import typing as t

from . import image_storage as oci
from .build import BuildContext, Made, layered
from .image_storage import Registry
from .lock import Recipe

Image = dict[str, t.Any]  # {"digest": "sha256:…", "size": bytes of all its blobs}


def layers(context: BuildContext, references: list[str], builds: dict[str, Made]) -> Made:
    """Every layer that the images need, each made once: {layer name: artefact}."""
    names = dict.fromkeys(name for reference in references for name in context.lock.images[reference].layers)
    return {name: layered(context, name, builds) for name in names}


def assemble(context: BuildContext, registry: Registry, reference: str, made: Made) -> Image:
    """Put the image of a recipe into the registry; the same input gives the same digest."""
    recipe: Recipe = context.lock.images[reference]
    repository, tag = oci.split(reference)
    parts = [made[name] for name in recipe.layers]
    configuration = oci.config(context.lock.architecture, parts, recipe.entrypoint, recipe.environment)
    configuration_digest = digest(configuration)
    manifest = oci.manifest(configuration, configuration_digest, parts)
    for part in parts:
        registry.put_blob(repository, f"sha256:{part['sha256']}", context.store.path(part["sha256"]))
    registry.put_blob(repository, configuration_digest, configuration)
    registry.put_manifest(repository, digest(manifest), manifest, tag)
    size = len(manifest) + len(configuration) + sum(part["size"] for part in parts)
    return {"digest": digest(manifest), "size": size}


def digest(data: bytes) -> str:
    """sha256:<hex> of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
