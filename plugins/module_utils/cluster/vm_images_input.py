# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the input of the role vm_images has to be, and words that its other parts share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ..vms.sources import BOTH, DIGESTED, DOCKER, SHA256, URL
from . import instance_types, schedules
from .multus_objects import ALWAYS
from .quantities import canonical
from .upstream import refuse

Params = Mapping[str, Any]
ROLE, NAMESPACE = "vm_images", "golden-images"
#: CDI's own number of imports that are kept.
RETENTION = 3
#: The volume of an import is called NAME-DIGEST, with 12 digits, and its name becomes a label of at most 63 characters.
LONGEST = 50
NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_CLASS = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_TAGGED = re.compile(r"docker://[^\s/@]+/[^\s:@]+(:[^\s/:@]+)?")


def check(params: Params) -> None:
    """Check the input.

    :raises ClusterLayerError: with everything that is wrong.
    """
    refuse(_wrong(params))


def images(params: Params) -> list[Params]:
    """The images of the input."""
    return list(params.get("images") or ())


def namespace(params: Params) -> str:
    """The namespace of the images."""
    return str(params.get("namespace") or NAMESPACE)


def _wrong(params: Params) -> Iterator[str]:
    space, seen = namespace(params), set[str]()
    if not NAME.fullmatch(space) or len(space) > 63:
        yield f"{ROLE}_config.namespace: {space} is no name of a namespace"
    elif space in ALWAYS:
        yield f"{ROLE}_config.namespace: {space} is a namespace of Kubernetes; give one for images alone"
    for index, one in enumerate(images(params)):
        where = f"{ROLE}_config.images[{index}]"
        name = str(one.get("name") or "")
        if problem := name_fault(name):
            yield f"{where}.name: {name} {problem}"
        if name in seen:
            yield f"{where}.name: there is an image {name} already; rename one of them"
        seen.add(name)
        for key, message, remedy in faults(one):
            yield f"{where}.{key}: {message}; {remedy}"


def name_fault(name: str) -> str:
    """What is wrong with the name of an image, with the remedy; empty if nothing is."""
    if not NAME.fullmatch(name):
        return "is no name of an object; take lowercase letters, digits and dashes"
    if len(name) > LONGEST:
        return f"has {len(name)} characters; take at most {LONGEST}, since a volume has it with the digest behind it"
    return ""


def faults(one: Params) -> Iterator[tuple[str, str, str]]:
    """What is wrong with an image beside its name: the key, what is wrong, and the remedy."""
    source = one.get("source") or {}
    scheduled = bool(one.get("schedule"))
    yield from source_faults(source, scheduled)
    if problem := size_fault(str(one.get("size") or "")):
        yield "size", problem, "give the size of its disk, such as 10Gi"
    storage = str(one.get("storage_class") or "")
    if storage and not _CLASS.fullmatch(storage):
        yield "storage_class", f"{storage} is no name of a storage class", "give one such as rook-ceph-block"
    if scheduled and not source.get("registry"):
        yield "schedule", "is for images of registries alone", "remove it, or name a registry"
    elif scheduled and (problem := schedules.fault(str(one["schedule"]))):
        yield "schedule", f"{one['schedule']} {problem}", 'write it as cron does, such as "30 4 * * 1"'
    retention = one.get("retention")
    if retention is not None and not scheduled:
        yield "retention", "has no effect without schedule", "write schedule, or remove it"
    elif retention is not None and int(retention) < 1:
        yield "retention", f"{retention} is not at least 1", f"give the number of imports to keep, such as {RETENTION}"
    for key, known in (
        ("instance_type", instance_types.KNOWN_TYPES),
        ("preference", instance_types.KNOWN_PREFERENCES),
    ):
        value = str(one.get(key) or "")
        if value and value not in known:
            what = key.replace("_", " ")
            yield key, f"{value} is no {what}", meant(value, known)


def source_faults(source: Params, scheduled: bool) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the source of an image."""
    http, registry, sha256 = (str(source.get(key) or "") for key in ("http", "registry", "sha256"))
    if bool(http) == bool(registry):
        yield "source", "needs either http or registry", "keep one of them"
    elif http:
        if not URL.fullmatch(http):
            yield "source.http", f"{http} is no URL of a file", "give one such as https://example.net/debian-13.qcow2"
        if not sha256:
            yield "source.sha256", "is missing", "give the digest of the file, which CDI compares"
        elif not SHA256.fullmatch(sha256):
            yield "source.sha256", f"{sha256} is no digest", "give 64 hexadecimal digits in lower case"
    elif sha256:
        yield "source.sha256", "is the digest of a file", "write that of an image behind its name: @sha256:DIGEST"
    elif BOTH.fullmatch(registry):
        yield "source.registry", f"{registry} has a tag and a digest, which CDI does not take", "keep one of them"
    elif scheduled and not _TAGGED.fullmatch(registry):
        remedy = f"write {DOCKER}HOST/NAME:TAG without a digest, or remove schedule"
        yield "source.registry", f"{registry} is no name whose image may change", remedy
    elif not scheduled and not DIGESTED.fullmatch(registry):
        remedy = f"write {DOCKER}HOST/NAME@sha256:DIGEST, or give a schedule on which a tag is looked at"
        yield "source.registry", f"{registry} is no image with a digest", remedy


def size_fault(size: str) -> str:
    """What is wrong with the size of a disk; empty if nothing is."""
    if not size:
        return "is missing"
    try:
        return f"{size} is nothing" if canonical(size) == "0" else ""
    except ValueError as error:
        return str(error)


def meant(value: str, known: Sequence[str]) -> str:
    """The name that was probably meant, or some that are known."""
    close = get_close_matches(value, known, n=1)
    return f"did you mean {close[0]}?" if close else f"such are {', '.join(known[:4])}"
