# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for what serves the cluster: Node, Namespace, CRD, APIService, PersistentVolumeClaim and Service."""

from __future__ import annotations

from datetime import datetime

from ..waiting.missing import Row
from .fields import Item, at, because, condition, deleted, is_true, lacking, since, unreported, why

#: Conditions of a Node that are true where something is wrong.
PRESSURE = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")


def node(item: Item, _now: datetime) -> Row | None:
    """Its kubelet reports it as ready."""
    return unready(item)


def unready(item: Item) -> Row | None:
    """The row of a Node that is not ready; the object may be of a list, whose items do not tell their kind."""
    found, name = condition(item, "Ready"), str(at(item, "metadata", "name"))
    if found.get("status") == "True":
        return None
    if not found:
        return Row(name, "its kubelet has not reported the condition Ready")
    return Row(name, because("not ready", found), since=since(found))


def namespace(item: Item, _now: datetime) -> Row | None:
    """It is active; while it is deleted, its conditions name what is left in it."""
    if at(item, "status", "phase") != "Terminating":
        return None
    left = [why(entry) for entry in at(item, "status", "conditions") or () if entry.get("status") == "True"]
    row = deleted(item)
    return lacking(item, "; ".join(["it is being deleted", *left]), row.since if row else "")


def crd(item: Item, now: datetime) -> Row | None:
    """Its names are accepted and it is served."""
    names, served = condition(item, "NamesAccepted"), condition(item, "Established")
    if is_true(item, "Terminating"):
        return lacking(item, because("it is being deleted", condition(item, "Terminating")))
    if names.get("status") == "False":
        return lacking(item, because("its names are not accepted", names), since(names))
    if served.get("status") == "True":
        return None
    return lacking(item, because("it is not served yet", served), since(served)) if served else unreported(item, now)


def api_service(item: Item, now: datetime) -> Row | None:
    """The aggregation layer reaches its service."""
    found = condition(item, "Available")
    if found.get("status") == "True":
        return None
    return lacking(item, because("not available", found), since(found)) if found else unreported(item, now)


def claim(item: Item, now: datetime) -> Row | None:
    """It is bound to a volume."""
    phase = at(item, "status", "phase")
    if phase == "Bound":
        return None
    if phase == "Lost":
        return lacking(item, f"its volume {at(item, 'spec', 'volumeName')} does not exist any longer")
    if phase is None:
        return unreported(item, now)
    of_class = at(item, "spec", "storageClassName")
    reason = f"no volume of StorageClass {of_class} is bound to it" if of_class else "no volume is bound to it"
    return lacking(item, reason, str(at(item, "metadata", "creationTimestamp") or ""))


def service(item: Item, _now: datetime) -> Row | None:
    """One of type LoadBalancer has an address; every other one is as wanted."""
    if at(item, "spec", "type") != "LoadBalancer" or at(item, "status", "loadBalancer", "ingress"):
        return None
    of_class = at(item, "spec", "loadBalancerClass")
    reason = f"no load balancer of class {of_class}" if of_class else "no load balancer"
    created = str(at(item, "metadata", "creationTimestamp") or "")
    return lacking(item, f"{reason} has given it an address", created)
