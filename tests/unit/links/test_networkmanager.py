# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend NetworkManager, and which program manages the links of a host."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import Actual, HostError, PathState, UnitState
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.layers import host_network
from ansible_collections.groundup.cloud.plugins.module_utils.links import cabling, change, keyfiles, live
from ansible_collections.groundup.cloud.plugins.module_utils.links.backends import BACKENDS, device_of, files_of
from ansible_collections.groundup.cloud.plugins.module_utils.links.lists import link_lists
from ansible_collections.groundup.cloud.plugins.module_utils.links.live import Difference, Live
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse

from .cases import CASES, nic

TWO = {**CASES["two_bonds"], "backend": "networkmanager"}
BRIDGED = {**CASES["bridge_on_second"], "backend": "networkmanager"}


def profiles(params: dict[str, Any]) -> dict[str, str]:
    """The profiles of an input by name of their device."""
    found = files_of(parse({**params, "backend": "networkmanager"}))
    return {device_of(pathlib.Path(path).name, text)[0]: text for path, text in found.items() if ".nm" in path}


def names(params: dict[str, Any]) -> dict[str, str]:
    return {pathlib.Path(path).name: text for path, text in files_of(parse(params)).items()}


def test_a_network_with_smaller_packets_than_its_link_has_them_on_its_routes() -> None:
    """The route with the smaller metric is taken in the place of NetworkManager's own, which has the link's MTU."""
    address = {
        "network": "a",
        "address": "10.10.0.21/24",
        "gateway": "10.10.0.1",
        "routes": [{"to": "10.8.0.0/16", "via": "10.10.0.2"}, {"to": "169.254.1.1/32"}],
    }
    six = {"network": "a", "address": "2001:db8::21/64", "gateway": "2001:db8::1"}
    text = profiles({"links": [{"nic": nic(0), "mtu": 9000}], "addresses": [address, six]})["nic0"]
    four = "\n".join(
        [
            "[ipv4]",
            "method=manual",
            "address1=10.10.0.21/24",
            "route1=10.10.0.0/24,0.0.0.0,50",
            "route1_options=mtu=1500,src=10.10.0.21",
            "route2=0.0.0.0/0,10.10.0.1",
            "route2_options=mtu=1500",
            "route3=10.8.0.0/16,10.10.0.2",
            "route3_options=mtu=1500",
            "route4=169.254.1.1/32",
            "route4_options=mtu=1500",
        ]
    )
    assert four in text
    assert "route1=2001:db8::/64,::,50\nroute1_options=mtu=1500,src=2001:db8::21\nroute2=::/0,2001:db8::1\n" in text


def test_the_kernel_takes_the_first_of_equal_routes() -> None:
    """As `ip route` shows the two to a network with smaller packets."""

    class DoubleHost(System):
        def run(self, argv: Sequence[str], **_rest: Any) -> str:
            route = '{"dst": "10.10.0.0/24", "dev": "nic0", "metric": %s}'
            small = route.replace("}", ', "metrics": [{"mtu": 1500}]}')
            return "[]" if "address" in argv else f"[{small % 50}, {route % 100}]"

    assert live.read(DoubleHost()).sizes == {("nic0", "10.10.0.0/24", ""): 1500}


def test_name_servers_are_those_of_the_profile_with_the_default_route() -> None:
    six = {"network": "c", "vlan": 5, "address": "2001:db8::21/64"}
    own = {"network": "a", "address": "10.10.0.21/24"}
    given = {"links": [{"nic": nic(0)}], "dns": {"servers": ["10.20.0.1", "2001:db8::1"], "search": ["x.example", "y"]}}
    found = profiles({**given, "addresses": [own, *CASES["bond_of_one"]["addresses"], six]})
    assert "dns=" not in found["nic0"]
    assert "gateway=10.20.0.1\ndns=10.20.0.1;\ndns-search=x.example;y;\n" in found["nic0.20"]
    assert "dns=2001:db8::1;\ndns-search=x.example;y;\n" in found["nic0.5"]
    with pytest.raises(HostError, match=r"dns\.servers: 2001:db8::1 is IPv6, of which no network here has an address"):
        profiles({**given, "addresses": [own]})


def test_the_state_of_the_host_has_no_resolved_and_ignores_lost_carrier() -> None:
    state = host_network.render(TWO)
    files = {file.path: file for file in state.files}
    assert not state.packages and not state.links and host_network.RESOLVED not in files
    modes = {path.rpartition("/")[2]: file.mode for path, file in files.items()}
    assert modes["groundup-bond0.nmconnection"] == 0o600 and modes["10-groundup-nic0.link"] == 0o644
    assert "match-device=mac:52:54:00:00:01:00;mac:" in str(files[keyfiles.CONF].content)
    assert ";interface-name:=bond0.20;interface-name:=bond1.40\nignore-carrier=1\n" in str(files[keyfiles.CONF].content)
    assert state.units[0].name == "NetworkManager.service" and state.units[0].reload_on == (keyfiles.CONF,)


def test_a_machine_that_is_deployed_has_networkd() -> None:
    with pytest.raises(HostError, match="networkmanager is for hosts that are installed already; machines"):
        host_network.network_files({**ONE, "backend": "networkmanager"})


def test_only_profiles_of_links_that_change_are_activated() -> None:
    old = names(BRIDGED)
    assert link_lists(parse(BRIDGED), [], old)["activate"] == []
    moved = {**BRIDGED, "bridges": [{**BRIDGED["bridges"][0], "address": "10.110.0.2/24"}]}
    found = link_lists(parse(moved), [], old)
    assert found["activate"] == ["br110", "bond1", "bond1.110"], "the bridge first, and its port last"
    assert found["restore"] == ["br110", "bond0", "bond1", "bond0.20", "bond1.110"]
    assert found["devices"] == found["created"] == []
    lost = link_lists(parse(BRIDGED), [Difference("nic1", "master", "none", "bond0")], old)
    assert lost["activate"] == ["bond0", "bond0.20"], "members come with their bond"
    unnamed = link_lists(parse(BRIDGED), [Difference("ens7", "state", "down", "up")], old)
    assert unnamed["activate"] == found["restore"], "a NIC with its old name may be of any link"


def test_devices_that_go_and_come() -> None:
    fewer = {**BRIDGED, "bridges": []}
    back = link_lists(parse(fewer), [], names(BRIDGED))
    assert (back["devices"], back["created"]) == (["bond1.110", "br110"], [])
    forth = link_lists(parse(BRIDGED), [Difference("bond0", "mode", "balance-xor", "802.3ad")], names(fewer))
    assert (forth["devices"], forth["created"]) == (["bond0"], ["bond1.110", "br110"])


RUNS, STOPPED = UnitState("loaded", "active", "enabled"), UnitState("loaded", "inactive", "disabled")


@dataclass
class DoubleHost(System):
    """A temporary root, and doubles of systemctl, nmcli and networkctl that answer with what a test sets."""

    active: str = "inactive"
    lldp: str = ""
    states: dict[str, str] = field(default_factory=dict)
    setups: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    def run(self, argv: Sequence[str], **_rest: Any) -> str:
        self.ran.append(" ".join(argv))
        if "lldp" in argv:
            return self.lldp
        if argv[0] == "nmcli":
            return "".join(f"{name}:{state}\n" for name, state in self.states.items())
        if argv[0] == "networkctl":
            return "".join(
                f"  {i} {name} ether routable {setup}\n" for i, (name, setup) in enumerate(self.setups.items())
            )
        return self.active + "\n" if "is-active" in argv else ""


@pytest.fixture
def host(tmp_path: pathlib.Path) -> DoubleHost:
    return DoubleHost(str(tmp_path))


ONE = {"links": [{"nic": nic(0)}]}
KERNEL = Live({"ens7": {"ifname": "ens7", "address": nic(0)["mac"], "flags": ["UP"]}}, frozenset())
REFUSED: list[tuple[str, UnitState, dict[str, Any], str]] = [
    ("networkd", STOPPED, {}, r"systemd-networkd does not run .* another program .* \(ifupdown\?\); move"),
    ("networkmanager", STOPPED, {}, r"NetworkManager does not run here, so another program"),
    ("networkd", STOPPED, {"active": "active"}, "here, and NetworkManager does; write backend: networkmanager, or"),
    ("networkmanager", STOPPED, {"active": "active"}, "and systemd-networkd does; write backend: networkd, or"),
    ("networkd", RUNS, {"active": "active", "states": {"ens7": "connected"}},
     "NetworkManager manages ens7 here; write backend: networkmanager, or make Net.* leave it to systemd-netw"),
    ("networkd", RUNS, {"active": "active", "states": {"ens7": "disconnected"}}, "NetworkManager manages ens7 here"),
    ("networkmanager", RUNS, {"active": "active", "states": {"ens7": "connected"}, "setups": {"ens7": "configured"}},
     "systemd-networkd manages ens7 here; write backend: networkd, or make systemd-networkd leave it to Network"),
    ("networkmanager", RUNS, {"states": {"ens7": "unmanaged"}}, r"leaves ens7 alone \(nmcli device: unmanaged\)"),
]  # fmt: skip
TAKEN: list[tuple[str, UnitState, dict[str, Any]]] = [
    ("networkd", RUNS, {}),
    ("networkd", RUNS, {"active": "active", "states": {"ens7": "unmanaged"}}),
    ("networkd", RUNS, {"active": "active", "states": {"ens7": "connected (externally)"}}),
    ("networkd", RUNS, {"active": "active", "states": {"ens8": "connected"}}),
    ("networkmanager", RUNS, {"active": "active", "states": {"ens7": "connected"}, "setups": {"ens7": "unmanaged"}}),
    ("networkmanager", RUNS, {"states": {"ens7": "connected"}}),
]


def refuse(backend: str, unit: UnitState, host: DoubleHost, kind: str = "absent") -> None:
    spec = parse({**ONE, "backend": backend})
    path = next(path for path in files_of(spec) if path.startswith(BACKENDS[backend].directory))
    actual = Actual({path: PathState(kind)}, units={BACKENDS[backend].service: unit})
    host_network.refuse_other_managers(spec, actual, KERNEL, host)


@pytest.mark.parametrize(("backend", "unit", "others", "message"), REFUSED)
def test_links_of_another_manager_are_refused(
    host: DoubleHost, backend: str, unit: UnitState, others: dict[str, Any], message: str
) -> None:
    vars(host).update(others)
    with pytest.raises(HostError, match=message):
        refuse(backend, unit, host)


@pytest.mark.parametrize(("backend", "unit", "others"), TAKEN)
def test_links_of_the_backend_are_taken(
    host: DoubleHost, backend: str, unit: UnitState, others: dict[str, Any]
) -> None:
    vars(host).update(others)
    refuse(backend, unit, host)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_that_was_stopped_by_hand_is_started(host: DoubleHost, backend: str) -> None:
    refuse(backend, STOPPED, host, kind="file")
    stopped = Actual({}, units={BACKENDS[backend].service: STOPPED})
    steps = [str(step) for step in plan(host_network.render({**ONE, "backend": backend}), stopped).steps]
    service = BACKENDS[backend].service
    assert {f"systemctl enable {service}", f"systemctl start {service}"} <= set(steps)


def test_the_rollback_is_armed_with_the_profiles_of_before(host: DoubleHost) -> None:
    host.write("/etc/NetworkManager/system-connections/groundup-bond7.nmconnection", b"[connection]\ntype=bond\n")
    host.write("/etc/NetworkManager/system-connections/mine.nmconnection", b"[connection]\ntype=ethernet\n")
    host.write("/etc/systemd/network/10-groundup-nic9.link", b"old")
    change.arm(parse(TWO), [], host)
    saved = {name: host.path(f"{change.CHANGE}/{name}") for name in ("backend", "devices", "activate", "restore")}
    assert {name: path.read_text().split() for name, path in saved.items()} == {
        "backend": ["networkmanager"],
        "devices": ["bond7"],
        "activate": ["bond0", "bond1", "nic4", "bond0.20", "bond1.40"],
        "restore": ["bond7"],
    }
    old = sorted(path.name for path in host.path(f"{change.CHANGE}/old").iterdir())
    assert old == ["10-groundup-nic9.link", "groundup-bond7.nmconnection"], "those of others are left alone"
    new = {path.name: path.stat().st_mode & 0o777 for path in host.path(f"{change.CHANGE}/new").iterdir()}
    assert set(new) == set(names(TWO)) and set(new.values()) == {0o600}


def test_steps_in_the_places_of_both_backends_wait_for_the_rollback_timer() -> None:
    state = host_network.render(TWO)
    steps = plan(state, Actual({}, units={})).steps
    timed = {step.subject for step in steps if host_network.is_timed(step)}
    assert timed == set(files_of(parse(TWO)))


#: as nmcli 1.42 shows them, recorded with a frame that was sent to it
LLDP = """\
NEIGHBOR[0].DEVICE:ens8
NEIGHBOR[0].SYSTEM-NAME:leaf9
NEIGHBOR[0].PORT-ID:Ethernet9
NEIGHBOR[0].PORT-DESCRIPTION:
NEIGHBOR[1].DEVICE:ens7
NEIGHBOR[1].SYSTEM-NAME:leaf1.rack1
NEIGHBOR[1].PORT-ID:Ethernet1:2
NEIGHBOR[1].PORT-DESCRIPTION:node1: bond0
"""


@pytest.mark.parametrize(
    ("port", "wrong"),
    [
        ("leaf1/Ethernet1:2", ""),
        ("leaf1/node1: bond0", ""),
        ("leaf1/Ethernet1:3", "nic0: its cable leads to leaf1/Ethernet1:2; the model says leaf1/Ethernet1:3"),
    ],
)
def test_cables_are_compared_with_neighbours(host: DoubleHost, port: str, wrong: str) -> None:
    host.lldp = LLDP
    spec = parse({"links": [{"nic": nic(0, port)}], "backend": "networkmanager"})
    found = cabling.misplaced(spec, KERNEL, cabling.by_nmcli(host))
    assert "; ".join(found) == wrong
    if wrong:
        with pytest.raises(HostError, match="nothing was changed on this host: nic0: its cable"):
            cabling.check(spec, KERNEL, host)
