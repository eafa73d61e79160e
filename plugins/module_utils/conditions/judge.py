# SPDX-License-Identifier: GPL-3.0-or-later
"""Is an object as its controller wants it? By the rule of its kind, else by the conventions of conditions."""

from __future__ import annotations

from datetime import datetime

from ..waiting.missing import Row
from . import containers, disk_images, kube_ovn, rook, serving, virtual_machines, workloads
from .fields import Item, Rule, at, because, condition, deleted, group, is_true, lacking, since, unobserved

#: (API group, kind) -> its rule.
RULES: dict[tuple[str, str], Rule] = {
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("batch", "Job"): workloads.job,
    ("", "Pod"): containers.pod,
    ("", "Node"): serving.node,
    ("", "Namespace"): serving.namespace,
    ("", "PersistentVolumeClaim"): serving.claim,
    ("", "Service"): serving.service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): serving.crd,
    ("apiregistration.k8s.io", "APIService"): serving.api_service,
    **rook.RULES,
    **kube_ovn.RULES,
    **virtual_machines.RULES,
    **disk_images.RULES,
}
#: Conditions of custom resources that tell of their readiness, the decisive one first.
READY = ("Ready", "Available")


def judge(item: Item, now: datetime) -> Row | None:
    """What an object lacks; None where it is as its controller wants it.

    :param item: with ``apiVersion`` and ``kind``, which the items of a list do not have.
    :param now: the time, with its zone; an object that no controller has reported on for long is shown with that time.
    :raises NeverReached: its state is final, and not the wanted one.
    """
    rule = RULES.get((group(item), str(item.get("kind"))))
    if rule:
        return rule(item, now) or deleted(item)
    return deleted(item) or by_conditions(item, now)


def by_conditions(item: Item, now: datetime) -> Row | None:
    """The rule for all other kinds: generation and conditions as of kstatus. Where an object has neither, its existence
    is all that can be judged; :func:`.expression.expression` says more of such kinds."""
    if at(item, "status", "observedGeneration") is not None and (row := unobserved(item, now)):
        return row
    for kind in ("Stalled", "Reconciling"):
        if is_true(item, kind):
            entry = condition(item, kind)
            return lacking(item, because(kind, entry), since(entry))
    entry = next((found for kind in READY if (found := condition(item, kind))), {})
    if not entry:
        return None
    if entry.get("status") != "True":
        return lacking(item, because(f"{entry['type']} is {entry.get('status')}", entry), since(entry))
    wanted, seen = at(item, "metadata", "generation"), entry.get("observedGeneration")
    if wanted is not None and seen is not None and int(seen) < int(wanted):
        return lacking(item, f"its condition {entry['type']} is of generation {seen}, not yet of {wanted}")
    return None
