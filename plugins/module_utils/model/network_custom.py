# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network provider `custom`: the input of the role `network_custom`, and what the bundle holds for it."""

from __future__ import annotations

import typing as t

from ..cluster import network_custom as custom
from .bundle_facts import beside, manifest
from .custom_network import CustomManifest
from .enums import NetworkProvider
from .layout import Layout
from .providers import Provider
from .types import Cloud

View = dict[str, t.Any]


def is_given(cloud: Cloud) -> bool:
    """Whether the model has the objects of the network; otherwise people install it themselves."""
    return bool(cloud.network.custom.manifests)


def network_custom(layout: Layout) -> View:
    """The role input `network_custom_config`; empty while the model names no network of the cluster."""
    own = layout.cloud.network.custom
    if layout.cloud.kubernetes is None or layout.cluster is None:
        return {}
    known_as = [str(name) for name in own.known_as]
    return {
        "manifests": [_entry(one) for one in own.manifests.values()],
        "images": list(own.images),
        **({"known_as": known_as} if known_as else {}),
    }


def _entry(one: CustomManifest) -> View:
    if one.path:
        return {"name": one.name, "path": beside(one.path)}
    return {"name": one.name, **{key: manifest(one.name, key) for key in ("path", "sha256")}}


def files(cloud: Cloud) -> list[str]:
    """The files and directories on the controller from which it is applied."""
    if cloud.network.provider is not NetworkProvider.CUSTOM or cloud.kubernetes is None:
        return []
    return [beside(one.path) for one in cloud.network.custom.manifests.values() if one.path]


def needs(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifests that are not beside the model, and the images."""
    held = [f"manifest:{entry['name']}" for entry in params.get("manifests", ()) if "sha256" in entry]
    return (*held, *params.get("images", ()))


def additions(cloud: Cloud) -> View:
    """What the bundle holds for it beyond the lock, as `bundle_config.additions`; empty without any."""
    if cloud.network.provider is not NetworkProvider.CUSTOM or cloud.kubernetes is None:
        return {}
    own = cloud.network.custom
    manifests = {one.name: {"url": one.url, "sha256": one.sha256} for one in own.manifests.values() if one.url}
    found: View = {"manifests": manifests, "images": list(own.images)}
    return {name: value for name, value in found.items() if value}


PROVIDER = Provider(
    role=custom.ROLE, of_cluster=network_custom, api=True, needs=needs, follows=("kubernetes",), when=is_given
)
