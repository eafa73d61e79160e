# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the layer konnectivity as objects. That agents connect is tested with real ones in tests/services."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import konnectivity
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import LAYERS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.kube import egress

ROOT = pathlib.Path(__file__).resolve().parents[3]
GIVEN = {"server": "10.30.0.10:8091"}


def pod(**more: Any) -> dict[str, Any]:
    found = {one.kind: one.body for one in konnectivity.render({**GIVEN, **more})}
    spec: dict[str, Any] = found["DaemonSet"]["spec"]["template"]["spec"]
    return spec


def test_agents_need_nothing_of_the_network_of_pods_and_run_on_each_node() -> None:
    spec = pod()
    assert spec["hostNetwork"] is True and "dnsPolicy" not in spec, "the server is given by its address"
    assert spec["tolerations"] == [{"operator": "Exists"}], "a node without a network of pods has a taint"
    assert spec["priorityClassName"] == "system-node-critical"
    args = spec["containers"][0]["args"]
    assert "--proxy-server-host=10.30.0.10" in args and "--proxy-server-port=8091" in args
    assert "--agent-identifiers=host=$(NODE_NAME)&ipv4=$(NODE_ADDRESS)" in args


def test_an_agent_has_one_token_for_the_server_and_no_right() -> None:
    objects = konnectivity.render(GIVEN)
    assert [f"{one.kind} {one.name}" for one in objects] == [
        "ServiceAccount konnectivity-agent",
        "ClusterRoleBinding system:konnectivity-server",
        "DaemonSet konnectivity-agent",
    ]
    binding = objects[1].body
    assert [one["kind"] for one in binding["subjects"]] == ["User"], "agents are bound to no role"
    spec = pod()
    assert spec["automountServiceAccountToken"] is False
    (token, authority) = spec["volumes"][0]["projected"]["sources"]
    assert token["serviceAccountToken"]["audience"] == egress.AUDIENCE
    assert authority["configMap"]["name"] == "kube-root-ca.crt"
    context = spec["containers"][0]["securityContext"]
    assert context["capabilities"] == {"drop": ["ALL"]} and spec["securityContext"]["runAsNonRoot"] is True


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [
        ("10.30.0.10:8091", "10.30.0.10", 8091),
        ("api.example.net:1", "api.example.net", 1),
        ("[fd00::1]:9", "fd00::1", 9),
    ],
)
def test_the_server_is_an_address_with_a_port(given: str, host: str, port: int) -> None:
    assert konnectivity.server({"server": given}) == (host, port)


@pytest.mark.parametrize(
    "given", ["", "10.30.0.10", ":8091", "10.30.0.10:0", "a:65536", "fd00::1:9", "[10.0.0.1]:9", "a b:1"]
)
def test_another_server_is_refused(given: str) -> None:
    with pytest.raises(ClusterLayerError, match=r"konnectivity_config.server: .* is not an address with a port like"):
        konnectivity.render({"server": given})


def test_slow_machines_have_fifteen_minutes_to_start_an_agent() -> None:
    request = LAYERS["konnectivity"].request({**GIVEN, "timings": "slow"})
    container = next(one for one in request.definitions if one.kind == "DaemonSet").body["spec"]["template"]["spec"]
    assert container["containers"][0]["startupProbe"]["failureThreshold"] == 90


def test_its_images_are_those_of_the_lock_and_of_the_version_of_kubernetes() -> None:
    lock = yaml.safe_load((ROOT / "roles/bundle/files/lock.yml").read_text())
    assert lock["builds"]["konnectivity"]["version"] == egress.VERSION
    assert egress.VERSION.split(".")[1] == lock["kubernetes"].split(".")[1]
    for image, program in ((egress.SERVER_IMAGE, egress.SERVER_PROGRAM), (egress.AGENT_IMAGE, egress.AGENT_PROGRAM)):
        assert image in lock["optional"] and image in lock["upstream_images"]
        assert lock["images"][image]["entrypoint"] == [f"/{program}"]
    spec = yaml.safe_load((ROOT / "roles/konnectivity/meta/argument_specs.yml").read_text())
    options = spec["argument_specs"]["main"]["options"]["konnectivity_config"]["options"]
    assert options["image"]["default"] == egress.AGENT_IMAGE == pod()["containers"][0]["image"]
