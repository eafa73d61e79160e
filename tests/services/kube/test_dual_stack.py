# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods and services of two IP versions, against the real kubeadm, API server and controller manager."""

from __future__ import annotations

import ipaddress
import shutil
import subprocess
import typing as t
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube import api_names, config, observe, yaml
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api, Kubeconfig, connect
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.missing import Missing
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.wait import wait
from services.processes import daemon

from .conftest import PORT, Live, api_words, await_ready, configuration, etcd_words, given, kubeadm, ports

PODS, SERVICES = "10.64.0.0/14,fd00:64::/56", "10.96.0.0/16,fd00:96::/112"


def dual(**changes: t.Any) -> dict[str, t.Any]:
    """The role's variable with ranges of both IP versions."""
    found = given() | {"pods": PODS, "services": SERVICES, "api_names": ["fd00:30::15"]} | changes
    found["node"] = {**found["node"], "second_address": "fd00:30::15"}
    return found


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, ""),
        # What the model refuses by the same limits (model/check_cluster).
        ({"services": "10.96.0.0/16,fd00:96::/64"}, "the mask must be >= 108"),
        ({"services": "10.96.0.0/16,fd00:96::/126"}, "is too small, the minimum is 10"),
        ({"pods": "10.64.0.0/14,fd00:64::/32"}, "difference is greater than 16"),
        ({"pods": "10.64.0.0/14,fd00:64::/72"}, "smaller than the size of node subnet"),
    ],
)
def test_kubeadm_judges_what_is_rendered(
    programs: Path, tmp_path: Path, changes: dict[str, t.Any], refused: str
) -> None:
    settings = replace(parse(dual()), **changes)  # some of which our own settings refuse as well
    file = tmp_path / "kubeadm.yaml"
    documents = [config.init(settings, "abcdef.0123456789abcdef"), *config.cluster(settings)]
    file.write_text(yaml.documents(documents))
    command = [programs / "kubeadm", "config", "validate", "--config", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is not bool(refused), done.stderr
    assert refused in done.stderr


def test_the_certificate_of_the_api_has_both_addresses(programs: Path, tmp_path: Path) -> None:
    settings, pki = parse(dual()), tmp_path / "pki"
    pki.mkdir()
    file = tmp_path / "kubeadm.yaml"
    file.write_text(configuration(settings, pki))
    for name in ("ca", "apiserver"):
        kubeadm(programs, "init", "phase", "certs", name, "--config", file)
    assert api_names.difference(settings, (pki / "apiserver.crt").read_text()) == ""


def test_nodes_and_services_get_addresses_of_both(programs: Path, credentials: Path, tmp_path: Path) -> None:
    client, peer, port = ports(3)
    root, settings = tmp_path / "root", parse(dual())
    pki = root / "etc/kubernetes/pki"
    shutil.copytree(credentials, pki.parent)
    admin = pki.with_name("admin.conf")
    admin.write_text(admin.read_text().replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{port}"))
    (programs / "kube-controller-manager").unlink(missing_ok=True)
    (programs / "kube-controller-manager").symlink_to("kubernetes")
    # As kubeadm's static pods have them (cmd/kubeadm/app/phases/controlplane).
    ranges = ["--service-cluster-ip-range", settings.services]
    manager = ["--kubeconfig", admin, "--controllers", "node-ipam-controller", "--leader-elect=false"]
    manager += ["--allocate-node-cidrs", "--cluster-cidr", settings.pods, *ranges, "--secure-port", "0"]
    with ExitStack() as running:
        running.enter_context(daemon(root / "etcd.log", programs / "etcd", *etcd_words(pki, root, client, peer)))
        words = [*api_words(pki, client, port), *ranges]
        server = running.enter_context(daemon(root / "api.log", programs / "kube-apiserver", *words))
        live = Live(root, settings, Kubeconfig.read(admin), "", server)
        await_ready(live, root / "api.log")
        running.enter_context(daemon(root / "manager.log", programs / "kube-controller-manager", *manager))
        api = connect(live.kubeconfig)
        _nodes(api)
        _service(api)


def _nodes(api: Api) -> None:
    own = [{"type": "InternalIP", "address": address} for address in ("10.30.0.21", "fd00:30::15")]
    api.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"}})

    def probe() -> dict[str, t.Any] | Missing:
        item = dict(api.get("/api/v1/nodes/node1"))
        return item if len(item["spec"].get("podCIDRs", ())) == 2 else Missing.of("podCIDRs", str(item["spec"]))

    item = wait(probe, Deadline(60), what="ranges of pods", pause=0.2)
    item["status"]["addresses"] = own
    found = observe.node(item)
    assert ipaddress.ip_network(found["pod_cidr"]).prefixlen == 24
    assert ipaddress.ip_network(found["second_pod_cidr"]).prefixlen == 64
    assert (found["address"], found["second_address"]) == ("10.30.0.21", "fd00:30::15")


def _service(api: Api) -> None:
    spec = {"ipFamilyPolicy": "RequireDualStack", "ports": [{"port": 80}]}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "both"}, "spec": spec}
    api.create("/api/v1/namespaces/default/services", body)
    given_ = api.get("/api/v1/namespaces/default/services/both")["spec"]["clusterIPs"]
    inside = [ipaddress.ip_network(text) for text in SERVICES.split(",")]
    assert [ipaddress.ip_address(ip) in net for ip, net in zip(given_, inside, strict=True)] == [True, True]
