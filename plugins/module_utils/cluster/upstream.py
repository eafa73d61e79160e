# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests of upstream, verified by their digest before they are read."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..download.file import Part, download
from ..errors import CloudError
from ..objects.manifests import Definition, of_text

REMEDY = "is the server up, and is this the manifest's URL?"


class ClusterLayerError(CloudError):
    """The input of a layer of the cluster is wrong."""


def refuse(wrong: Iterable[str]) -> None:
    """Refuse an input with everything that is wrong, if anything is.

    :raises ClusterLayerError: with all of it.
    """
    if texts := list(wrong):
        raise ClusterLayerError("; ".join(texts))


def definitions(role: str, manifest: Mapping[str, Any], key: str = "manifest") -> list[Definition]:
    """Return the definitions of a manifest.

    :param role: the role of whose input it is, for messages.
    :param manifest: ``path`` or ``url``, and ``sha256``.
    :param key: where it stands in the input.
    :raises ClusterLayerError: it can't be read, or has another digest.
    :raises DownloadError: it can't be downloaded.
    """
    path, url, wanted = manifest.get("path"), manifest.get("url"), str(manifest.get("sha256") or "")
    place = f"{role}_config.{key}"
    if bool(path) == bool(url) or not wanted:
        raise ClusterLayerError(f"{place}: needs sha256 and either path or url; does the bundle hold it?")
    if url:
        return _parsed(place, str(url), _downloaded(str(url), wanted), wanted)
    try:
        content = Path(str(path)).expanduser().read_bytes()
    except OSError as error:
        raise ClusterLayerError(f"{place}.path: {path}: {error.strerror}; make the bundle, or correct it") from error
    return _parsed(place, str(path), content, wanted)


def _downloaded(url: str, wanted: str) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        part = Path(directory, "manifest")
        download("manifest", url, wanted, Part(part), sleep=time.sleep, remedy=REMEDY)
        return part.read_bytes()


def _parsed(place: str, source: str, content: bytes, wanted: str) -> list[Definition]:
    digest = hashlib.sha256(content).hexdigest()
    if digest != wanted:
        raise ClusterLayerError(
            f"{place}: {source} has the sha256 {digest}, wanted is {wanted}; nothing was applied. Take the file of the "
            "release, or correct sha256"
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ClusterLayerError(f"{place}: {source} is not a text in UTF-8 ({error}); name a YAML file") from error
    return of_text(text, Path(source).name)
