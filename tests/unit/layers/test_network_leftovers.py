# SPDX-License-Identifier: GPL-3.0-or-later
"""What other networks leave on a node: found by the table of traces, refused while in use, removed by consent."""

from __future__ import annotations

import fnmatch
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import LAYERS
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError, RefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.layers import network_basic, network_leftovers
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import probe
from ansible_collections.groundup.cloud.plugins.module_utils.layers.leftovers import leftovers
from ansible_collections.groundup.cloud.plugins.module_utils.model.enums import NetworkProvider
from ansible_collections.groundup.cloud.plugins.module_utils.network.traces import CONFIGURATIONS, TRACES
from ansible_collections.groundup.cloud.plugins.module_utils.prove import hosts
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import one_network
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

FLANNEL = f"{CONFIGURATIONS}/10-flannel.conflist"
BASIC = network_basic.CONFLIST


class Node(System):
    """A scratch directory with files, interfaces and processes, and recorded commands."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.ran: list[str] = []
        self.tables: list[str] = []
        self.routes = ""

    def has(self, *files: str, interfaces: Sequence[str] = (), processes: Sequence[str] = ()) -> Node:
        for name in files:
            path = self.path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
        for name in interfaces:
            self.path(f"/sys/class/net/{name}").mkdir(parents=True)
        for number, name in enumerate(processes, 7):
            self.path(f"/proc/{number}").mkdir(parents=True)
            self.path(f"/proc/{number}/comm").write_text(f"{name[:15]}\n")
        return self

    def emptied(self) -> Node:
        """Without anything of a network."""
        for name in ("etc", "opt", "run", "var", "sys"):
            shutil.rmtree(self.path(name), ignore_errors=True)
        self.tables = []
        return self

    def run(self, argv: Sequence[str], **_kwargs: Any) -> str:
        words = list(argv)
        if words == ["nft", "-j", "list", "tables"]:
            found = [dict(zip(("family", "name"), table.split(), strict=True)) for table in self.tables]
            return json.dumps({"nftables": [{"metainfo": {}}, *({"table": table} for table in found)]})
        if words[:3] == ["ip", "route", "show"]:
            return self.routes
        self.ran.append(" ".join(words))
        return ""


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    monkeypatch.setattr("shutil.which", lambda name, **__: f"/usr/sbin/{name}")
    return Node(tmp_path)


def names(found: Sequence[object]) -> list[str]:
    return list(map(str, found))


def everything(node: Node) -> Node:
    """A node as flannel leaves it, with things of others beside."""
    node.tables = ["ip flannel-ipv4", "ip6 flannel-ipv6", "inet filter", "ip cni_hostport"]
    return node.has(
        FLANNEL,
        "/opt/cni/bin/flannel",
        "/opt/cni/bin/bridge",
        "/run/flannel/subnet.env",
        "/var/lib/cni/networks/cbr0/10.244.0.2",
        f"{CONFIGURATIONS}/87-podman.conflist",
        interfaces=["lo", "eth0", "cni0", "flannel.1", "flannel.10x", "veth0"],
    )


def test_an_empty_node_and_the_wanted_network_have_no_leftovers(node: Node) -> None:
    assert leftovers("flannel", (), node) == []
    everything(node)
    assert leftovers("flannel", (), node) == []
    assert network_leftovers.assess({"provider": "flannel"}, node).steps == ()


def test_what_two_networks_share_belongs_to_the_wanted_one(node: Node) -> None:
    everything(node)
    basic, none = names(leftovers("basic", (), node)), names(leftovers(None, (), node))
    assert basic == [
        FLANNEL,
        "/opt/cni/bin/flannel",
        "/run/flannel",
        "/var/lib/cni/networks/cbr0",
        "interface flannel.1",
        "interface flannel.10x",
        "table ip flannel-ipv4",
        "table ip6 flannel-ipv6",
    ]
    assert {"interface cni0", "table ip cni_hostport"} <= set(none) - set(basic)
    assert "inet filter" not in " ".join(none) and "podman" not in " ".join(none)


@pytest.mark.parametrize(
    ("files", "processes", "wanted", "other", "found"),
    [
        ([FLANNEL], [], "basic", "flannel", FLANNEL),
        ([BASIC], [], "flannel", "basic", BASIC),
        ([BASIC], [], "custom", "basic", BASIC),
        ([], ["flanneld"], "basic", "flannel", "process flanneld"),
        ([], ["cilium-agent"], "flannel", "cilium", "process cilium-agent"),
        ([f"{CONFIGURATIONS}/01-kube-ovn.conflist"], [], None, "kube_ovn", "01-kube-ovn.conflist"),
        ([f"{CONFIGURATIONS}/10-calico.conflist"], ["calico-node"], "flannel", "calico", "process calico-node"),
    ],
)
def test_another_network_is_refused_with_both_names_and_the_way_out(
    node: Node, files: list[str], processes: list[str], wanted: str | None, other: str, found: str
) -> None:
    node.has(*files, processes=processes)
    with pytest.raises(RefusedError) as caught:
        network_leftovers.perform({"provider": wanted}, check=False, system=node)
    text = str(caught.value)
    assert f"there is the network {other} (" in text and found in text
    assert f"and {wanted or 'none'} is wanted" in text and f'"network_leftovers_remove": ["{other}"]' in text
    assert node.ran == [] and all(node.path(name).exists() for name in files)


def test_the_probe_of_a_machine_refuses_it_too_and_says_so_once_for_each_layer(node: Node) -> None:
    node.has(FLANNEL)
    layers = [{"name": "network", "role": "groundup.cloud.network_basic", "input": "network_basic_config"}]
    inputs = {"network_basic_config": {"pods": "10.64.0.0/14", "interface": "bond0.30"}}
    found = probe(layers, inputs, system=node)
    assert found["differs"] == ["network"] and found["steps"]["network"] == [f"refused: {found['refused'][0]}"]
    inputs["network_basic_config"]["remove_leftovers"] = ["flannel"]  # type: ignore[assignment]
    agreed = probe(layers, inputs, system=node)
    assert agreed["refused"] == [] and agreed["steps"]["network"][0] == f"remove {FLANNEL}"


def test_the_module_of_basic_alone_refuses_another_network(node: Node) -> None:
    node.has(FLANNEL)
    with pytest.raises(RefusedError, match="there is the network flannel"):
        network_basic.bring({"pods": "10.64.0.0/14", "interface": "x"}, check=False, system=node)


def test_a_network_of_ones_own_may_be_one_that_is_known(node: Node) -> None:
    node.has(FLANNEL, processes=["flanneld"])
    assert leftovers("custom", ["flannel"], node) == []
    with pytest.raises(RefusedError, match="there is the network flannel"):
        network_leftovers.assess({"provider": "custom"}, node)


def test_everything_is_removed_by_consent_and_nothing_of_others(node: Node) -> None:
    everything(node)
    params = {"provider": "basic", "remove": ["flannel"]}
    planned = network_leftovers.perform(params, check=True, system=node)
    assert planned["changed"] and node.ran == [] and node.path(FLANNEL).exists()
    assert planned["diff"][0]["after"] == ""
    done = network_leftovers.perform(params, check=False, system=node)
    assert done["steps"] == planned["steps"]
    assert node.ran == [
        "nft delete table ip flannel-ipv4",
        "nft delete table ip6 flannel-ipv6",
        "ip link delete flannel.1",
        "ip link delete flannel.10x",
    ]
    assert not node.path("/run/flannel").exists() and not node.path("/opt/cni/bin/flannel").exists()
    assert node.path("/opt/cni/bin/bridge").exists() and node.path(f"{CONFIGURATIONS}/87-podman.conflist").exists()


def test_units_and_routes_end_before_files_are_removed(node: Node) -> None:
    node.has(BASIC, network_basic.UNIT_PATH, network_basic.SCRIPT, network_basic.RECORD)
    node.routes = "10.64.1.0/24 via 10.30.0.22 dev bond0.30\n"
    done = network_leftovers.perform({"provider": "flannel", "remove": ["basic"]}, check=False, system=node)
    assert node.ran == [
        f"systemctl disable --now {network_basic.UNIT}",
        f"ip route flush proto {network_basic.PROTOCOL}",
        "systemctl daemon-reload",
    ]
    assert not any(node.path(name).exists() for name in (BASIC, network_basic.UNIT_PATH, network_basic.RECORD))
    assert done["warnings"] == [
        "settings of the running systemd-networkd of basic end with a reboot of the node, which is left to you"
    ]


def test_a_network_that_still_runs_is_not_removed(node: Node) -> None:
    node.has(FLANNEL, processes=["flanneld"])
    with pytest.raises(RefusedError, match=r"still runs here \(flanneld\).*remove it from the cluster first"):
        network_leftovers.perform({"provider": "basic", "remove": ["flannel"]}, check=False, system=node)
    assert node.path(FLANNEL).exists()


def test_a_directory_with_a_mounted_file_system_is_not_removed(node: Node) -> None:
    node.has("/run/cilium/state", "/proc/mounts")
    node.path("/proc/mounts").write_text(
        "cgroup2 /run/cilium/cgroupv2 cgroup2 rw 0 0\nx /run/ciliumother tmpfs rw 0 0\n"
    )
    with pytest.raises(RefusedError, match=r"/run/cilium of the network cilium can't be removed.*/run/cilium/cgroupv2"):
        network_leftovers.perform({"remove": ["cilium"]}, check=False, system=node)
    assert node.path("/run/cilium/state").exists()


def test_every_interface_of_cilium_is_found_and_no_other_one(node: Node) -> None:
    own = ["cilium_geneve", "cilium_host", "cilium_net", "cilium_vxlan", "cilium_wg0"]
    node.has(interfaces=[*own, "ciliumother", "eth0"])
    plan = network_leftovers.assess({"provider": "basic", "remove": ["cilium"]}, node)
    assert sorted(step.item.name for step in plan.steps) == own


def test_programs_of_cilium_go_before_their_maps(node: Node) -> None:
    node.has("/sys/fs/bpf/tc/globals/cilium_lb4_services_v2", "/sys/fs/bpf/tc/globals/other",
             "/sys/fs/bpf/cilium/devices/eth0/links/cil_from_netdev", interfaces=["cilium_vxlan"])  # fmt: skip
    done = network_leftovers.perform({"provider": "basic", "remove": ["cilium"]}, check=False, system=node)
    assert [step.rpartition(" ")[2] for step in done["steps"]] == [
        "cilium_vxlan",
        "/sys/fs/bpf/cilium",
        "/sys/fs/bpf/tc/globals/cilium_lb4_services_v2",
    ]
    assert not node.path("/sys/fs/bpf/cilium").exists() and node.path("/sys/fs/bpf/tc/globals/other").exists()
    assert "filters of tc on kernels before 6.6" in done["warnings"][0]


def test_what_is_left_of_a_network_that_is_not_in_use_is_a_warning(node: Node) -> None:
    node.has("/run/flannel/subnet.env", interfaces=["flannel.1"])
    plan = network_leftovers.assess({"provider": "basic"}, node)
    assert plan.steps == ()
    assert plan.warnings[0].startswith("the network flannel has left /run/flannel, interface flannel.1 here; ")


MULTUS = (f"{CONFIGURATIONS}/00-multus.conf", "/opt/cni/bin/multus-shim", "/run/multus/multus.sock")


def test_multus_beside_a_network_is_left_alone_while_it_runs(node: Node) -> None:
    node.has(FLANNEL, *MULTUS, processes=["flanneld", "multus-daemon"])
    plan = network_leftovers.assess({"provider": "flannel"}, node)
    assert (plan.steps, plan.warnings) == ((), ())
    assert one_network("flannel", [], node)
    with pytest.raises(RefusedError, match=r"multus still runs here \(multus-daemon\)"):
        network_leftovers.perform({"provider": "flannel", "remove": ["multus"]}, check=False, system=node)
    assert node.path(MULTUS[0]).exists()


def test_what_multus_has_left_is_named_and_removed_by_consent_and_the_network_stays(node: Node) -> None:
    node.has(FLANNEL, *MULTUS, "/opt/cni/bin/macvlan", processes=["flanneld"])
    left = network_leftovers.assess({"provider": "flannel"}, node)
    assert left.steps == () and left.warnings[0].startswith(f"the network multus has left {MULTUS[0]}, ")
    with pytest.raises(ProofError, match=r"00-multus\.conf"):
        one_network("flannel", [], node)
    done = network_leftovers.perform({"provider": "flannel", "remove": ["multus"]}, check=False, system=node)
    assert done["changed"] and not any(node.path(name).exists() for name in MULTUS)
    assert node.path(FLANNEL).exists() and node.path("/opt/cni/bin/macvlan").exists()
    assert any("end with a reboot" in text for text in done["warnings"])
    assert not network_leftovers.assess({"provider": "flannel"}, node).warnings


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"provider": "multus"}, "config.provider: multus is no network"),
        ({"provider": "flanel"}, "config.provider: flanel is no network; there are basic, flannel"),
        ({"provider": "basic", "remove": ["weave"]}, "config.remove: weave is no network"),
        ({"provider": "basic", "remove": ["basic"]}, "config.remove: basic is the network that the node shall have"),
        ({"provider": "custom", "known_as": ["calico"], "remove": ["calico"]}, "calico is the network that the node"),
    ],
)
def test_wrong_names_are_refused(node: Node, params: dict[str, Any], message: str) -> None:
    with pytest.raises(HostError, match=message):
        network_leftovers.assess(params, node)


def test_the_table_has_every_provider_and_what_our_own_roles_write() -> None:
    assert set(TRACES) == {str(provider) for provider in NetworkProvider}
    basic, state = TRACES["basic"], network_basic.render({
        "pods": "10.64.0.0/14", "interface": "x", "node": "a", "nodes": {"a": {"pod_cidr": "10.64.0.0/24"}},
    })  # fmt: skip
    written = {file.path for file in state.files} | {hook.record for hook in state.hooks if hook.query}
    patterns = (*basic.files, *(f"{CONFIGURATIONS}/{name}" for name in basic.configurations))
    assert not [path for path in written if not any(fnmatch.fnmatch(path, pattern) for pattern in patterns)]
    assert basic.protocol == network_basic.PROTOCOL and basic.units == (network_basic.UNIT,)
    for role, layer in LAYERS.items():
        if layer.network:
            assert TRACES[layer.network].sets == (f"groundup-{role.replace('_', '-')}",)
    assert all(trace.source for trace in TRACES.values())


def test_a_proof_names_what_is_left_and_the_consent_that_removes_it(node: Node) -> None:
    assert "flannel, kube_ovn" in one_network("basic", [], everything(node).emptied())
    everything(node)
    with pytest.raises(ProofError, match=r"10-flannel.conflist.*table ip6 flannel-ipv6 of flannel; .*\[\"flannel\"\]"):
        one_network("basic", [], node)
    assert one_network("custom", ["flannel"], node)


def test_the_proof_is_owed_by_nodes_whose_network_is_known(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "leftovers", lambda *__: leftovers("flannel", (), node))
    params: dict[str, Any] = {"host": "node1", "networks": [], "node": True, "layers": {"network": "flannel"}}
    claims = [proof.name for proof in hosts.host_proofs(params)]
    assert "node1: nothing of another network is left" in claims
    for other in ({"layers": {"network": None}}, {"node": False}, {"layers": {"host_base": None}}):
        assert not [proof for proof in hosts.host_proofs({**params, **other}) if "another network" in proof.name]


def test_switches_of_kube_ovn_are_named_and_left_to_a_reboot(node: Node) -> None:
    links = ["br-int", "br-vlan101", "br-lan", "ovs-system"]
    assert leftovers("flannel", (), node.has(interfaces=links)) == [], "they may be somebody else's"
    node.has("/opt/cni/bin/kube-ovn")
    found = ["/opt/cni/bin/kube-ovn", "switch br-int", "switch br-vlan101", "switch ovs-system"]
    assert names(leftovers("flannel", (), node)) == found and leftovers("kube_ovn", (), node) == []
    kept = network_leftovers.assess({"provider": "flannel"}, node)
    assert "/opt/cni/bin/kube-ovn, switch br-int, switch br-vlan101, switch ovs-system" in kept.warnings[0]
    gone = network_leftovers.assess({"provider": "flannel", "remove": ["kube_ovn"]}, node)
    assert [step.subject for step in gone.steps] == ["/opt/cni/bin/kube-ovn"]
    assert gone.warnings[0].startswith("br-int, br-vlan101, ovs-system of kube_ovn end with a reboot")
