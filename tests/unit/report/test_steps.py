# SPDX-License-Identifier: GPL-3.0-or-later
"""One page for many hosts, from steps as the planners of the collection write them."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.report.cause import cause
from ansible_collections.groundup.cloud.plugins.module_utils.report.steps import Steps, brief

# As recorded of a machine without anything (layers.catalog.foresee) and of a switch without any configuration.
BARE = {
    "host_base": [
        "install chrony, nftables",
        "file /etc/security/limits.d/90-groundup.conf",
        "file /etc/systemd/journald.conf.d/90-groundup.conf",
        "file /etc/chrony/chrony.conf",
        "file /etc/hosts",
        "modprobe overlay, br_netfilter, nf_conntrack",
        "sysctl kernel.panic",
        "sysctl vm.swappiness",
        "daemon_reload systemd",
        "hook firewall",
        "systemctl enable chrony.service",
        "systemctl restart chrony.service",
    ],
    "kubernetes": ["link /usr/local/bin/kubeadm", "link /usr/local/bin/kubelet"],
    "network": ["connect pods of this node"],
}
SWITCH = ["add vlan 10", "add vlan 20", "add lag node1", "add lag node2"]


def bare_rack() -> Steps:
    steps = Steps(reached={"leaf1", "provisioner", "node1", "node2", "node3"})
    steps.add("Switches", "leaf1", SWITCH)
    for host in ("node1", "node2"):
        steps.add("Machines", host, [f"would deploy image debian-13 to disk {host.upper()}-ROOT of {host}"])
        steps.add("Probe", host, {**BARE, "kubernetes": [*BARE["kubernetes"], f"join {host}"]})
    steps.aside["node3"] = "Machines: Deploy the machine: its BMC is silent"
    return steps


def test_a_bare_rack_on_one_page() -> None:
    assert (
        bare_rack().page(foreseen=True)
        == """\
Plan: what would be done

  Switches
    leaf1
      add vlan 10, 20
      add lag node1, node2

  Machines
    node1
      would deploy image debian-13 to disk NODE1-ROOT
    node2
      would deploy image debian-13 to disk NODE2-ROOT

  Host base
    node1, node2
      install chrony, nftables
      write /etc/security/limits.d/90-groundup.conf and 3 more
      load kernel module overlay, br_netfilter, nf_conntrack
      set kernel.panic, vm.swappiness
      reload systemd's units
      run firewall
      enable chrony.service
      restart chrony.service

  Kubernetes
    node1, node2
      link /usr/local/bin/kubeadm, /usr/local/bin/kubelet
      join the cluster

  Network
    node1, node2
      connect pods of this node

  Could not be reached
    node3: Machines: Deploy the machine: its BMC is silent

  Total: 38 changes on 3 hosts; 1 host as the model says; 1 host could not be reached"""
    )


def test_no_line_is_longer_than_a_terminal() -> None:
    assert max(map(len, bare_rack().page(foreseen=True).splitlines())) <= 110


def test_what_is_in_order_is_only_counted() -> None:
    steps = Steps(reached={"leaf1", "node1", "node2"})
    assert steps.page(foreseen=True) == "Plan: what would be done\n\n  Total: 3 hosts as the model says"
    steps.add("Probe", "node1", {"host_base": []})
    steps.add("Switches", "leaf1", [])
    assert steps.stages == {}


def test_a_thousand_machines_stay_one_page() -> None:
    steps = Steps()
    for number in range(1000):
        steps.add("Host base", f"node{number}", BARE["host_base"])
        steps.add("Machines", f"node{number}", [f"would deploy image debian-13 to disk S{number} of it"])
    page = steps.page(foreseen=True)
    assert "node0, node1, node2, node3, node4, node5 and 994 more (1000 hosts)" in page
    assert "and 988 hosts more with steps of their own" in page
    assert len(page.splitlines()) < 50


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        ([], []),
        (["sysctl a", "file /x", "sysctl b"], ["set a, b", "write /x"]),
        (["systemctl start a", "systemctl stop b", "systemctl start c"], ["start a, c", "stop b"]),
        (["join node7"], ["join the cluster"]),
        (["refresh control plane of node7"], ["refresh control plane"]),
        (["reach the API from node7", "label node7"], ["reach the API", "label its node"]),
        (["could not be read: chronyc: it timed out"], ["could not be read: chronyc: it timed out"]),
        (["Make the cluster"], ["Make the cluster"]),
        (["certificates: web, registry"], ["certificates: web, registry"]),
        (["link bond0 mtu", "link bond0.30 mtu"], ["link bond0 mtu", "link bond0.30 mtu"]),
        (["swapoff swap", "clock clock"], ["switch off swap", "set the clock"]),
    ],
)
def test_steps_in_a_few_words(steps: list[str], lines: list[str]) -> None:
    assert brief(steps, "node7") == lines


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"msg": "Task failed: no route\nmore"}, "Machines: Deploy: no route"),
        ({"msg": "One or more", "results": [{"failed": False}, {"failed": True, "msg": "b"}]}, "Machines: Deploy: b"),
        ({"module_stderr": "Traceback"}, "Machines: Deploy: Traceback"),
        ({"censored": "hidden"}, "Machines: Deploy: the task gave no error text"),
    ],
)
def test_a_cause_is_one_line(result: dict[str, object], said: str) -> None:
    assert cause("Machines", "Deploy", result) == said
