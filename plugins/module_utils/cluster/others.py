# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a cluster has another network than the wanted one, by the sets and DaemonSets in the table of traces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..network.traces import TRACES, others, refusal
from ..objects.applyset import PARENTS
from ..objects.errors import ObjectsError
from ..objects.live import get
from ..objects.manifests import Definition
from ..objects.transport import Transport, items
from .upstream import ClusterLayerError

#: Namespace of the ConfigMaps that stand for the sets of objects.
NAMESPACE = "kube-system"
DAEMON_SETS = "/apis/apps/v1/daemonsets"


class OtherNetwork(ObjectsError):
    """The cluster has another network. Nothing was changed."""


def refuse(transport: Transport, provider: str, known_as: Sequence[str], wanted: Iterable[Definition]) -> None:
    """Refuse to bring a network into a cluster that has another one.

    :param provider: the wanted one, as the table of traces calls it.
    :param known_as: networks of the table that it is, where it is one of the user's own.
    :param wanted: its definitions.
    :raises OtherNetwork: with the name of the other, what was found, and the way out.
    :raises ClusterLayerError: the definitions are those of a network that ``known_as`` does not name.
    """
    if unknown := [name for name in known_as if name not in TRACES]:
        raise ClusterLayerError(f"known_as: {unknown[0]} is no network; there are {', '.join(TRACES)}")
    rivals = others(provider, tuple(known_as))
    own = {one.name for one in wanted if one.kind == "DaemonSet"}
    for name, trace in rivals.items():
        if mine := sorted(own & {*trace.daemon_sets}):
            raise ClusterLayerError(
                f"the manifests have the DaemonSet {mine[0]}, which is that of {name}; write known_as: [{name}] "
                "(network.custom.known_as of a model), so that it is not taken for another network"
            )
    found = _found(transport, provider, rivals)
    if found:
        name = next(iter(found))
        raise OtherNetwork(refusal(name, provider, found[name]))


def _found(transport: Transport, provider: str, rivals: Mapping[str, object]) -> dict[str, list[str]]:
    """What the cluster has of other networks: {provider: objects}. Only one of them has a set."""
    running: dict[str, list[str]] = {}
    for item in items(transport, DAEMON_SETS, {}):
        meta = item["metadata"]
        running.setdefault(meta["name"], []).append(f"DaemonSet {meta['namespace']}/{meta['name']}")
    found: dict[str, list[str]] = {}
    for name, trace in TRACES.items():
        sets = trace.sets if name != provider else ()
        parents = [one for one in sets if get(transport, PARENTS["ConfigMap"].path(NAMESPACE, one))]
        texts = [f"the set of objects {NAMESPACE}/{one}" for one in parents]
        texts += [text for one in trace.daemon_sets if name in rivals for text in running.get(one, ())]
        if texts:
            found[name] = texts
    return found
