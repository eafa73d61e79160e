# SPDX-License-Identifier: GPL-3.0-or-later
"""What the layers render, read by the programs it is for; pings and time over real namespaces and a real chronyd."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import CURRENT, cache_root
from ansible_collections.groundup.cloud.plugins.module_utils.layers import container_runtime, host_base, network_basic
from ansible_collections.groundup.cloud.plugins.module_utils.links.script import SCRIPT

pytestmark = pytest.mark.services
NAME = "gu-host-test"
LIBRARY = pathlib.Path(host_base.__file__).parents[6]
Run = Callable[[str, str], subprocess.CompletedProcess[str]]


@pytest.fixture
def run() -> Iterator[Run]:
    """Two namespaces joined by a veth pair (MTU 9000) and its VLAN 30 (10.30.0.1 here, 10.30.0.2 there)."""
    if os.geteuid():
        pytest.skip("network namespaces need root")

    def inside(where: str, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["ip", "netns", "exec", f"{NAME}-{where}", "sh", "-ec", script],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        )

    for where in ("a", "b"):
        subprocess.run(["ip", "netns", "add", f"{NAME}-{where}"], check=True)
    link = ["ip", "-n", f"{NAME}-a", "link", "add", "e0", "mtu", "9000", "type", "veth", "peer", "e0", "mtu", "9000"]
    try:
        subprocess.run([*link, "netns", f"{NAME}-b"], check=True)
        for number, where in enumerate("ab", 1):
            up = f"ip link set lo up; ip link set e0 up; ip addr add 10.30.0.{number}/24 dev e0"
            done = inside(where, f"{up}; ip addr add fd00:30::{number}/64 dev e0 nodad")
            assert done.returncode == 0, done.stderr
        yield inside
    finally:
        for where in ("a", "b"):
            subprocess.run(["ip", "netns", "delete", f"{NAME}-{where}"], check=False)


def python(code: str) -> str:
    root = "ansible_collections.groundup.cloud.plugins.module_utils"
    return f"{sys.executable} - <<'E'\nfrom {root}.network import ping\nfrom {root}.host import sntp\n{code}\nE"


def test_exact_pings(run: Run) -> None:
    ask = "print(sorted(ping.by_socket(['10.30.0.2', '10.30.0.9'], {}, 'e0', 2)))"
    assert run("a", python(ask.format(9000))).stdout == "['10.30.0.2']\n"
    assert run("b", "ip link set e0 mtu 8900").returncode == 0
    assert run("a", python(ask.format(9000))).stdout == "[]\n", "a peer with a smaller MTU must not pass"
    assert run("a", python(ask.format(8900))).stdout == "['10.30.0.2']\n"


def test_exact_pings_of_both_ip_versions(run: Run) -> None:
    peers = ["10.30.0.2", "fd00:30::2", "fd00:30::9"]
    ask = f"print(sorted(ping.by_socket({peers}, {{}}, 'e0', 2)))"
    assert run("a", "ip link set e0 mtu 9000").returncode == run("b", "ip link set e0 mtu 9000").returncode == 0
    assert run("a", python(ask.format(9000))).stdout == "['10.30.0.2', 'fd00:30::2']\n"
    assert run("a", python(ask.format(1280))).stdout == "['10.30.0.2', 'fd00:30::2']\n"
    assert run("b", "ip link set e0 mtu 8900").returncode == 0
    assert run("a", python(ask.format(9000))).stdout == "[]\n", "a peer with a smaller MTU must not pass"


def test_time_of_a_real_server(run: Run, tmp_path: pathlib.Path) -> None:
    lines = ["local stratum 8", "allow all", "cmdport 0", "bindcmdaddress /", f"pidfile {tmp_path}/pid"]
    (tmp_path / "chrony.conf").write_text("\n".join(lines) + "\n")
    server = subprocess.Popen(
        ["ip", "netns", "exec", f"{NAME}-b", "chronyd", "-x", "-d", "-u", "root", "-f", str(tmp_path / "chrony.conf")],
        stderr=subprocess.PIPE,
    )
    try:
        until = time.monotonic() + 20
        answer = ""
        while not answer.startswith(("0", "-0")) and time.monotonic() < until:
            answer = run("a", python("print(sntp.first_offset(('10.30.0.9', '10.30.0.2'), 1))")).stdout
        assert abs(float(answer)) < 0.5
    finally:
        server.kill()
        server.communicate()


SERVER = """
import socket, struct, time
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.bind(("10.30.0.2", 123))
while True:
    asked, sender = link.recvfrom(512)
    now = struct.pack("!Q", int((time.time() + 86400 + 2208988800) * 2**32))
    link.sendto(b"\\x24\\x02" + 22 * b"\\0" + asked[40:48] + now + now, sender)
"""
CLOCK = """
import time
from {root}.host import layer, state, system
set_to = []
time.clock_settime = lambda _clock, seconds: set_to.append(seconds - time.time())
wanted = state.HostState("t", clock=state.Clock(("10.30.0.9", "10.30.0.2")))
done = layer.run_layer(lambda _params: wanted, {{}}, check=False, system=system.System("{scratch}"))
print(done["steps"], done["diff"][0]["before"].strip(), [round(seconds) for seconds in set_to])
"""


def test_a_clock_one_day_off_is_set_first(run: Run, tmp_path: pathlib.Path) -> None:
    """The server is a double that says tomorrow; the question travels for real, only the clock itself is left alone."""
    words = ["ip", "netns", "exec", f"{NAME}-b", sys.executable, "-c", SERVER.replace("\\\\", "\\")]
    server = subprocess.Popen(words)
    try:
        root = "ansible_collections.groundup.cloud.plugins.module_utils"
        until, answer = time.monotonic() + 20, ""
        while "clock" not in answer and time.monotonic() < until:
            done = run("a", python(CLOCK.format(root=root, scratch=tmp_path)))
            answer = done.stdout
        assert answer == "['clock clock'] off by -86400 s [86400]\n", done.stderr
    finally:
        server.kill()
        server.wait()


def test_the_firewall_switched_off_is_gone(run: Run, tmp_path: pathlib.Path) -> None:
    off = next(hook for hook in host_base.render({}).hooks if hook.name == "firewall")
    (tmp_path / "rules.nft").write_text(rendered("/etc/groundup/firewall.nft"))
    done = run("b", f"nft add table inet others; nft -f {tmp_path}/rules.nft; nft list tables")
    assert "table inet groundup" in done.stdout, done.stderr
    for __ in range(2):  # and where there is none already
        done = run("b", shlex.join(off.argv) + "; nft list tables")
        assert done.stdout == "table inet others\n", done.stderr


def pod_network(tmp_path: pathlib.Path, *others: int) -> str:
    """The program of network_basic on a node with the pods 10.64.0.0/24, as a file."""
    nodes = {"a": {"pod_cidr": "10.64.0.0/24", "address": "10.30.0.1"}}
    nodes |= {f"n{i}": {"pod_cidr": f"10.64.{i}.0/24", "address": f"10.30.0.{i}"} for i in others}
    state = network_basic.render({"pods": "10.64.0.0/14", "interface": "e0", "node": "a", "nodes": nodes})
    path = tmp_path / "pod-network"
    path.write_text(next(str(file.content) for file in state.files if file.path == network_basic.SCRIPT))
    path.chmod(0o755)
    return str(path)


def test_pod_routes_as_the_kernel_has_them(run: Run, tmp_path: pathlib.Path) -> None:
    run("a", "ip route add 192.0.2.0/24 via 10.30.0.2; nft add table inet others")
    script = pod_network(tmp_path, 2, 3)
    first = run("a", f"{script}; {script} show")
    assert first.returncode == 0, first.stderr
    assert {line.split()[0] for line in first.stdout.splitlines() if " via " in line} == {
        "10.64.2.0/24",
        "10.64.3.0/24",
    }
    assert "ip saddr 10.64.0.0/24 ip daddr != 10.64.0.0/14" in first.stdout
    assert run("a", f"{script}; {script} show").stdout == first.stdout, "a second run shows the same"
    run("a", "ip route del 10.64.2.0/24; nft flush table ip groundup_pods")
    assert run("a", f"{script} show").stdout != first.stdout, "what was taken away by hand is seen"
    fewer = pod_network(tmp_path, 3)
    run("a", fewer)
    routes = run("a", "ip -4 route show; nft list tables").stdout
    assert "10.64.3.0/24" in routes and "10.64.2.0/24" not in routes, "a node that left has no route"
    assert "192.0.2.0/24" in routes and "table inet others" in routes, "those of others stay"


def test_pods_of_two_nodes_reach_each_other_by_both_ip_versions(run: Run, tmp_path: pathlib.Path) -> None:
    nodes = {
        where: {
            "pod_cidr": f"10.64.{number}.0/24",
            "address": f"10.30.0.{number}",
            "second_pod_cidr": f"fd00:64:0:{number}::/64",
            "second_address": f"fd00:30::{number}",
        }
        for number, where in enumerate("ab", 1)
    }
    for number, where in enumerate("ab", 1):
        pods = {"pods": "10.64.0.0/14,fd00:64::/56", "interface": "e0", "node": where, "nodes": nodes}
        files = network_basic.render(pods).files
        path = tmp_path / where
        path.write_text(next(str(file.content) for file in files if file.path == network_basic.SCRIPT))
        bridge = "ip link add cni0 type bridge; ip link set cni0 up"
        own = f"ip addr add 10.64.{number}.1/24 dev cni0; ip addr add fd00:64:0:{number}::1/64 dev cni0 nodad"
        done = run(where, f"{bridge}; {own}; sh {path}; sh {path}; sh {path} show")
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(" via ") == done.stdout.count("masquerade") == 2, done.stdout
    for source, target in (("10.64.1.1", "10.64.2.1"), ("fd00:64:0:1::1", "fd00:64:0:2::1")):
        done = run("a", f"ping -n -c 3 -W 2 -I {source} {target}")
        assert done.returncode == 0, done.stdout + done.stderr


def rendered(path: str) -> str:
    state = host_base.render(
        {"ntp_servers": ["10.30.0.2"], "firewall": {"enabled": True, "trusted": ["10.40.0.0/24"], "open": ["tcp/8443"]}}
    )
    return next(str(file.content) for file in state.files if file.path == path)


def test_the_firewall_as_the_kernel_has_it(run: Run, tmp_path: pathlib.Path) -> None:
    rules = tmp_path / "rules.nft"
    rules.write_text(rendered("/etc/groundup/firewall.nft"))
    load = f"nft add table inet others; nft -f {rules}; nft -f {rules}; nft list tables"
    done = run("b", load)
    if "Operation not supported" in done.stderr or "not found" in done.stderr:
        pytest.skip(f"no nftables here: {done.stderr.strip()}")
    assert done.stdout == "table inet others\ntable inet groundup\n", done.stderr
    ports = (22, 8443, 8099)
    servers = [
        subprocess.Popen(
            ["ip", "netns", "exec", f"{NAME}-b", sys.executable, "-m", "http.server", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for port in ports
    ]
    try:
        run(
            "b",
            "for p in 22 8443 8099; do for i in $(seq 50); do ss -ltn | grep -q :$p && break; sleep 0.2; done; done",
        )
        ask = "import socket; print([socket.socket().connect_ex(('10.30.0.2', p)) == 0 for p in (22, 8443)])"
        assert run("a", f'{sys.executable} -c "{ask}"').stdout == "[True, True]\n"
        ask = "import socket; s = socket.socket(); s.settimeout(2); print(s.connect_ex(('10.30.0.2', 8099)) == 0)"
        assert run("a", f'{sys.executable} -c "{ask}"').stdout == "False\n"
    finally:
        for server in servers:
            server.kill()
            server.wait()


@pytest.mark.parametrize(("trusted", "answers"), [("fd00:30::/64", "True"), ("fd00:99::/64", "False")])
def test_the_firewall_lets_neighbours_of_ipv6_be_found(
    run: Run, tmp_path: pathlib.Path, trusted: str, answers: str
) -> None:
    state = host_base.render({"firewall": {"enabled": True, "trusted": ["10.40.0.0/24", trusted]}})
    rules = tmp_path / "rules.nft"
    rules.write_text(next(str(file.content) for file in state.files if file.path.endswith("firewall.nft")))
    done = run("b", f"nft -f {rules}")
    if "Operation not supported" in done.stderr or "not found" in done.stderr:
        pytest.skip(f"no nftables here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    serve = "import socket; socket.create_server(('::', 8099), family=socket.AF_INET6).accept()"
    command = ["ip", "netns", "exec", f"{NAME}-b", sys.executable, "-c", serve]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        run("b", "for i in $(seq 50); do ss -ltn | grep -q :8099 && break; sleep 0.2; done")
        assert run("a", "ip neigh flush dev e0; ping -n -c 1 -W 2 fd00:30::2").returncode == 0
        ask = "import socket; s = socket.socket(socket.AF_INET6); s.settimeout(2)"
        ask = f"{ask}; print(s.connect_ex(('fd00:30::2', 8099)) == 0)"
        assert run("a", f'{sys.executable} -c "{ask}"').stdout == f"{answers}\n"
    finally:
        server.kill()
        server.wait()


def test_chronyd_reads_its_configuration(tmp_path: pathlib.Path) -> None:
    (tmp_path / "chrony.conf").write_text(rendered("/etc/chrony/chrony.conf"))
    done = subprocess.run(
        ["chronyd", "-p", "-f", str(tmp_path / "chrony.conf")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "makestep 1 -1" in done.stdout, done.stderr


def test_containerd_reads_its_configuration(tmp_path: pathlib.Path) -> None:
    bundle = cache_root() / CURRENT
    if not bundle.exists():
        pytest.skip("no bundle was made on this machine")
    index = json.loads((bundle / "bundle.json").read_text())
    containerd = tmp_path / "containerd"
    containerd.write_bytes((bundle / index["files"]["containerd"]["path"]).read_bytes())
    containerd.chmod(0o755)
    (tmp_path / "config.toml").write_text(container_runtime.config("crun", "registry.k8s.io/pause:3.10.2"))
    words = [str(containerd), "--config", str(tmp_path / "config.toml"), "config", "dump"]
    dump = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    for line in ("SystemdCgroup = true", "BinaryName = '/usr/bin/crun'", "config_path = '/etc/containerd/certs.d'"):
        assert line in dump
    assert "default_runtime_name = 'crun'" in dump and "sandbox = 'registry.k8s.io/pause:3.10.2'" in dump


def test_the_network_script_has_valid_syntax(tmp_path: pathlib.Path) -> None:
    (tmp_path / "script").write_text(SCRIPT)
    subprocess.run(["sh", "-n", str(tmp_path / "script")], check=True)


def test_the_network_script_installs_and_restores_files(tmp_path: pathlib.Path) -> None:
    """switch, then revert, with doubles of networkctl and ip that only record their calls."""
    state, target, tools = tmp_path / "state", tmp_path / "network", tmp_path / "bin"
    for name in ("new", "old/10-groundup-lo.network.d"):
        (state / "change" / name).mkdir(parents=True)
    for directory in (target, tools):
        directory.mkdir()
    for tool in ("networkctl", "ip", "systemctl", "logger", "sleep"):
        (tools / tool).write_text(f'#!/bin/sh\necho "{tool} $*" >> {tmp_path}/calls\n')
        (tools / tool).chmod(0o755)
    (state / "change/new/10-groundup-bond0.network").write_text("new")
    (state / "change/old/10-groundup-bond0.network").write_text("old")
    (state / "change/old/10-groundup-lo.network").write_text("lo")
    (target / "10-groundup-bond0.network").write_text("old")
    (target / "10-groundup-lo.network").write_text("lo")
    (target / "50-others.network").write_text("others")
    (target / "10-groundup-masked.network").symlink_to("/dev/null")  # masked by hand
    (target / "10-groundup-lo.network.d").mkdir()  # a drop-in made by hand
    for where in (target, state / "change/old"):
        (where / "10-groundup-lo.network.d/x.conf").write_text("drop-in")
    (state / "change/new/10-groundup-masked.network").write_text("unmasked")
    (state / "change/new/10-groundup-mode.network").write_text("same")
    (target / "10-groundup-mode.network").write_text("same")
    (target / "10-groundup-mode.network").chmod(0o600)  # systemd-networkd could not read it any more
    (state / "pending").write_text("1")
    for name, text in (("devices", ""), ("created", ""), ("released", "lo\n"), ("reconfigure", "lo\n")):
        (state / "change" / name).write_text(text)
    script = SCRIPT.replace("/var/lib/groundup/network", str(state)).replace("/etc/systemd/network", str(target))

    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}

    def run(*words: str) -> int:
        return subprocess.run(["sh", "-c", script, "script", *words], check=False, env=environment).returncode

    def call(verb: str) -> dict[str, str]:
        assert run(verb) == 0
        return {str(path.relative_to(target)): path.read_text() for path in target.rglob("*") if path.is_file()}

    assert call("switch") == {
        "10-groundup-bond0.network": "new",
        "10-groundup-masked.network": "unmasked",
        "10-groundup-mode.network": "same",
        "50-others.network": "others",
    }
    assert pathlib.Path("/dev/null").is_char_device()
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in target.glob("10-*"))
    calls = (tmp_path / "calls").read_text()
    assert (state / "change/switched").exists() and calls.startswith("ip link set dev lo nomaster\nnetworkctl reload\n")
    everything = {"10-groundup-bond0.network": "old", "10-groundup-lo.network": "lo", "50-others.network": "others"}
    everything["10-groundup-lo.network.d/x.conf"] = "drop-in"
    assert call("revert") == everything and not (state / "pending").exists() and (state / "reverted").exists()
    assert call("switch") == call("revert") == call("boot") == everything, "no marker file, no change"
    (target / "10-groundup-bond0.network").write_text("half")
    (state / "reverting").touch()  # as when a reboot interrupts the rollback
    assert call("boot") == everything and not (state / "reverting").exists()
    assert run("confirm", "1") == 1, "it was rolled back"
    (state / "pending").write_text("2")
    (tmp_path / "calls").write_text("")
    assert run("confirm", "1") == 1 and (state / "pending").exists(), "another change waits"
    assert run("confirm", "2") == 0 and not (state / "pending").exists() and not (state / "reverted").exists()
    assert run("confirm", "2") == 0, "the answer was lost"
    assert (tmp_path / "calls").read_text() == "systemctl stop groundup-network-revert.timer\n"
    assert call("revert") == everything and not (state / "reverted").exists(), "a confirmed change stays"


def test_the_network_script_works_with_networkmanager(tmp_path: pathlib.Path) -> None:
    """switch, then revert, with doubles of nmcli and ip that only record their calls."""
    state, keyfiles, networkd, tools = (tmp_path / name for name in ("state", "keyfiles", "networkd", "bin"))
    for directory in (state / "change/new", state / "change/old", keyfiles, tools):
        directory.mkdir(parents=True)
    for tool in ("networkctl", "nmcli", "ip", "systemctl", "logger", "sleep"):
        (tools / tool).write_text(f'#!/bin/sh\necho "{tool} $*" >> {tmp_path}/calls\n')
        (tools / tool).chmod(0o755)
    profile = "groundup-bond0.nmconnection"
    (state / "change/new" / profile).write_text("new")
    (state / "change/new/10-groundup-nic0.link").write_text("link")
    (state / "change/old" / profile).write_text("old")
    (keyfiles / profile).write_text("old")
    (keyfiles / "mine.nmconnection").write_text("mine")
    lists = {"backend": "networkmanager\n", "devices": "lo\n", "created": "lo\n", "released": "", "reconfigure": "lo\n"}
    for name, text in {**lists, "activate": "lo\nbond0.30\n", "restore": "bond0\n"}.items():
        (state / "change" / name).write_text(text)
    (state / "pending").write_text("1")
    script = SCRIPT.replace("/var/lib/groundup/network", str(state)).replace("/etc/systemd/network", str(networkd))
    script = script.replace("/etc/NetworkManager/system-connections", str(keyfiles))

    def call(verb: str) -> tuple[dict[str, str], list[str]]:
        (tmp_path / "calls").write_text("")
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        subprocess.run(["sh", "-c", script, "script", verb], check=True, env=environment)
        found = {path.name: path.read_text() for path in (*keyfiles.iterdir(), *networkd.iterdir())}
        return found, (tmp_path / "calls").read_text().splitlines()

    before = {profile: "old", "mine.nmconnection": "mine"}
    up = "nmcli --wait 15 connection up id groundup-"
    files, calls = call("switch")
    assert files == {profile: "new", "mine.nmconnection": "mine", "10-groundup-nic0.link": "link"}
    assert calls == ["nmcli connection reload", "ip link delete dev lo", f"{up}lo", f"{up}bond0.30"], "in this order"
    assert (keyfiles / profile).stat().st_mode & 0o777 == 0o600
    assert (networkd / "10-groundup-nic0.link").stat().st_mode & 0o777 == 0o644
    rollback = f'case "$*" in *bond0.30) rm {state}/pending ;; esac\n'
    (tools / "nmcli").write_text((tools / "nmcli").read_text() + rollback)
    (state / "change/activate").write_text("bond0.30\nlo\n")
    assert call("switch")[1][-1] == f"{up}bond0.30", "a switch ends when a rollback has begun"
    (state / "pending").write_text("1")
    files, calls = call("revert")
    assert files == before
    assert calls[:-1] == ["nmcli connection reload", f"{up}bond0"], "devices of others' profiles are not deleted"
    (keyfiles / profile).write_text("half")
    (state / "pending").write_text("1")
    files, calls = call("boot")
    assert files == before and not [line for line in calls if "nmcli" in line], "NetworkManager does not run yet"
    assert not (state / "pending").exists() and (state / "reverted").exists()


def test_no_test_leaves_a_namespace() -> None:
    names = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    assert NAME not in names


def test_a_table_of_a_network_is_read_from_the_kernel(run: Run) -> None:
    """Answers leave by the network they came by, though the default route of the host is another one."""
    code = """
from ansible_collections.groundup.cloud.plugins.module_utils.links import live
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
import json, subprocess
shown = subprocess.run(["ip", "-json", "link", "show", "e0"], capture_output=True, text=True).stdout
mac = json.loads(shown)[0]["address"]
storage = {"network": "storage", "address": "10.30.0.1/24", "gateway": "10.30.0.2", "table": 40, "mtu": 9000}
spec = parse({"links": [{"nic": {"name": "e0", "mac": mac}}], "addresses": [storage]})
print([d.what for d in live.differences(spec, live.read(System(), tables=spec.tables)) if d.what.startswith("r")])
"""
    first = run("a", python(code))
    assert first.stdout == "['route of table 40', 'route of table 40', 'rule']\n", first.stderr
    table = "ip route add 10.30.0.0/24 dev e0 scope link table 40; ip route add default via 10.30.0.2 dev e0 table 40"
    assert run("a", f"{table}; ip rule add from 10.30.0.1 table 40 priority 1000").returncode == 0
    assert run("a", python(code)).stdout == "[]\n"
    assert "via 10.30.0.2 dev e0 table 40" in run("a", "ip route get 203.0.113.9 from 10.30.0.1").stdout
