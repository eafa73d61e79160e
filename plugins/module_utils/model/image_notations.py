# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scalars of golden images of virtual machines: names, sizes, schedules, instance types and preferences."""

from __future__ import annotations

import typing as t

from ..cluster import instance_types, schedules, vm_images_input
from .scalars import LABEL, BadScalar, Scalar, pattern, plain_text


def _disk_image_name(value: t.Any) -> str:
    remedy = f"use lower-case letters, digits and inner dashes, at most {vm_images_input.LONGEST} characters"
    text = plain_text(value, remedy)
    if vm_images_input.name_fault(text):
        raise BadScalar("is not a valid name of a golden image", remedy)
    return text


def _disk_size(value: t.Any) -> str:
    remedy = "give a whole quantity such as 10Gi"
    text = plain_text(value, remedy)
    if vm_images_input.size_fault(text):
        raise BadScalar("is not the size of a disk", remedy)
    return text


def _schedule(value: t.Any) -> str:
    remedy = 'write it as cron does, such as "30 4 * * 1"'
    text = plain_text(value, remedy)
    if problem := schedules.fault(text):
        raise BadScalar(problem, remedy)
    return " ".join(text.split())


def _one_of(known: t.Sequence[str], what: str) -> t.Callable[[t.Any], str]:
    def parse(value: t.Any) -> str:
        text = plain_text(value, f"give one such as {known[0]}")
        if text not in known:
            raise BadScalar(f"is no {what}", vm_images_input.meant(text, known))
        return text

    return parse


DISK_IMAGE = Scalar(
    "disk image of a registry",
    pattern(
        r"docker://[^\s/@]+/[^\s:@]+(:[^\s/:@]+|@sha256:[0-9a-f]{64})?",
        "disk image of a registry",
        "write docker://HOST/NAME:TAG or docker://HOST/NAME@sha256:DIGEST",
    ),
    {"type": "string", "pattern": "^docker://[^ /@]+/[^ ]+$"},
)
DISK_IMAGE_NAME = Scalar(
    "name of a golden image",
    _disk_image_name,
    {"type": "string", "pattern": f"^{LABEL}$", "maxLength": vm_images_input.LONGEST},
)
DISK_SIZE = Scalar("size of a disk", _disk_size, {"type": "string", "pattern": "^[0-9]+([KMGTPE]i|[kMGTPE])?$"})
SCHEDULE = Scalar("schedule", _schedule, {"type": "string", "pattern": r"^[0-9*/,-]+( +[0-9*/,-]+){4}$"})
INSTANCE_TYPE = Scalar(
    "instance type",
    _one_of(instance_types.KNOWN_TYPES, "instance type"),
    {"type": "string", "enum": list(instance_types.KNOWN_TYPES)},
)
PREFERENCE = Scalar(
    "preference",
    _one_of(instance_types.KNOWN_PREFERENCES, "preference"),
    {"type": "string", "enum": list(instance_types.KNOWN_PREFERENCES)},
)
