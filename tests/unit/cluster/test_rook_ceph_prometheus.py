# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures and alerts of Ceph for Prometheus: when there are any, and what they are made of."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    rook_ceph_cluster,
    rook_ceph_input,
    rook_ceph_prometheus,
)
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from unit.cluster.test_rook_ceph import config, facts

Params = dict[str, t.Any]
#: Figures of Ceph's manager (src/pybind/mgr/prometheus/module.py of Ceph 20.2) that alerts may use.
FIGURES = {
    "ceph_health_status", "ceph_health_detail", "ceph_mon_quorum_status", "ceph_osd_up", "ceph_osd_metadata",
    "ceph_cluster_total_used_raw_bytes", "ceph_cluster_total_bytes", "ceph_healthcheck_slow_ops",
}  # fmt: skip


def spec(params: Params, there: bool) -> Params:
    found: Params = rook_ceph_cluster.render(params, replace(facts(params), prometheus=there))["spec"]
    return found


@pytest.mark.parametrize(
    ("given", "there", "expected"), [({}, True, True), ({}, False, False), ({"enabled": False}, True, False),
                                     ({"enabled": True}, True, True), ({"enabled": None}, True, True)],
)  # fmt: skip
def test_there_are_rules_where_the_kinds_are_there_or_the_model_says_so(
    given: Params, there: bool, expected: bool
) -> None:
    params = config(prometheus=given)
    assert spec(params, there)["monitoring"] == {"enabled": expected}
    kinds = [one["kind"] for one in rook_ceph_prometheus.render(params, there)]
    assert kinds == (["Role", "RoleBinding", "PrometheusRule"] if expected else [])


def test_rules_without_their_kinds_are_refused() -> None:
    with pytest.raises(ClusterLayerError, match=r"prometheus\.enabled: the cluster has no ServiceMonitor and no Prom"):
        spec(config(prometheus={"enabled": True}), False)


def test_those_of_an_external_cluster_are_others_to_give() -> None:
    external = {"external": {"fsid": "797f411a-aafe-11ec-a254-fa163e1539f5"}, "pools": [{"name": "vms"}]}
    rook_ceph_input.check({"cloud": "rack1", **external, "prometheus": None, "keys": None})
    for key in ("prometheus", "keys"):
        with pytest.raises(ClusterLayerError, match=f"{key}: is decided by those who run the external Ceph cluster"):
            rook_ceph_input.check({"cloud": "rack1", **external, key: {"enabled": True}})


def test_labels_choose_rules_and_both_monitors_and_the_dashboard_knows_the_address() -> None:
    params = config(prometheus={"labels": {"release": "prometheus"}, "url": "https://prometheus.example.net"})
    found = spec(params, True)
    assert found["labels"] == {key: {"release": "prometheus"} for key in ("monitoring", "exporter")}
    assert found["dashboard"]["prometheusEndpoint"] == "https://prometheus.example.net"
    assert rook_ceph_prometheus.render(params, True)[-1]["metadata"]["labels"] == {"release": "prometheus"}
    assert "labels" not in spec(config(), True) and "prometheusEndpoint" not in spec(config(), True)["dashboard"]


def test_rook_may_make_monitors_in_its_own_namespace_only() -> None:
    role, binding = rook_ceph_prometheus.render(config(), True)[:2]
    assert role["rules"][0]["resources"] == ["servicemonitors"] and role["metadata"]["namespace"] == "rook-ceph"
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "rook-ceph-system", "namespace": "rook-ceph"}]


def test_each_alert_uses_known_figures_and_says_what_to_do() -> None:
    (group,) = rook_ceph_prometheus.render(config(), True)[-1]["spec"]["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(set(names)) == len(names)
    for rule in group["rules"]:
        assert set(re.findall(r"\bceph_[a-z_]+", rule["expr"])) - {"ceph_daemon"} <= FIGURES, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning") and re.fullmatch("[0-9]+m", rule["for"])
        assert rule["annotations"]["summary"] and rule["annotations"]["description"]
        assert rule["expr"].count("(") == rule["expr"].count(")")


@pytest.mark.parametrize(("monitors", "up", "at_risk"), [(3, 3, False), (3, 2, True), (5, 4, False), (5, 3, True)])
def test_the_quorum_is_at_risk_when_one_more_monitor_is_too_many(monitors: int, up: int, at_risk: bool) -> None:
    expression = next(one[1] for one in rook_ceph_prometheus.ALERTS if one[0] == "CephQuorumAtRisk")
    # Its sum, count and min over all series are those of Python over a list.
    python = expression.replace("ceph_mon_quorum_status", "quorum").replace("count(", "len(")
    assert eval(python, {"quorum": [1] * up + [0] * (monitors - up)}) is at_risk
