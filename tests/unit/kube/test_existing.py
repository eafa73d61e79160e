# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that others run: its kubeconfig, the versions that may meet, and the plan of machines that join it.

What the API itself answers is in tests/services/kube/test_existing.py.
"""

from __future__ import annotations

import base64
import datetime
import pathlib
import ssl
import subprocess
import time
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    existing,
    external,
    kubeconfig,
    observe,
    probe,
    ready,
    version,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Kubeconfig, Refused, Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError, KubeRefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.immutable import refuse_other_cluster
from ansible_collections.groundup.cloud.plugins.module_utils.kube.membership import plan
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import Settings, parse

from .test_membership import cluster, machine, seen

Given = dict[str, t.Any]
LOGIN = """\
apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: {ca}
    server: https://api.example.net:6443
  name: office
users:
- name: robot
  user:
    token: abc
"""
CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()


def text(**values: str) -> str:
    return LOGIN.format(**{"ca": CA, **values})


@pytest.fixture
def worker(given: Given) -> Given:
    """The role's variable of a machine that joins."""
    return given | {
        "endpoint": {"address": "10.30.0.10", "port": 6443, "load_balancer": "external"},
        "node": {"name": "n4", "address": "10.30.0.24", "control_plane": False},
        "control_planes": {"cluster": "10.30.0.10"},
        "kubeconfig": "/srv/kubeconfig",
    }


@pytest.fixture
def acting(worker: Given) -> Given:
    """The same of the host that acts on the cluster."""
    return worker | {"node": {"name": "cluster", "address": "10.30.0.10", "control_plane": True}}


def test_a_kubeconfig_with_one_login_is_read(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text())
    found = kubeconfig.read(str(file))
    assert (found.server, found.token) == ("https://api.example.net:6443", "abc")


@pytest.mark.parametrize("quote", ['"', "'"])
def test_values_may_be_in_quotes(tmp_path: pathlib.Path, quote: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text().replace("abc", f"{quote}abc{quote}").replace("https://api.example.net:6443", '"https://x"'))
    assert (kubeconfig.read(str(file)).token, kubeconfig.read(str(file)).server) == ("abc", "https://x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file on this host; put the kubeconfig of the cluster there"),
        (text() + text(), "has more than one cluster or login; `kubectl config view --minify --flatten --raw`"),
        (text().replace("certificate-authority-data", "certificate-authority"), "no inline 'ca'"),
        (text().replace("token: abc", "exec: {command: aws}"), "no inline 'certificate'; the server, its CA, and"),
        (
            text().replace("  name: office", "    proxy-url: http://proxy\n  name: office"),
            "has proxy-url, which is not",
        ),
        (text(ca="AAA"), "not a kubeconfig"),
    ],
    ids=["missing", "two", "beside", "program", "proxy", "broken"],
)
def test_another_kubeconfig_is_refused(tmp_path: pathlib.Path, content: str | None, message: str) -> None:
    file = tmp_path / "kubeconfig"
    if content is not None:
        file.write_text(content)
    with pytest.raises(KubeError) as error:
        kubeconfig.read(str(file))
    assert message in str(error.value) and str(error.value).startswith(str(file))


def test_a_directory_is_no_kubeconfig(tmp_path: pathlib.Path) -> None:
    with pytest.raises(KubeError, match="can't be read"):
        kubeconfig.read(str(tmp_path))


@pytest.mark.parametrize("kubelet", ["1.36.9", "1.36.0", "1.35.1", "1.33.0"])
def test_a_kubelet_may_be_older_by_three_minor_versions(kubelet: str) -> None:
    assert version.skew("v1.36.3-gke.100", kubelet) == ""


@pytest.mark.parametrize(
    ("kubelet", "wanted"),
    [
        ("1.37.0", "1.37.0 is newer than the API server, which is 1.36.3"),
        ("1.32.9", "1.32.9 is more than 3 minor versions older than the API server, which is 1.36.3"),
        ("2.0.0", "2.0.0 is newer"),
    ],
)
def test_another_kubelet_is_refused_with_the_versions_that_may_be(kubelet: str, wanted: str) -> None:
    found = version.skew("v1.36.3", kubelet)
    assert wanted in found and "set it to one of 1.33 to 1.36" in found


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"endpoint": {"address": "10.30.0.10", "interface": "eth0"}}, "load_balancer: is external where others run"),
        ({"root": "/srv/hosted"}, "load_balancer: is external where others run"),
        (
            {"node": {"name": "cluster", "address": "x", "control_plane": False}},
            "node: cluster must be in control_planes",
        ),
        ({"node": {"name": "n4", "address": "api.example.net", "control_plane": False}}, "aren't IPv4 addresses"),
    ],
)
def test_an_input_that_fits_no_cluster_of_others_is_refused(worker: Given, changes: Given, wanted: str) -> None:
    with pytest.raises(KubeError, match=wanted):
        parse(worker | changes)


def test_the_host_that_acts_may_know_the_endpoint_by_name(acting: Given) -> None:
    by_name = {
        "endpoint": {"name": "api.example.net", "port": 6443, "load_balancer": "external"},
        "control_planes": {"cluster": "api.example.net"},
        "node": {"name": "cluster", "address": "api.example.net", "control_plane": True},
    }
    assert parse(acting | by_name).acts


def acts(live: dict[str, t.Any]) -> dict[str, t.Any]:
    seen_there = {"name": "cluster", "address": "10.30.0.10", "control_plane": True, "hosted": True, "existing": True}
    return machine("n1") | seen_there | {"admin": True, "cluster": live | {"etcd": []}}


def joining(name: str, **changes: t.Any) -> dict[str, t.Any]:
    return machine(name, **{"existing": True, **changes})


def test_machines_join_through_the_host_that_acts_whatever_its_api_servers_version() -> None:
    live = cluster(["n1"], ["n4"]) | {"version": "v1.37.2"}
    found = plan(seen(acts(live), joining("n4", member=True), joining("n5")), ["cluster"])
    assert (found["api_host"], found["join_workers"], found["init"]) == ("cluster", ["n5"], "")
    assert found["stale"] == found["refresh"] == found["join_control_planes"] == []


def test_a_node_of_others_is_not_taken_over() -> None:
    with pytest.raises(KubeError, match=r"has a ready node n5 already, at 10\.30\.0\.25.*call machines\.n5 otherwise"):
        plan(seen(acts(cluster(["n1"], ["n5"])), joining("n5")), ["cluster"])


def test_a_node_that_is_lost_may_join_again() -> None:
    lost = cluster(["n1"], ["n5"], ready=False)
    assert plan(seen(acts(lost), joining("n5")), ["cluster"])["join_workers"] == ["n5"]


class Answers:
    """Stands in for the API: objects by path."""

    server = "https://api.example.net:6443"

    def __init__(self, **objects: t.Any) -> None:
        self.objects = objects

    def get(self, path: str) -> t.Any:
        return self.objects.get(path.rsplit("/", 1)[-1].replace("-", "_"))


def stored(**networking: str) -> dict[str, t.Any]:
    lines = [f"  {key}: {value}" for key, value in networking.items()]
    return {"data": {"ClusterConfiguration": "\n".join(["controlPlaneEndpoint: other:6443", "networking:", *lines])}}


def test_other_networks_than_the_models_are_refused_and_another_endpoint_is_not(acting: Given) -> None:
    settings = parse(acting)
    same = stored(podSubnet="10.64.0.0/14", serviceSubnet="10.96.0.0/16", dnsDomain="cluster.local")
    refuse_other_cluster(settings, t.cast("t.Any", Answers(kubeadm_config=same)))
    other = stored(podSubnet="10.244.0.0/16", dnsDomain="office.local")
    with pytest.raises(KubeRefusedError) as error:
        refuse_other_cluster(settings, t.cast("t.Any", Answers(kubeadm_config=other)))
    assert "podSubnet is 10.244.0.0/16, wanted 10.64.0.0/14; dnsDomain is office.local" in str(error.value)
    assert "write those of the cluster as kubernetes.pods" in str(error.value) and "reset" not in str(error.value)


def test_a_node_of_a_cluster_of_others_needs_no_range_of_pods() -> None:
    item = {"metadata": {"name": "n5"}, "spec": {}}
    assert ready.lacking("n5", item, ready=False, ranges=False) is None
    assert ready.lacking("n5", item, ready=False) is not None


def test_a_node_keeps_the_version_of_its_kubelet(
    worker: Given, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, system = parse(worker), System(str(tmp_path))
    assert probe.served_version(settings, system) == {}
    system.write("/etc/kubernetes/kubelet.conf", b"x")
    node = {"metadata": {"name": "n4"}, "status": {"nodeInfo": {"kubeletVersion": "v1.35.1"}}}
    monkeypatch.setattr(probe, "as_kubelet", lambda _system: Answers(n4=node))
    running = probe.served_version(settings, system)
    assert running == {"kubelet": "v1.35.1"}
    with pytest.raises(KubeRefusedError, match=r"runs kubelet 1\.35\.1.*no upgrade yet; set kubernetes\.version"):
        version.refuse_change(settings, system, running)


def test_what_a_machine_needs_to_reach_is_said_without_a_load_balancer(worker: Given) -> None:
    found = external.sentence(parse(worker), "timed out")
    assert found.startswith("n4: the API at 10.30.0.10:6443 does not answer this machine")
    assert "forward" not in found


def failed(code: int, message: str) -> Unreachable:
    cause = ssl.SSLCertVerificationError()
    cause.verify_code, cause.verify_message = code, message
    error = Unreachable("no answer")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (19, "the CA of the kubeconfig is not that of https://x:6443"),
        (62, "the certificate of https://x:6443 is not valid for that name"),
        (10, "the certificate of https://x:6443 is not valid now"),
    ],
)
def test_each_fault_of_a_certificate_has_its_sentence(code: int, wanted: str) -> None:
    assert existing._unreachable("https://x:6443", failed(code, "toy")).startswith(wanted)


def certificate(directory: pathlib.Path) -> str:
    """A certificate of the real openssl, valid for two days."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    more = ["-subj", "/CN=a", "-days", "2", "-keyout", str(directory / "key"), "-out", str(directory / "crt")]
    subprocess.run([*words, *more], check=True, capture_output=True)
    return (directory / "crt").read_text()


def test_a_login_that_is_not_accepted_is_told_with_the_end_of_its_certificate(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, now = Refused(401, "Unauthorized"), time.time()
    login = Kubeconfig("https://x:6443", "", certificate=certificate(tmp_path), key="")
    assert "does not accept its client certificate" in existing._login(login, refused)
    assert "does not accept its token" in existing._login(Kubeconfig("https://x:6443", "", token="t"), refused)
    assert existing._login(login, Refused(403, "toy")) == "toy"
    monkeypatch.setattr(existing.time, "time", lambda: now + 3 * 86400)
    ends = f"{datetime.datetime.fromtimestamp(now + 2 * 86400, datetime.UTC):%Y-%m-%d}"
    assert existing._login(login, refused).startswith(f"has expired: its client certificate ended on {ends}; let ")


def test_machines_observe_themselves(worker: Given, tmp_path: pathlib.Path) -> None:
    settings: Settings = parse(worker)
    found = observe.observe(settings, root=tmp_path)
    assert found["existing"] is True and found["hosted"] is False and found["cluster"] is None
