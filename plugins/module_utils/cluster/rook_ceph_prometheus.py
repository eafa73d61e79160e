# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures and alerts of Ceph for Prometheus, where the cluster has the kinds of the Prometheus operator.

Rook makes the ServiceMonitors of Ceph's managers and of its exporter by itself, once it may and a CephCluster says so
(Rook 1.20, pkg/operator/ceph/cluster/mgr/mgr.go and nodedaemon/reconcile.go). The right to do so, and the rules of
alerts, are objects of those who install Rook. The rules here name figures of Ceph's manager (Ceph's documentation,
mgr/prometheus), and say what to do by the modules of this collection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.discovery import Discovery
from .rook_ceph_input import NAMESPACE, ROLE
from .rook_ceph_keys import INSECURE
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
Json = dict[str, Any]
API = "monitoring.coreos.com/v1"
#: Kinds of which Rook and this layer make objects.
KINDS = ("ServiceMonitor", "PrometheusRule")
#: The key of the input, and the name of all objects here.
KEY, NAME = "prometheus", "groundup-ceph"
#: The account of Rook's operator, which makes the ServiceMonitors.
_OPERATOR = "rook-ceph-system"
#: Seconds in which space would run out that is worth an alert.
_MONTH = 30 * 24 * 3600


def _raised(check: str) -> str:
    """The expression that a health check of Ceph is raised, by a regular expression for its name."""
    return f'max by (name) (ceph_health_detail{{name=~"{check}"}}) > 0'


_DETAILS = "ceph_health returns each check with its details."
_GROWTH = f"predict_linear(ceph_cluster_total_used_raw_bytes[7d], {_MONTH})"
_NO_SPARE = "sum(ceph_mon_quorum_status) - 1 <= count(ceph_mon_quorum_status) / 2"
#: Alerts: name, expression, minutes for which it has to hold, severity, what is so, and what to do.
ALERTS: tuple[tuple[str, str, int, str, str, str], ...] = (
    (
        "CephHasNoFigures",
        "absent(ceph_health_status)",
        10,
        "critical",
        "No figure of Ceph arrives",
        "No manager of Ceph answers, or Prometheus does not reach it. Other alerts of Ceph say nothing now.",
    ),
    ("CephInError", "max(ceph_health_status) == 2", 5, "critical", "Ceph reports HEALTH_ERR", _DETAILS),
    ("CephWarns", "max(ceph_health_status) == 1", 30, "warning", "Ceph reports HEALTH_WARN", _DETAILS),
    (
        "CephDataUnavailable",
        _raised("PG_AVAILABILITY"),
        1,
        "critical",
        "Some data can't be read or written",
        "Start the OSDs that are down. Remove none: they may have the last copies.",
    ),
    (
        "CephCopiesMissing",
        _raised("PG_DEGRADED|PG_DEGRADED_FULL"),
        60,
        "warning",
        "Copies of data have been missing for an hour",
        "Ceph makes them anew where it has space and failure domains; ceph_health says how far that is.",
    ),
    (
        "CephMonitorDown",
        "min by (ceph_daemon) (ceph_mon_quorum_status) == 0",
        10,
        "warning",
        "{{ $labels.ceph_daemon }} is not in quorum",
        "Look at its machine. Without a majority of monitors, Ceph stops.",
    ),
    (
        "CephQuorumAtRisk",
        f"{_NO_SPARE} and min(ceph_mon_quorum_status) == 0",
        5,
        "critical",
        "The next monitor that fails stops Ceph",
        "Bring the monitors back that are not in quorum, and restart no machine with another one.",
    ),
    (
        "CephOsdDown",
        "ceph_osd_up * on (ceph_daemon) group_left (hostname) ceph_osd_metadata == 0",
        10,
        "warning",
        "{{ $labels.ceph_daemon }} on {{ $labels.hostname }} is down",
        "Where its disk is dead, the playbook replace_disk removes it.",
    ),
    (
        "CephNearlyFull",
        _raised("OSD_NEARFULL|OSD_BACKFILLFULL|POOL_NEAR_?FULL"),
        15,
        "warning",
        "Ceph is nearly full",
        "Remove data, or add disks. When one OSD is full, nobody can write any more.",
    ),
    (
        "CephFull",
        _raised("OSD_FULL|POOL_FULL"),
        1,
        "critical",
        "Ceph is full, and nobody can write",
        "Add disks, or remove data that is known to be needless.",
    ),
    (
        "CephFullInAMonth",
        f"{_GROWTH} > 0.85 * ceph_cluster_total_bytes",
        360,
        "warning",
        "At the growth of the last week, Ceph is nearly full within 30 days",
        "Order disks. ceph_health returns as machine_loss whether a machine may still die.",
    ),
    (
        "CephSlowOperations",
        "max(ceph_healthcheck_slow_ops) > 0",
        10,
        "warning",
        "Operations of Ceph take longer than 30 seconds",
        "A disk that dies or a network that loses packets is the usual cause; ceph_health names the daemons.",
    ),
    (
        "CephDaemonCrashed",
        _raised("RECENT_CRASH|RECENT_MGR_MODULE_CRASH"),
        1,
        "warning",
        "A daemon of Ceph has crashed",
        "`ceph crash ls` says when and where, and `ceph crash archive-all` ends this.",
    ),
    (
        "CephKeysInsecure",
        _raised("|".join(INSECURE)),
        60,
        "critical",
        "Keys of Ceph's daemons are of a type by which clients can get all rights (CVE-2025-30156)",
        "Rotate them: raise storage.keys.daemons of the model.",
    ),
)


def served(discovery: Discovery) -> bool:
    """Whether the cluster has the kinds of the Prometheus operator."""
    return all(discovery.find(API, kind) for kind in KINDS)


def wanted(params: Params, there: bool) -> bool:
    """Whether Prometheus gets figures and rules.

    :param there: whether the cluster has the kinds.
    :raises ClusterLayerError: it shall, and the cluster has no such kinds.
    """
    enabled = (params.get(KEY) or {}).get("enabled")
    if enabled and not there:
        raise ClusterLayerError(
            f"{ROLE}_config.{KEY}.enabled: the cluster has no {' and no '.join(KINDS)} ({API}), and Rook's operator "
            "would fail without them; apply the CRDs of the Prometheus operator before, or leave enabled out"
        )
    return there if enabled is None else bool(enabled)


def labels(params: Params) -> dict[str, str]:
    """Labels by which a Prometheus chooses its rules and monitors."""
    found: Mapping[str, Any] = (params.get(KEY) or {}).get("labels") or {}
    return {str(name): str(value) for name, value in found.items()}


def of_cluster(params: Params, there: bool) -> Json:
    """What the CephCluster says of it."""
    enabled, given = wanted(params, there), labels(params)
    # The managers' monitor and that of the exporter have labels of their own in Rook.
    marked = {"labels": {"monitoring": given, "exporter": given}} if enabled and given else {}
    return {"monitoring": {"enabled": enabled}, **marked}


def of_dashboard(params: Params) -> Json:
    """Where Ceph's dashboard finds figures of the past."""
    url = str((params.get(KEY) or {}).get("url") or "")
    return {"prometheusEndpoint": url, "prometheusEndpointSSLVerify": True} if url else {}


def render(params: Params, there: bool) -> list[Json]:
    """The right of Rook to make monitors, and the rules of alerts; nothing where Prometheus gets none."""
    if not wanted(params, there):
        return []
    rules = [_rule(*one) for one in ALERTS]
    metadata = {"name": NAME, "namespace": NAMESPACE, "labels": labels(params)}
    rule = {"apiVersion": API, "kind": "PrometheusRule", "metadata": metadata}
    return [*_rights(), {**rule, "spec": {"groups": [{"name": NAME, "rules": rules}]}}]


def _rights() -> Iterator[Json]:
    group, name = "rbac.authorization.k8s.io", f"{NAME}-monitors"
    metadata = {"name": name, "namespace": NAMESPACE}
    verbs = ["get", "list", "watch", "create", "update", "delete"]
    rule = {"apiGroups": ["monitoring.coreos.com"], "resources": ["servicemonitors"], "verbs": verbs}
    yield {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]}
    yield {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": _OPERATOR, "namespace": NAMESPACE}],
    }


def _rule(name: str, expression: str, minutes: int, severity: str, summary: str, remedy: str) -> Json:
    return {
        "alert": name,
        "expr": expression,
        "for": f"{minutes}m",
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": remedy},
    }
