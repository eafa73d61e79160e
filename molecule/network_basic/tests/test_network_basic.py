# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods get addresses and reach each other, services and the world behind their node; changes by hand are mended."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from typing import Any

PLAYBOOK = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "examples/network_basic.yml")
KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 60s"


def converge(*more: str) -> str:
    """Run the README's playbook once more and return its output."""
    inventory = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "inventory", "machine.yml")
    words = ["ansible-playbook", "-i", str(inventory), str(PLAYBOOK), "--diff", *more]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_node_is_ready_and_dns_runs(host: Any) -> None:
    host.check_output(f"{KUBECTL} wait --timeout 60s --for condition=Ready node/node1")
    wait = f"{KUBECTL} -n kube-system wait --timeout 300s --for condition=Available deployment/coredns"
    host.check_output(f"{wait} --request-timeout 310s")


def test_a_pod_resolves_a_service_and_reaches_it(host: Any) -> None:
    shell = (
        "nslookup kubernetes.default.svc.cluster.local 10.96.0.10 && nc -w 20 10.96.0.1 443 </dev/null && echo reached"
    )
    overrides = {"spec": {"enableServiceLinks": False}}
    host.check_output(
        f"{KUBECTL} run asks --image=groundup.cloud/probe:1 --restart=Never --image-pull-policy=IfNotPresent "
        f"--overrides='{json.dumps(overrides)}' --command -- /bin/sh -c '{shell}'"
    )
    wait = f"{KUBECTL} wait --request-timeout 310s --timeout 300s pod/asks --for jsonpath={{.status.phase}}=Succeeded"
    done = host.run(wait)
    log = host.check_output(f"{KUBECTL} logs asks")
    assert done.rc == 0 and "reached" in log and "10.96.0.1" in log, log
    host.check_output(f"{KUBECTL} delete pod asks --now --request-timeout 120s")


def test_rules_and_routes_lost_by_hand_come_back_and_those_of_others_stay(host: Any) -> None:
    host.check_output(
        "nft add table inet others; ip route add 192.0.2.0/24 via 10.99.10.1; nft delete table ip groundup_pods"
    )
    assert "hook pod-network" in converge()
    assert "masquerade" in host.check_output("nft list table ip groundup_pods")
    host.check_output("nft list table inet others; ip route show 192.0.2.0/24 | grep 10.99.10.1")
    assert "changed=0" in converge("--check")


def test_routes_outlive_a_restart_of_networkd(host: Any) -> None:
    host.check_output("ip route add 10.64.200.0/24 via 10.99.10.1 proto 71")
    host.check_output("networkctl reload; systemctl restart systemd-networkd; sleep 5")
    assert host.check_output("nft list table ip groundup_pods")
    # one of ours that leads to no node of the cluster is taken away with the next start of the unit
    assert host.check_output("ip route show proto 71") == ""
