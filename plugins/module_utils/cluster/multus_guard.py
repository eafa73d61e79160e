# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pods lose with an attachment that is removed: without it, a pod that names it does not start again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from ..objects import stages
from ..objects.engine import Engine
from ..objects.live import served
from ..objects.planning import ObjectsPlan, Verdict
from ..objects.transport import Json, items
from .multus_objects import KIND, ROLE
from .upstream import ClusterLayerError

#: The option of the module, which the role has with its name in front.
CONSENT = "release_attachments"
#: The annotation by which a pod names its attachments (Network Plumbing Working Group, multi-net-spec 4.1).
NETWORKS = "k8s.v1.cni.cncf.io/networks"
_GROUP, _CRD = "k8s.cni.cncf.io", "network-attachment-definitions.k8s.cni.cncf.io"
_ATTACHMENTS, _PODS = f"/apis/{_GROUP}/v1/network-attachment-definitions", "/api/v1/pods"
#: One item of the short form of the annotation: NAMESPACE/NAME@INTERFACE.
_SHORT = re.compile(r"(?:([^/@\s]+)/)?([^/@\s]+)(?:@\S+)?")


def guard(engine: Engine, plan: ObjectsPlan) -> None:
    """Refuse a plan by which attachments go that pods name, or by which those of others go with their kind.

    :raises ClusterLayerError: with the pods and attachments, and the consent.
    """
    gone = {
        (one.key.namespace, one.key.name)
        for one in plan.outcomes
        if one.key[:2] == (_GROUP, KIND) and one.verdict is Verdict.REMOVE
    }
    removal = any(
        one.key[:2] == stages.CRD and one.key.name == _CRD and one.verdict is Verdict.REMOVE for one in plan.outcomes
    )
    if not gone and not removal:
        return
    others = [one for one in map(_name, served(engine.transport, _ATTACHMENTS)) if one not in gone] if removal else []
    lost = [f"{KIND} {space}/{name} is of somebody else" for space, name in others]
    lost += [f"pod {pod} has {space}/{name}" for pod, (space, name) in _used(engine, {*gone, *others})]
    if lost:
        raise ClusterLayerError(
            f"{'; '.join(lost)}. Leave the attachments, or consent to their removal with {ROLE}_{CONSENT}: true"
        )


def _name(item: Json) -> tuple[str, str]:
    return str(item["metadata"].get("namespace") or ""), str(item["metadata"]["name"])


def _used(engine: Engine, gone: set[tuple[str, str]]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Pods that have not ended, with each attachment of ``gone`` that they name."""
    for pod in items(engine.transport, _PODS):
        if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            space, name = _name(pod)
            text = (pod["metadata"].get("annotations") or {}).get(NETWORKS) or ""
            yield from ((f"{space}/{name}", one) for one in named(text, space) if one in gone)


def named(annotation: str, namespace: str) -> list[tuple[str, str]]:
    """The attachments, as namespace and name, that the annotation of a pod names; none that can't be read.

    :param namespace: that of the pod, which is meant where an item has none.
    """
    if annotation.lstrip().startswith("["):
        try:
            listed = json.loads(annotation)
        except ValueError:  # Multus does not start such a pod either
            return []
        found = [(one.get("namespace") or namespace, one.get("name") or "") for one in listed if isinstance(one, dict)]
    else:
        found = list(_short(annotation.split(","), namespace))
    return list(dict.fromkeys((str(space), str(name)) for space, name in found))


def _short(texts: Iterable[str], namespace: str) -> Iterator[tuple[str, str]]:
    for text in texts:
        if match := _SHORT.fullmatch(text.strip()):
            yield match[1] or namespace, match[2]
