# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which layers have to run on a host, from what the probe found on it and on all machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: Layers below an operating system, from the cable upwards: their names, which are also those of their roles, and the
#: groups of the hosts that have them.
BELOW = {"switch": "switches", "provisioner": "provisioners", "machine": "machines"}


def layers_to_run(layers: Sequence[Mapping[str, Any]], own: Iterable[str], anywhere: Iterable[str]) -> list[str]:
    """Names of the host's layers that have to run on it, in their order.

    :param layers: the host's ``groundup_layers``, each with ``name`` and perhaps ``follows``.
    :param own: layers that differ on this host.
    :param anywhere: layers that differ on any machine; a layer runs also where one that it follows is among them.
    """
    differing, changing = set(own), set(anywhere)
    return [layer["name"] for layer in layers if layer["name"] in differing or changing & set(layer.get("follows", ()))]


def hosts_to_run(
    hostvars: Mapping[str, Mapping[str, Any]],
    hosts: Iterable[str],
    anywhere: Sequence[str],
    tags: Sequence[str],
    skipped: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """Each host with each layer that has to run on it: [(host, layer)], by host and then in the order of its layers.

    A host that was not compared, or that a plan would deploy, runs none.

    :param anywhere: layers that differ on any machine.
    :param tags: ``ansible_run_tags``, and ``skipped`` is ``ansible_skip_tags``.
    """
    found: list[tuple[str, str]] = []
    for host in hosts:
        variables = hostvars[host]
        probe = variables.get("groundup_probe") or {}
        own = probe.get("differs")
        if own is None or probe.get("changed") or not (own or anywhere):
            continue
        layers = chosen_layers(variables.get("groundup_layers") or (), tags, skipped)
        found += [(host, layer) for layer in layers_to_run(layers, own, anywhere)]
    return found


def chosen_layers(
    layers: Sequence[Mapping[str, Any]], tags: Sequence[str], skipped: Sequence[str] = ()
) -> list[Mapping[str, Any]]:
    """The layers that the tags of the run name, in their order: each layer has a tag of its name.

    :param tags: ``ansible_run_tags``; ``all`` where the run names none.
    :param skipped: ``ansible_skip_tags``.
    """
    return [layer for layer in layers if ("all" in tags or layer["name"] in tags) and layer["name"] not in skipped]
