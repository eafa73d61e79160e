# SPDX-License-Identifier: GPL-3.0-or-later
"""The network around the molecule machine: two namespaces and a real Open vSwitch between them.

`<name>` is the controller's side: Molecule runs inside it, with one address per network (NETWORKS).
`<name>-w` holds the taps, the switch and QEMU: the kernel of a namespace with taps would answer for the controller.
Both NICs of the machine are one LACP port with fallback, as in a rack: it may bond them or use the first alone.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

#: network -> (VLAN, /24 prefix, MTU); provision is native (untagged) on the machine's port.
NETWORKS = {"provision": (10, "10.99.10", 1500), "cluster": (30, "10.99.30", 9000), "storage": (40, "10.99.40", 9000)}
TAPS = ("nic0", "nic1")


def run(*argv: str | pathlib.Path, namespace: str = "", check: bool = True) -> str:
    """Standard output of a command, in a network namespace if one is named; RuntimeError with its words if it fails."""
    words = [*(("ip", "netns", "exec", namespace) if namespace else ()), *map(str, argv)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Wire:
    """Namespaces, taps and switch of one instance; `up` and `down` may be called in any state."""

    def __init__(self, name: str, runtime: pathlib.Path) -> None:
        self.inside, self.outside = name, f"{name}-w"
        self.ovs = runtime / "ovs"
        self.database = f"unix:{self.ovs}/db.sock"

    def up(self) -> None:
        """Makes everything anew. The controller's namespace is kept if it is there: the caller may run in it."""
        self.down()
        for namespace in (self.inside, self.outside):
            if namespace not in namespaces():
                run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        for tap in TAPS:
            run("ip", "tuntap", "add", "dev", tap, "mode", "tap", namespace=self.outside)
            self._plug(tap, 9000)
        self._start_switch()
        self._configure()

    def alone(self) -> None:
        """Makes the controller's namespace with its addresses only: nothing is at the other end of its networks."""
        self.down()
        run("ip", "-n", self.inside, "link", "set", "lo", "up")
        for network, (_vlan, prefix, mtu) in NETWORKS.items():
            run("ip", "-n", self.inside, "link", "add", network, "mtu", str(mtu), "type", "bridge")
            run("ip", "-n", self.inside, "addr", "add", f"{prefix}.1/24", "dev", network)
            run("ip", "-n", self.inside, "link", "set", network, "up")

    def _plug(self, device: str, mtu: int) -> None:
        run("sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=1", namespace=self.outside)
        run("ip", "-n", self.outside, "link", "set", device, "mtu", str(mtu), "up")

    def _start_switch(self) -> None:
        self.ovs.mkdir(parents=True, exist_ok=True)
        base = self.ovs
        run("ovsdb-tool", "create", base / "conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
        common = ("--detach", "--no-chdir", "-vsyslog:off")
        run(
            *("ovsdb-server", base / "conf.db", f"--remote=p{self.database}", f"--unixctl={base}/db.ctl"),
            *(f"--pidfile={base}/db.pid", f"--log-file={base}/db.log", *common),
            namespace=self.outside,
        )
        run("ovs-vsctl", f"--db={self.database}", "--no-wait", "init")
        run(
            *("ovs-vswitchd", self.database, f"--unixctl={base}/vswitchd.ctl"),
            *(f"--pidfile={base}/switch.pid", f"--log-file={base}/switch.log", *common),
            namespace=self.outside,
        )

    def _configure(self) -> None:
        """One transaction: the bridge, the machine's port, one access port per network for the controller."""
        vlans = [vlan for vlan, _prefix, _mtu in NETWORKS.values()]
        words = ["--", "add-br", "sw0", "--", "set", "bridge", "sw0", "datapath_type=netdev"]
        words += ["--", "add-bond", "sw0", "node1", *TAPS, "bond_mode=balance-tcp", "lacp=active"]
        words += ["other_config:lacp-time=fast", "other_config:lacp-fallback-ab=true", "other_config:bond-primary=nic0"]
        words += ["vlan_mode=native-untagged", f"tag={vlans[0]}", f"trunks={','.join(map(str, vlans))}"]
        words += [word for tap in TAPS for word in ("--", "set", "interface", tap, "mtu_request=9000")]
        for network, (vlan, prefix, mtu) in NETWORKS.items():
            port = f"s-{network}"
            # A fixed address, which the neighbour table of a saved machine still knows.
            mac = ("address", f"52:54:00:99:ff:{vlan:02d}")
            there = ("type", "veth", "peer", port, "netns", self.outside)
            run("ip", "-n", self.inside, "link", "add", network, *mac, *there)
            # Open vSwitch in user space doesn't complete checksums that the kernel leaves to hardware.
            run("ethtool", "-K", network, "tx", "off", namespace=self.inside)
            run("ethtool", "-K", port, "tx", "off", namespace=self.outside)
            self._plug(port, mtu)
            run("ip", "-n", self.inside, "addr", "add", f"{prefix}.1/24", "dev", network)
            run("ip", "-n", self.inside, "link", "set", network, "mtu", str(mtu), "up")
            words += [
                "--",
                "add-port",
                "sw0",
                port,
                f"tag={vlan}",
                "--",
                "set",
                "interface",
                port,
                f"mtu_request={mtu}",
            ]
        run("ovs-vsctl", f"--db={self.database}", "--timeout=20", *words)

    def down(self, whole: bool = False) -> None:
        """Ends the switch and removes devices and the outer namespace; `whole` removes the controller's too."""
        for file in self.ovs.glob("*.pid"):
            end(int(file.read_text()), "ovs")
        shutil.rmtree(self.ovs, ignore_errors=True)
        found = namespaces()
        if self.inside in found:
            for network in NETWORKS:
                run("ip", "-n", self.inside, "link", "delete", network, check=False)
        if self.outside in found:
            run("ip", "netns", "delete", self.outside)
        if whole and self.inside in found:
            run("ip", "netns", "delete", self.inside)


def namespaces() -> set[str]:
    """Names of the network namespaces of this host."""
    return {line.split()[0] for line in run("ip", "netns", "list").splitlines() if line.strip()}


def end(pid: int, word: str, seconds: float = 5.0) -> None:
    """Ends process `pid` if its command line still contains `word`, politely first; waits until it is gone."""
    deadline = time.monotonic() + seconds
    for how in (signal.SIGTERM, signal.SIGKILL):
        while _is(pid, word):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
            time.sleep(0.05)
            if how == signal.SIGTERM and time.monotonic() > deadline:
                break


def _is(pid: int, word: str) -> bool:
    try:
        return word in pathlib.Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
