# SPDX-License-Identifier: GPL-3.0-or-later
"""The states that host_base and container_runtime render, and errors of wrong inputs."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import Plan, Step, plan
from ansible_collections.groundup.cloud.plugins.module_utils.host.read import read_strays
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import (
    Actual,
    HostError,
    HostState,
    PathState,
    UnitState,
)
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import paths
from ansible_collections.groundup.cloud.plugins.module_utils.layers import container_runtime, host_base
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import ASSESS, foresee, probe
from ansible_collections.groundup.cloud.plugins.module_utils.layers.host_base import render
from ansible_collections.groundup.cloud.plugins.module_utils.layers.selection import hosts_to_run, layers_to_run
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import seed

PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
SUM = "ab" * 32
FILES = {name: {"sha256": SUM, "kind": "binary"} for name in (*container_runtime.BINARIES, "cni-plugins")}
RUNTIME = {
    "files": FILES,
    "files_url": "http://10.10.0.1:8080/bundle/files",
    "registry": {"address": "10.10.0.1:5000", "ca": PEM, "mirrors": ["registry.k8s.io"]},
}


def files(state: HostState) -> dict[str, str | None]:
    return {file.path: file.content for file in state.all_files()}


def test_base_has_what_kubernetes_requires() -> None:
    state = host_base.render({"sysctls": {"vm.swappiness": 10}, "kernel_modules": ["overlay", "tun"]})
    assert state.modules == ("overlay", "br_netfilter", "nf_conntrack", "tun")
    assert state.sysctls["net.ipv4.ip_forward"] == "1" and state.sysctls["vm.swappiness"] == "10"
    assert state.swap_off and state.clock is None and state.packages == host_base.PACKAGES
    assert "/etc/groundup/firewall.nft" in state.absent


def test_base_trusts_the_registry_as_a_deployment_does() -> None:
    """The same file with the same text, so nothing differs after a deployment; without a CA the file is left alone."""
    order = {"machine": "m", "cloud": "c", "deploy_id": "d", "image": {"name": "i", "sha256": "s"}}
    seeded = seed.files({**order, "seed": {"hostname": "m", "ca_certificate": f"{PEM}\n"}}, "f" * 32)
    written = {f"/{file.path}": (file.content, file.mode) for file in seeded}
    state = host_base.render({"registry_ca": f"{PEM}\n"})
    (own,) = [file for file in state.files if file.path == host_base.REGISTRY_CA]
    assert written[own.path] == (own.content, own.mode)
    assert host_base.REGISTRY_CA not in (*files(render({"registry_ca": ""})), *render({}).absent)
    assert not pathlib.PurePath(own.path).match(state.purge[0].pattern)


def test_base_names_a_machine_whose_network_is_not_configured() -> None:
    """As host_network names the others."""
    state, other = render({"hostname": "vm1", "fqdn": "vm1.example.net"}), render({})
    assert files(state)["/etc/hostname"] == "vm1\n" and state.sysctls["kernel/hostname"] == "vm1"
    assert [block.content for block in state.blocks] == ["", "127.0.1.1 vm1.example.net vm1\n"]
    assert "/etc/hostname" not in files(other) and "kernel/hostname" not in other.sysctls and len(other.blocks) == 1


def test_base_time() -> None:
    state = host_base.render({"ntp_servers": ["10.10.0.1"]})
    chrony = str(files(state)["/etc/chrony/chrony.conf"])
    assert "server 10.10.0.1 iburst\n" in chrony and "makestep 1 -1\n" in chrony
    assert (
        state.packages == (*host_base.PACKAGES, "chrony")
        and state.clock is not None
        and state.clock.servers == ("10.10.0.1",)
    )


def test_base_firewall_replaces_only_its_own_table() -> None:
    state = host_base.render(
        {"firewall": {"enabled": True, "trusted": ["10.30.0.0/24", "fd00::/8"], "open": ["tcp/6443"]}}
    )
    rules = str(files(state)["/etc/groundup/firewall.nft"])
    assert rules.startswith("table inet groundup\ndelete table inet groundup\ntable inet groundup {")
    assert "flush ruleset" not in rules
    for rule in (
        "tcp dport 22 accept",
        "ip saddr 10.30.0.0/24 accept",
        "ip6 saddr fd00::/8 accept",
        "tcp dport 6443 accept",
    ):
        assert f"\t\t{rule}\n" in rules
    assert "nftables" in state.packages


@pytest.mark.parametrize("wrong", ["tcp/0", "tcp/70000", "tcp/9-8", "sctp/9", "tcp", "udp/1-65536", "tcp/1-2-3"])
def test_base_firewall_refuses_what_is_no_port(wrong: str) -> None:
    with pytest.raises(HostError, match=f"host_base.firewall.open: {wrong} is not like tcp/6443 or tcp/30000-32767"):
        host_base.render({"firewall": {"enabled": True, "trusted": ["10.30.0.0/24"], "open": [wrong]}})


NFT_OFF = "hook firewall"


def test_base_firewall_switched_off_leaves_nothing_that_filters() -> None:
    on = {"firewall": {"enabled": True, "trusted": ["10.30.0.0/24"]}}
    written = {path: PathState("file", 0o644, "root", "root", "", text) for path, text in files(render(on)).items()}
    written[host_base.FIREWALL_WANTED] = PathState("link", target=host_base.FIREWALL_UNIT)
    state = render({})
    runs = UnitState("loaded", "active", "enabled")
    actual = Actual(written, units={unit.name: runs for unit in state.units})
    steps = [str(step) for step in plan(state, actual).steps]
    for path in (host_base.RULES, host_base.FIREWALL_UNIT, host_base.FIREWALL_WANTED):
        assert f"remove {path}" in steps
    assert steps.index(f"remove {host_base.RULES}") < steps.index(NFT_OFF)
    assert NFT_OFF not in [str(step) for step in plan(state, Actual(units=actual.units)).steps]


@pytest.mark.parametrize(
    ("params", "path"),
    [({}, host_base.OWN_SOURCE), ({"limits": {}}, host_base.LIMITS), ({}, host_base.RULES)],
)
def test_base_removes_files_that_are_no_longer_wanted(params: dict[str, Any], path: str) -> None:
    state = render(params)
    assert path in state.absent and path not in files(state)


def test_base_hosts_that_are_dropped_leave_the_file() -> None:
    assert [block.content for block in render({}).blocks] == [""]


@pytest.mark.parametrize(("url", "trusted"), [("https://10.10.0.1/apt", True), ("http://10.10.0.1/apt", False)])
def test_base_apt_is_trusted_over_tls_only(url: str, trusted: bool) -> None:
    source = str(files(host_base.render({"apt": {"url": url}}))["/etc/apt/sources.list.d/groundup.sources"])
    assert source == f"Types: deb\nURIs: {url}\nSuites: ./\n" + ("Trusted: yes\n" if trusted else "")


WRONG = [
    (host_base.render, {"firewal": {}}, "did you mean firewall"),
    (host_base.render, {"firewall": {"enabled": True}}, "trusted: is empty"),
    (
        host_base.render,
        {"firewall": {"enabled": True, "trusted": ["10.0.0.0/8"], "open": ["6443"]}},
        "6443 is not like",
    ),
    (host_base.render, {"ca_certificates": {"x": "y"}}, "ca_certificates.x: not a PEM"),
    (host_base.render, {"registry_ca": "y"}, "registry_ca: not a PEM"),
    (container_runtime.render, {}, "files: is required"),
    (
        container_runtime.render,
        {"files": {"ctr": {"url": "u", "sha256": "s"}}},
        "files.containerd: needs url and sha256",
    ),
    (container_runtime.render, {**RUNTIME, "runtime": "gvisor"}, "runtime: gvisor is not one of"),
    (container_runtime.render, {**RUNTIME, "drop_ins": {"../x": "a = 1"}}, r"drop_ins\.\.\./x: the name may have"),
    (container_runtime.render, {**RUNTIME, "drop_ins": {"gpu": " \n"}}, "drop_ins.gpu: is empty"),
    (container_runtime.render, {**RUNTIME, "drop_ins": {"gpu": "[a"}}, "drop_ins.gpu: isn't TOML: "),
]


@pytest.mark.parametrize(("render", "params", "message"), WRONG)
def test_wrong_input_is_named(render: Any, params: dict[str, Any], message: str) -> None:
    with pytest.raises(HostError, match=message):
        render(params)


def test_runtime_pulls_mirrored_registries_from_the_mirror_only() -> None:
    found = files(container_runtime.render(RUNTIME))
    hosts = str(found["/etc/containerd/certs.d/registry.k8s.io/hosts.toml"])
    assert "server = 'https://10.10.0.1:5000/v2/registry.k8s.io'" in hosts and "override_path = true" in hosts
    assert "/etc/containerd/registry-ca.crt" in hosts and found["/etc/containerd/registry-ca.crt"] == PEM
    assert "/etc/containerd/certs.d/10.10.0.1:5000/hosts.toml" in found
    assert "/etc/containerd/certs.d/docker.io/hosts.toml" not in found, "only what the bundle holds is mirrored"


def test_runtime_has_further_configuration_in_files_of_their_own() -> None:
    state = container_runtime.render(
        {**RUNTIME, "drop_ins": {"a": "[debug]\nlevel = 'debug'", "b": "version = 3\nroot = '/x'"}}
    )
    found = files(state)
    assert str(found["/etc/containerd/conf.d/groundup-a.toml"]).splitlines()[1:] == [
        "version = 3", "[debug]", "level = 'debug'",
    ]  # fmt: skip
    assert str(found["/etc/containerd/conf.d/groundup-b.toml"]).count("version = 3") == 1
    assert "imports = ['/etc/containerd/conf.d/*.toml']" in str(found["/etc/containerd/config.toml"])
    assert "/etc/containerd/conf.d/" in state.units[0].restart_on


def test_runtime_leaves_files_of_others(tmp_path: pathlib.Path) -> None:
    """A GPU operator writes drop-ins, and people configure registries of their own."""
    head = container_runtime.HEAD
    for name, text in {
        "conf.d/99-nvidia.toml": "version = 3\n",
        "conf.d/groundup-gone.toml": head,
        "certs.d/registry.example.net/hosts.toml": "server = 'https://registry.example.net'\n",
        "certs.d/gone.example.net/hosts.toml": head + "server = 'x'\n",
    }.items():
        path = tmp_path / "etc/containerd" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    strays = read_strays(container_runtime.render(RUNTIME), System(str(tmp_path)))
    assert strays == (
        "/etc/containerd/certs.d/gone.example.net/hosts.toml",
        "/etc/containerd/conf.d/groundup-gone.toml",
    )


def test_runtime_takes_files_by_digest() -> None:
    state = container_runtime.render(RUNTIME)
    by_path = {file.path: file for file in state.files}
    assert by_path["/usr/local/bin/ctr"].url == f"http://10.10.0.1:8080/bundle/files/sha256/{SUM}"
    assert by_path["/usr/local/bin/ctr"].mode == 0o755
    assert state.archives[0].directory == "/opt/cni/bin"


def layer(role: str) -> dict[str, str]:
    """An entry of groundup_layers whose name is that of its role."""
    return {"name": role, "role": f"groundup.cloud.{role}", "input": f"{role}_config"}


def test_a_role_that_is_none_of_a_host_layer_is_named() -> None:
    with pytest.raises(HostError, match=r"layers\.dns.role: groundup\.cloud\.dns is no role of a host layer"):
        probe([layer("dns")], {"dns_config": {}})


def test_an_input_that_was_not_given_is_named() -> None:
    with pytest.raises(HostError, match=r"layers\.host_base\.input: inputs has no host_base_config"):
        probe([layer("host_base")], {})


def test_a_layer_is_added_by_one_line_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (Step("greet", "everybody"),)
    monkeypatch.setitem(ASSESS, "toy", lambda params, _system: Plan("toy", steps if params["greet"] else ()))
    entries = [{**layer("toy"), "name": name, "input": f"{name}_config"} for name in ("loud", "quiet")]
    found = probe(entries, {"loud_config": {"greet": True}, "quiet_config": {"greet": False}})
    assert (found["differs"], found["steps"]) == (["loud"], {"loud": ["greet everybody"], "quiet": []})


def kubernetes(addresses: dict[str, str]) -> dict[str, Any]:
    """The input of the role kubernetes on node1, a control plane."""
    return {
        "cluster": "rack1", "version": "1.36.3", "files": {}, "pods": "10.64.0.0/14", "services": "10.96.0.0/16",
        "endpoint": {"address": "10.30.0.10", "interface": "bond0.30"}, "control_planes": addresses,
        "node": {"name": "node1", "address": "10.30.0.21", "control_plane": True},
    }  # fmt: skip


def test_a_control_plane_is_one_whichever_layers_are_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setitem(ASSESS, "toy", lambda _params, _system: Plan("toy", (Step("greet", "everybody"),)))
    monkeypatch.setattr("ansible_collections.groundup.cloud.plugins.module_utils.kube.members.serves", lambda *_: False)
    host, addresses = System(str(tmp_path)), {f"node{number}": f"10.30.0.2{number}" for number in (1, 2, 3)}
    own = kubernetes(addresses)
    toy, given = [layer("toy")], {"toy_config": {}}
    assert probe(toy, given, system=host, kubernetes=own)["serves"] is False, "it has not joined"
    host.write(paths.ADMIN_CONF, b"credentials")
    found = probe(toy, given, system=host, kubernetes=own)
    assert (found["differs"], found["serves"], found["ready"]) == (["toy"], True, False)
    worker = own | {"control_planes": {"node2": "10.30.0.22"}, "node": own["node"] | {"control_plane": False}}
    for other in (worker, own | {"control_planes": {"node1": "10.30.0.21"}}, {}, None):
        assert probe(toy, given, system=host, kubernetes=other)["serves"] is False


def test_a_worker_reads_its_node_only_where_a_layer_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] | None = ["DiskPressure"]
    called: list[str] = []
    monkeypatch.setitem(ASSESS, "toy", lambda params, _: Plan("toy", (Step("greet", "x"),) if params["greet"] else ()))
    monkeypatch.setattr(
        "ansible_collections.groundup.cloud.plugins.module_utils.kube.kubelet_node.shortages",
        lambda settings, _system: called.append(settings.node.name) or found,
    )
    own = kubernetes({"node2": "10.30.0.22"})
    own["node"]["control_plane"] = False

    def probed(greet: bool, kubernetes: dict[str, Any] | None) -> tuple[bool, list[str]]:
        result = probe([layer("toy")], {"toy_config": {"greet": greet}}, kubernetes=kubernetes)
        return result["worker"], result["short"]

    assert probed(True, own) == (True, ["DiskPressure"])
    found = None
    assert probed(True, own) == (False, []), "its node is not ready"
    assert called == ["node1", "node1"]
    assert probed(False, own) == probed(True, None) == (False, [])
    assert called == ["node1", "node1"], "nothing differs, or the machine is no node"


def test_a_layer_runs_where_it_differs_and_where_it_follows_one_that_differs_elsewhere() -> None:
    layers = [layer("host_base"), layer("kubernetes"), {**layer("network"), "follows": ["kubernetes"]}]
    assert layers_to_run(layers, [], []) == []
    assert layers_to_run(layers, ["network", "host_base"], ["host_base"]) == ["host_base", "network"]
    assert layers_to_run(layers, [], ["kubernetes", "host_base"]) == ["network"]
    assert layers_to_run([], [], ["kubernetes"]) == []


def test_hosts_that_were_not_compared_or_would_be_deployed_run_no_layer() -> None:
    layers = [layer("kubernetes"), {**layer("network"), "follows": ["kubernetes"]}]
    compared: dict[str, Any] = {
        "joins": {"differs": ["kubernetes"], "changed": False},
        "same": {"differs": [], "changed": False},
        "bare": {"differs": ["kubernetes"], "changed": True},
        "failed": {"failed": True},
    }
    hosts = {name: {"groundup_layers": layers, "groundup_probe": probe} for name, probe in compared.items()}
    hosts |= {"leaf1": {}, "cluster": {"groundup_probe": {"differs": []}}}
    everywhere = [("joins", "kubernetes"), ("joins", "network"), ("same", "network")]
    assert hosts_to_run(hosts, hosts, ["kubernetes"], ["all"]) == everywhere
    assert hosts_to_run(hosts, ["same"], ["kubernetes"], ["all"]) == [("same", "network")]
    assert hosts_to_run(hosts, hosts, ["kubernetes"], ["kubernetes"]) == [("joins", "kubernetes")]
    assert hosts_to_run(hosts, hosts, ["kubernetes"], ["all"], ["kubernetes"]) == [everywhere[1], everywhere[2]]
    assert hosts_to_run(hosts, ["same", "leaf1"], [], ["all"]) == []


def test_a_machine_without_an_operating_system_can_be_planned_for() -> None:
    """No program runs there, which must not count as an error."""
    entry = {"url": "https://10.10.0.1/x", "sha256": "0" * 64}
    names = ("containerd", "containerd-shim-runc-v2", "ctr", "cni-plugins")
    inputs: dict[str, dict[str, Any]] = {
        "host_network_config": {"anything": True},
        "host_base_config": {"ntp_servers": ["127.0.0.1"], "sysctls": {"vm.swappiness": 1}},
        "container_runtime_config": {"files": dict.fromkeys(names, entry)},
    }
    found = foresee([layer(name.removesuffix("_config")) for name in inputs], inputs)
    assert list(found) == ["host_base", "container_runtime"]
    assert {"install chrony", "file /etc/chrony/chrony.conf", "systemctl restart chrony.service"} <= set(
        found["host_base"]
    )
    assert "systemctl enable containerd.service" in found["container_runtime"]
    said = [step for steps in found.values() for step in steps]
    assert not [step for step in said if "could not be read" in step or step.startswith("clock")]
