# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoint by name and at an external load balancer: what follows from it, and what is said where it is silent."""

from __future__ import annotations

import base64
import http.server
import ssl
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import Unit
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    api_names,
    config,
    control_plane,
    external,
    immutable,
    join,
    join_credentials,
    paths,
    preflight,
    yaml,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import kubernetes
from ansible_collections.groundup.cloud.plugins.module_utils.waiting import deadline

from .test_api import Handler, pki  # noqa: F401  pki is a fixture
from .test_attempts import DISCOVERY, PAPER, OneUnit

Given = dict[str, t.Any]
NAME = "api.rack1.example.net"
BEHIND = {"name": NAME, "port": 6443, "load_balancer": "external"}
REMEDY = (
    "forward TCP 6443 there to 10.30.0.21:6443, 10.30.0.22:6443, 10.30.0.23:6443, unchanged (no TLS of its own), to "
    "those whose https://…:6443/readyz answers 200, and let all machines connect to it, control planes too"
)


def test_nodes_and_kubeconfigs_have_the_name(given: Given, tmp_path: Path) -> None:
    settings = parse(given | {"endpoint": {**given["endpoint"], "name": NAME}})
    assert config.cluster_configuration(settings)["controlPlaneEndpoint"] == f"{NAME}:8443"
    assert {NAME, "10.30.0.10"} <= set(config.cluster_configuration(settings)["apiServer"]["certSANs"])
    assert {NAME, "10.30.0.10"} <= api_names.wanted(settings)
    system = System(str(tmp_path))
    system.write(paths.CA, b"a CA")
    found = {"server": f"https://{NAME}:8443", "ca": base64.b64encode(b"a CA").decode()}
    assert join_credentials.discovery(settings, system) == found


def test_a_cluster_keeps_its_endpoint_for_life(given: Given) -> None:
    before, named = (
        yaml.documents(config.cluster(parse(given | {"endpoint": {**given["endpoint"], **more}})))
        for more in ({}, {"name": NAME})
    )
    assert immutable.differing(before, named) == [f"controlPlaneEndpoint is 10.30.0.10:8443, wanted {NAME}:8443"]


def test_an_external_load_balancer_may_have_a_name_alone(given: Given) -> None:
    settings = parse(given | {"endpoint": BEHIND})
    assert config.cluster_configuration(settings)["controlPlaneEndpoint"] == f"{NAME}:6443"
    names = config.cluster_configuration(settings)["apiServer"]["certSANs"]
    assert NAME in names and "" not in names and "" not in api_names.wanted(settings)


def test_kubeadm_waits_for_an_external_load_balancer_to_notice_its_first_server(given: Given) -> None:
    settings = parse(given | {"endpoint": BEHIND})
    assert config.init(settings, "token")["timeouts"] == {"kubernetesAPICall": "5m0s"}
    assert "timeouts" not in config.init(parse(given), "token")
    slow = parse(given | {"endpoint": BEHIND, "timings": "slow"})
    assert config.init(slow, "token")["timeouts"] == config.SLOW_TIMEOUTS


def test_control_planes_have_no_load_balancer_where_it_is_external(given: Given) -> None:
    own = kubernetes.render(given)
    state = kubernetes.render(given | {"endpoint": BEHIND})
    gone = {file.path for file in own.files} - {file.path for file in state.files}
    assert gone == {kubernetes.HAPROXY, kubernetes.KEEPALIVED, kubernetes.KEEPALIVED_UNIT}
    assert set(own.packages) - set(state.packages) == {"haproxy", "keepalived"}
    assert {unit.name for unit in own.units} - {unit.name for unit in state.units} == {
        "haproxy.service",
        "keepalived.service",
    }


def test_what_held_the_endpoint_before_is_ended_and_what_others_run_is_left_alone(given: Given, tmp_path: Path) -> None:
    system, state = System(str(tmp_path)), kubernetes.render(given | {"endpoint": BEHIND})
    assert kubernetes.without_load_balancer(state, system) == state
    own = kubernetes.render(given)
    texts = {file.path: str(file.content) for file in own.files}
    system.write(kubernetes.KEEPALIVED, texts[kubernetes.KEEPALIVED].encode())
    system.write(kubernetes.HAPROXY, b"# somebody's own\n")
    found = kubernetes.without_load_balancer(state, system)
    assert found.absent == (*state.absent, kubernetes.KEEPALIVED)
    assert found.units[len(state.units) :] == (Unit("keepalived.service", enabled=False, active=False),)
    system.write(kubernetes.HAPROXY, texts[kubernetes.HAPROXY].encode())
    assert kubernetes.HAPROXY in kubernetes.without_load_balancer(state, system).absent
    assert kubernetes.without_load_balancer(own, system) == own


BAD: dict[str, tuple[Given, str]] = {
    "another word": ({"load_balancer": "extern"}, "load_balancer: 'extern' is neither control_planes nor external"),
    "nothing": ({"address": "", "load_balancer": "external"}, "address: '' isn't an IPv4 address"),
    "a name that control planes would serve": ({"name": NAME, "interface": "x"}, "address: '' isn't an IPv4 address"),
    "no name": ({**BEHIND, "name": "api_1"}, "name: 'api_1' isn't a DNS name"),
    "a name for many": ({**BEHIND, "name": "*.example.net"}, r"name: '\*\.example\.net' isn't a DNS name"),
    "an address as the name": ({**BEHIND, "name": "10.30.0.10"}, r"name: '10\.30\.0\.10' isn't a DNS name"),
    "a name that ends its line": ({**BEHIND, "name": "api\n"}, r"name: 'api\\n' isn't a DNS name"),
    "an interface of keepalived": ({**BEHIND, "interface": "bond0.30"}, r"interface: bond0\.30 is for keepalived"),
    "an id of keepalived": ({**BEHIND, "router_id": 7}, "router_id: 7 is for keepalived"),
    "a machine": ({**BEHIND, "address": "10.30.0.21"}, r"address: 10\.30\.0\.21 is a machine's own"),
}


@pytest.mark.parametrize(("endpoint", "text"), BAD.values(), ids=BAD)
def test_wrong_endpoints_are_refused(given: Given, endpoint: Given, text: str) -> None:
    with pytest.raises(KubeError, match=rf"kubernetes\.endpoint\.{text}"):
        parse(given | {"endpoint": endpoint})


def test_a_hosted_control_plane_has_no_external_load_balancer_and_no_name(given: Given) -> None:
    hosted = {"root": "/var/lib/x/root"}
    with pytest.raises(KubeError, match="a hosted control plane serves the endpoint's address itself"):
        parse(given | {"endpoint": {**BEHIND, "name": "", "address": "10.30.0.10"}} | hosted)
    with pytest.raises(KubeError, match=r"endpoint\.name: a hosted control plane is reached by its address; remove it"):
        parse(given | {"endpoint": {"address": "10.30.0.10", "name": NAME}} | hosted)


def test_a_machine_that_does_not_resolve_the_name_is_refused(given: Given, tmp_path: Path) -> None:
    settings = parse(given | {"endpoint": {**BEHIND, "name": "api.nowhere.invalid"}})
    system = System(str(tmp_path))
    with pytest.raises(KubeError, match=r"node1: api\.nowhere\.invalid, the name .* does not resolve here"):
        preflight.refuse(settings, system)
    preflight.refuse(settings, system, layers_below=True)  # host_base writes the line before kubeadm runs
    assert external.unresolved(settings, resolve=lambda _name: ["10.30.0.10"]) == ""
    assert external.unresolved(parse(given)) == ""


def at(given: Given, port: int) -> t.Any:
    """Settings whose endpoint is on loopback."""
    return parse(given | {"endpoint": {"address": "127.0.0.1", "port": port, "load_balancer": "external"}})


class Server(Handler):
    """An API server, which asks nobody for a certificate, with a status of its choice."""

    status = 200

    def do_GET(self) -> None:  # noqa: N802
        self.send_response(self.status if self.path == "/readyz" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.mark.parametrize(("status", "silent"), [(200, False), (401, False), (503, True)])
def test_an_endpoint_that_forwards_to_an_api_server_serves(
    given: Given,
    pki: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    silent: bool,
) -> None:
    monkeypatch.setattr(Server, "status", status)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.crt", pki / "server.key")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        settings, ca = at(given, running.server_address[1]), (pki / "ca.crt").read_text()
        assert bool(external.silence(settings, ca)) == silent
        assert "CERTIFICATE_VERIFY_FAILED" in external.silence(settings, (pki / "other.crt").read_text())
        if not silent:
            external.require(settings, ca, deadline.Deadline(0))
        running.shutdown()


def test_a_silent_load_balancer_is_told_what_to_do(given: Given, pki: Path) -> None:  # noqa: F811
    ca = (pki / "ca.crt").read_text()
    with pytest.raises(KubeError) as caught:
        external.require(at(given, 9), ca, deadline.Deadline(0))
    text = str(caught.value)
    assert text.startswith("the external load balancer at 127.0.0.1:9 does not answer node1 (https://127.0.0.1:9: ")
    assert text.endswith(REMEDY.replace("TCP 6443", "TCP 9"))
    external.require(parse(given), "no PEM", deadline.Deadline(0))  # the control planes' own is not asked


def test_an_unknown_name_is_the_reason_that_is_given(given: Given, pki: Path) -> None:  # noqa: F811
    settings = parse(given | {"endpoint": {**BEHIND, "name": "api.nowhere.invalid"}})
    with pytest.raises(KubeError, match=r"^api\.nowhere\.invalid, the name of the API's endpoint, does not resolve"):
        external.require(settings, (pki / "ca.crt").read_text(), deadline.Deadline(0))


def test_no_machine_joins_before_the_load_balancer_answers(
    given: Given, worker: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = OneUnit(str(tmp_path))
    monkeypatch.setattr(external, "silence", lambda *_: "connection refused")
    monkeypatch.setattr(external, "PATIENCE", {"default": 0.0})
    behind = {"endpoint": {**BEHIND, "name": "", "address": "203.0.113.7"}}
    with pytest.raises(KubeError, match="does not answer node4"):
        join.join(parse(worker | behind), system, PAPER, {**DISCOVERY, "ca": base64.b64encode(b"CA").decode()})
    assert system.begun == 0
    system.write(paths.CA, b"CA")
    params = {"token": PAPER.token, "certificate_key": PAPER.key, "state": "present", "stale_members": []}
    monkeypatch.setattr(join_credentials, "System", lambda _root: system)
    with pytest.raises(KubeError, match="does not answer node1"):
        join_credentials.perform(parse(given | behind), params, check=False)


def test_an_init_that_fails_says_what_the_load_balancer_lacks(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = OneUnit(str(tmp_path))
    system.write(paths.CA, b"CA")
    monkeypatch.setattr(deadline.time, "sleep", lambda _s: setattr(system, "unit", ("failed", "failed", "exit-code")))
    monkeypatch.setattr(external, "silence", lambda *_: "connection refused")
    behind = {"endpoint": {"address": "203.0.113.7", "port": 6443, "load_balancer": "external"}}
    with pytest.raises(KubeError, match=r"the external load balancer at 203\.0\.113\.7:6443 does not answer node1"):
        control_plane.init(parse(given | behind), system)
    assert external.explain(parse(given), system.path(paths.CA)) == ""
    monkeypatch.setattr(external, "silence", lambda *_: "")
    assert external.explain(parse(given | behind), system.path(paths.CA)) == ""
    assert external.explain(parse(given | behind), system.path("/none")) == ""
