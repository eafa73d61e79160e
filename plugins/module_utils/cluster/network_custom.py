# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_custom: a network of the user's own, from manifests, as one set.

Nothing of it is changed: its settings, such as the range of pods and their MTU, are what its manifests say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..objects.manifests import Definition, ManifestError, of_file
from .upstream import ClusterLayerError, definitions

ROLE = "network_custom"
#: Names of archives of Helm charts, and the file that makes a directory a chart.
ARCHIVES, CHART = (".tgz", ".tar.gz"), "Chart.yaml"
CONTAINERS = ("containers", "initContainers")
#: The registry of images that name none, and the repositories there that have no owner in their names.
DOCKER, LIBRARY = "docker.io", "library"


def render(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions of all manifests.

    :raises ClusterLayerError: a manifest can't be read, is a chart or has another digest, or an image is not named.
    """
    given = params.get("manifests") or []
    if not given:
        raise ClusterLayerError(f"{ROLE}_config.manifests is empty; name the manifests of the network")
    found = [one for number, manifest in enumerate(given) for one in _read(f"manifests[{number}]", manifest)]
    images = params.get("images")
    if images is not None:
        _check_images(found, images)
    return found


def _read(key: str, manifest: Mapping[str, Any]) -> list[Definition]:
    path, place = manifest.get("path"), f"{ROLE}_config.{key}"
    _refuse_charts(place, str(path or manifest.get("url") or ""))
    if not path or manifest.get("sha256") or manifest.get("url"):
        return definitions(ROLE, manifest, key)
    try:
        return of_file(Path(str(path)).expanduser())
    except OSError as error:
        raise ClusterLayerError(f"{place}.path: {path}: {error.strerror}; correct it, or put the file there") from error
    except UnicodeDecodeError as error:
        raise ClusterLayerError(f"{place}.path: {path} is not a text in UTF-8 ({error}); name a YAML file") from error
    except ManifestError as error:
        raise ClusterLayerError(f"{place}.path: {error}") from error


def _refuse_charts(place: str, source: str) -> None:
    if source.endswith(ARCHIVES) or (source and (Path(source).expanduser() / CHART).is_file()):
        raise ClusterLayerError(
            f"{place}: {source} is a Helm chart, which this role does not render; render it with `helm template NAME "
            "CHART --namespace NAMESPACE --include-crds > DIRECTORY/chart.yml` and name this directory, or put the "
            "chart into a lock of your own under `charts` with `rendered` and name its manifest"
        )


def _check_images(found: list[Definition], named: list[str]) -> None:
    """Refuse images that are not named: the bundle does not hold them, and no machine of a closed site gets them."""
    known = {normal(name) for name in named}
    missing: dict[str, str] = {}
    for one in found:
        for image in images_of(one.body):
            if normal(image) not in known:
                missing.setdefault(normal(image), f"{one.kind} {one.name} ({one.where})")
    if missing:
        raise ClusterLayerError(
            f"{ROLE}_config.images lacks images of the manifests, so the bundle may not hold them: "
            + "; ".join(f"{image} of {where}" for image, where in missing.items())
            + ". Add them there; with a model, to network.custom.images"
        )


def images_of(value: Any) -> Iterator[str]:
    """The images of all containers in an object, in templates of pods of any kind."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in CONTAINERS and isinstance(item, list):
                yield from (str(one["image"]) for one in item if isinstance(one, dict) and one.get("image"))
            yield from images_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from images_of(item)


def normal(image: str) -> str:
    """An image's name as container runtimes read it: with its registry and its tag, without a digest."""
    name = image.partition("@")[0]
    first, slash, __ = name.partition("/")
    if not slash:
        name = f"{DOCKER}/{LIBRARY}/{name}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"{DOCKER}/{name}"
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
