# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The classes of the model for a network of one's own, the provider `custom`."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..promises.promise import Promise
from . import enums, notations, scalars
from .fields import many, named, one, own_name


@dataclass(frozen=True)
class CustomManifest:
    """Objects of the network: from a file or directory, from a URL, or without both those of a manifest of the lock."""

    name: str = own_name("Name of the manifest; without `path` and `url` that of a manifest in the bundle's lock.")
    path: str | None = one(
        notations.BESIDE,
        "File, or directory of files, *.yaml, *.yml and *.json, on the controller; relative to the model.",
        default=None,
    )
    url: str | None = one(scalars.URL, "URL from which the bundle gets it.", default=None)
    sha256: str | None = one(notations.SHA256, "Digest of the file at `url`; required with it.", default=None)


@dataclass(frozen=True)
class CustomNetwork:
    """A network of one's own: what is applied, what it needs, and what it promises. Only for the provider `custom`."""

    manifests: t.Mapping[str, CustomManifest] = named(
        CustomManifest,
        "What is applied to the cluster, all of it as one set; without manifests you install the network yourself.",
    )
    images: tuple[str, ...] = many(
        notations.IMAGE_REFERENCE,
        "Images of its pods, which the bundle holds; an image of the manifests that is not among them is refused.",
        example="[docker.io/antrea/antrea-agent-ubuntu:v2.4.3]",
    )
    kernel_modules: tuple[str, ...] = many(
        notations.KERNEL_MODULE, "Kernel modules that its nodes need.", example="[openvswitch, geneve]"
    )
    overhead: int | None = one(
        scalars.COUNT,
        "Bytes that it takes from the MTU of the network below, where that is more than the headers of "
        "`network.encapsulation`.",
        default=None,
        unit="bytes",
        checked_only=True,
    )
    known_as: tuple[enums.NetworkProvider, ...] = many(
        enums.NetworkProvider,
        "Networks that it is, by the names of their providers, so that its daemons and files are not taken for those "
        "of another network.",
        example="[calico]",
    )
    promises: tuple[Promise, ...] = many(
        Promise,
        "What it promises. The model is judged by that, and the proofs of these promises are owed.",
        example="[pod_to_pod, services, policy_pods]",
    )
