# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""konnectivity beside a hosted control plane: whether it is there, and the input of the role `konnectivity`."""

from __future__ import annotations

import typing as t

from ..cluster import konnectivity
from ..kube import egress
from .layout import Layout
from .networks import chosen
from .providers import timings

View = dict[str, t.Any]
LAYER, ROLE = "konnectivity", konnectivity.ROLE
#: Ports of the server on the host of the control plane, which the API itself can't have there.
PORTS = (egress.PORT, egress.HEALTH_PORT, egress.ADMIN_PORT)


def wanted(layout: Layout) -> bool:
    """Whether the API server goes to pods through it: a hosted control plane, to whose host the provider of the network
    gives no routes to pods."""
    provider = chosen(layout.cloud)
    return layout.hosted and layout.cluster is not None and not (provider and provider.of_hosted)


def view(layout: Layout) -> View:
    """The role input `konnectivity_config`; also where it is not wanted, for the objects that are removed then."""
    settings = layout.cloud.kubernetes
    if settings is None:
        return {}
    return {"server": f"{settings.host}:{egress.PORT}", **timings(settings)}


def of_server(layout: Layout) -> View:
    """What `hosted_control_plane_config` has of it."""
    return {"konnectivity": {"port": egress.PORT}} if wanted(layout) else {}


def server_needs(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The image of the server, from the input `hosted_control_plane_config`."""
    return (egress.SERVER_IMAGE,) if "konnectivity" in params else ()


def needs(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The image of agents."""
    return (konnectivity.IMAGE,)
