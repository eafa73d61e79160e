# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machines initialize, join or stay as they are, from observations of machines and the live cluster. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from . import version
from .errors import KubeError
from .observe import unfinished

Observations = t.Mapping[str, t.Mapping[str, t.Any]]


@dataclass
class Plan:
    """Names of machines by what is done on them.

    ``init``: initializes the cluster, or finishes that. ``api_host``: the member through which the cluster is changed.
    ``stale``: etcd members without a machine behind them, {id, name}. ``reset``: machines with the state of an
    attempt that did not end. ``finished``: joining machines whose join succeeded while no controller
    waited (it was killed), so that only its record is missing. ``refresh``: control planes whose
    manifests are not what they should be, or whose certificates end soon (``renew``).
    ``nodes``: the live nodes, as in Observation.
    """

    init: str = ""
    api_host: str = ""
    join_control_planes: list[str] = field(default_factory=list)
    join_workers: list[str] = field(default_factory=list)
    reset: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    stale: list[dict[str, str]] = field(default_factory=list)
    refresh: list[str] = field(default_factory=list)
    renew: list[str] = field(default_factory=list)
    nodes: dict[str, t.Any] = field(default_factory=dict)
    ready: bool = False

    @property
    def joins(self) -> list[str]:
        """All that join."""
        return self.join_control_planes + self.join_workers


def plan(
    seen: Observations, control_planes: t.Collection[str], *, reset: bool = False, failed: t.Collection[str] = ()
) -> dict[str, t.Any]:
    """The plan, as a dict: keys of Plan, ``joins``, and ``forming``, whether a machine initializes or joins it.

    ``seen``: observations by name of the machine. ``control_planes``: all that the model names, seen or not.
    ``failed``: machines that failed earlier in this run, which therefore were not read.
    ``reset``: consent to reset machines that belong to a cluster which was not observed.

    :raises KubeError: when continuing could create a second cluster or lose the first.
    """
    known = bool(_clusters(seen))
    done = _with_cluster(seen, control_planes, reset) if known else _without_cluster(seen, control_planes, failed)
    return vars(done) | {"joins": done.joins, "forming": bool(done.init or done.joins)}


def _clusters(seen: Observations) -> set[str]:
    found = {host: item["cluster"]["ca"] for host, item in seen.items() if item["cluster"]}
    if len(set(found.values())) > 1:
        text = ", ".join(f"{host} (CA {ca[:12]})" for host, ca in sorted(found.items()))
        raise KubeError(f"control planes of different clusters: {text}; take those of the wrong one out of the model")
    return set(found.values())


def _unfinished(item: t.Mapping[str, t.Any], kind: str) -> bool:
    return unfinished(item["attempt"], kind)


def _is_running(item: t.Mapping[str, t.Any]) -> bool:
    """Whether a join of an earlier run still runs, or ended and wasn't recorded: it is waited for, never reset."""
    return _unfinished(item, "join") and bool(item["attempt"].get("alive"))


def _without_cluster(seen: Observations, control_planes: t.Collection[str], failed: t.Collection[str]) -> Plan:
    """No control plane answers: initialize the cluster, if it is certain that there is none."""
    hosted = sorted(host for host, item in seen.items() if item["hosted"])
    if hosted:
        return _without_hosted(seen, hosted[0])
    started = sorted(host for host, item in seen.items() if _unfinished(item, "init"))
    if len(started) > 1:
        raise KubeError(
            f"kubeadm init was started on {' and '.join(started)}; run kubeadm reset on all but one of them"
        )
    with_state = {h: item for h, item in seen.items() if (item["admin"] or item["etcd_data"]) and h not in started}
    # A control plane whose own join never ended has at most a copy of another control plane's data.
    unreachable = {h: item for h, item in with_state.items() if item["control_plane"]}
    if unreachable:
        text = "; ".join(
            f"{h}: {item['error'] or 'etcd data without admin.conf'}" for h, item in sorted(unreachable.items())
        )
        raise KubeError(
            f"a cluster exists but its API does not answer ({text}); repair it; a second cluster is not created"
        )
    unseen = sorted(set(control_planes) - set(seen))
    if unseen and set(unseen) <= set(failed):
        raise KubeError(
            f"no cluster is made, since {' and '.join(unseen)} failed, for the reason that is reported there, and "
            f"{', '.join(sorted(seen))} wait: a cluster begins with all its control planes; mend that, and run again"
        )
    if unseen:
        raise KubeError(
            f"control planes {', '.join(unseen)} could not be read, so the cluster may be there; "
            "bring them back, or take them out of the model, and run again"
        )
    first = started[0] if started else min(control_planes)
    return Plan(
        init=first,
        api_host=first,
        join_control_planes=sorted(set(control_planes) - {first}),
        join_workers=sorted(host for host, item in seen.items() if not item["control_plane"]),
        reset=sorted(host for host, item in seen.items() if _unfinished(item, "join") and host != first),
    )


def _without_hosted(seen: Observations, host: str) -> Plan:
    """No hosted control plane answers: in check mode it may not be there yet, else the role hosted_control_plane runs
    first."""
    if seen[host]["admin"]:
        raise KubeError(
            f"{host}: the hosted control plane does not answer ({seen[host]['error']}); run the role "
            "hosted_control_plane, which starts it"
        )
    return Plan(
        api_host=host,
        join_workers=sorted(name for name, item in seen.items() if not item["hosted"]),
        reset=sorted(name for name, item in seen.items() if _unfinished(item, "join")),
    )


def _with_cluster(seen: Observations, control_planes: t.Collection[str], reset: bool) -> Plan:
    """A cluster's API answers: plan what is missing in it."""
    answering = sorted(host for host, item in seen.items() if item["cluster"])
    nodes = seen[answering[0]]["cluster"]["nodes"]
    members: list[dict[str, t.Any]] = next(
        (seen[h]["cluster"]["etcd"] for h in answering if seen[h]["cluster"]["etcd"]), []
    )
    result = Plan(nodes=nodes)
    problems = _versions(seen)
    machines = {host: item for host, item in seen.items() if not item["hosted"]}  # another host is no node
    for host, item in sorted(machines.items()):
        problems += _place(result, host, item, nodes.get(host), members, reset)
    if problems:
        raise KubeError("\n".join(problems))
    whole = [h for h in answering if h not in result.joins and h != result.init]
    result.api_host = (whole or answering)[0]
    result.stale = _stale(result, seen, members)
    # One that does not serve is repaired before the others, which can't be changed until it is.
    result.refresh.sort(key=lambda host: (_serves(seen[host]), host))
    result.ready = not result.init and not result.joins and all(nodes[host]["ready"] for host in machines)
    return result


def _serves(item: t.Mapping[str, t.Any]) -> bool:
    """Whether a control plane's own API server answered, and not another one through the endpoint."""
    return bool(item["cluster"] and item["cluster"]["own"])


def _versions(seen: Observations) -> list[str]:
    """Why machines that were seen can't have the version that they want, by the API servers that answered."""
    if any(item.get("existing") for item in seen.values()):
        return []  # others run the cluster, and ``existing.examine`` has compared the versions
    answering = {host: item["cluster"] for host, item in sorted(seen.items()) if item["cluster"]}
    running = {f"kube-apiserver of {host}": found["version"] for host, found in answering.items()}
    wanted = sorted({item["version"] for item in seen.values()})
    found = (version.refusal("the cluster", running, text) for text in wanted)
    return [text for text in found if text][:1]


def _place(
    result: Plan,
    host: str,
    item: t.Mapping[str, t.Any],
    node: t.Mapping[str, t.Any] | None,
    members: t.Sequence[t.Mapping[str, t.Any]],
    reset: bool,
) -> list[str]:
    """Add one machine to the plan; returns problems as texts."""
    if _unfinished(item, "init"):
        result.init = host
        return []
    if node and node["control_plane"] and not item["control_plane"] and item["joined"]:
        return [
            f"{host} is a control plane of the cluster, but not of the model; remove the machine first, then add it"
        ]
    if (
        node
        and not node["control_plane"]
        and item["control_plane"]
        and item["joined"]
        and not _unfinished(item, "join")
    ):
        return [f"{host} is a worker of the cluster, but a control plane of the model; remove it first, then add it"]
    in_etcd = not item["control_plane"] or not members or any(m["name"] == host and not m["learner"] for m in members)
    if node and item["joined"] and in_etcd and not _unfinished(item, "join"):
        if node["address"] not in ("", item["address"]):
            text = f"{host} is in the cluster at {node['address']}, and the model wants {item['address']}; "
            text += (
                "a node keeps its address for life: set the model back, or drain the node, `kubectl delete node` it, "
            )
            return [text + "and run again with kubernetes_reset=true"]
        result.renew += [host] if item["due"] else []
        result.refresh += [host] if item["stale"] or item["due"] else []
        return []
    (result.join_control_planes if item["control_plane"] else result.join_workers).append(host)
    if _is_running(item):
        return []
    if item.get("existing") and node and node["ready"] and not item["joined"]:
        text = f"the cluster has a ready node {host} already, at {node['address'] or 'an unknown address'}, and this "
        return [text + f"machine is not that node; call machines.{host} otherwise, or let others remove the node"]
    if _is_whole(host, item, node, members):
        result.finished.append(host)
        return []
    has_state = item["joined"] or item["admin"] or item["etcd_data"]
    if has_state and not _unfinished(item, "join") and not reset:
        text = (
            f"{host} has the state of a cluster that does not have it as a node; run again with kubernetes_reset=true "
        )
        return [text + "to reset it (kubeadm reset) and let it join"]
    if has_state or _unfinished(item, "join"):
        result.reset.append(host)
    return []


def _is_whole(
    host: str,
    item: t.Mapping[str, t.Any],
    node: t.Mapping[str, t.Any] | None,
    members: t.Sequence[t.Mapping[str, t.Any]],
) -> bool:
    """Whether a join whose end was not recorded is complete: its node is ready, and a control plane has its own API
    server, its vote in etcd and its label."""
    if not (_unfinished(item, "join") and item["joined"] and node and node["ready"]):
        return False
    votes = any(member["name"] == host and not member["learner"] for member in members)
    return not item["control_plane"] or bool(item["cluster"] and votes and node["control_plane"])


def _stale(result: Plan, seen: Observations, members: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, str]]:
    """Members of etcd whose machines will join again: their data is gone, or will be reset."""
    joining = [h for h in result.join_control_planes if h not in result.finished and not _is_running(seen[h])]
    addresses = {seen[host]["address"]: host for host in joining}
    return [
        {"id": member["id"], "name": addresses[address]}
        for member in members
        for address in addresses
        if member["peer"] in (f"https://{address}:2380", f"https://[{address}]:2380")
    ]
