# SPDX-License-Identifier: GPL-3.0-or-later
"""The rack in namespaces of its own: this process is their first, and everything ends and vanishes with it.

Started by measure.py through setpriv and unshare, as `python -m fleet.rack MACHINES`. Prints JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.groundup.cloud.plugins.filter.bundle_lock_id import bundle_lock_id
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.index import addressed
from ansible_collections.groundup.cloud.plugins.module_utils.kube import api_names
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import container_runtime, host_base, kubernetes

from fleet import cloud, doubles, figures, machine, seed

ROOT = Path(__file__).resolve().parents[3]
TOP = Path("/mnt")  # every Debian has this directory; here it is a file system in memory
STATE = "/var/lib/groundup"


class Rack:
    """All that is there before the run, and the run itself."""

    def __init__(self, machines: int) -> None:
        machine.mount("fleet", str(TOP), "tmpfs", options="mode=755")
        (TOP / "home").mkdir()
        self._state()
        self.key = key(TOP / "id", "fleet")
        self.model = cloud.write(machines, TOP, self.key)
        plain = cloud.hosts(self.model, {})
        needs = [need for needs in next(iter(of_machines(plain).values()))["groundup_needs"].values() for need in needs]
        view = next(iter(plain.values()))["groundup_cloud"]["bundle"]
        index = doubles.bundle(TOP / "bundle", needs, bundle_lock_id(view))
        self._network()
        self.tls = doubles.certificate(TOP / "tls", cloud.ENDPOINT)
        Path(STATE, cloud.NAME, "ca").mkdir(parents=True)
        Path(STATE, cloud.NAME, "ca/ca.crt").write_text(self.tls[0])
        url = next(iter(plain.values()))["groundup_cloud"]["provisioner"]["url"]
        facts = {
            "groundup_bundle_files": addressed(index, f"{url}/bundle"),
            "groundup_bundle_registries": index["registries"],
            "groundup_registry_ca": self.tls[0],
            "network_leftovers_remove": [],
        }
        self.hosts = cloud.hosts(self.model, facts)
        self.machines = of_machines(self.hosts)
        doubles.report(TOP / "report/report.json", cloud.NAME, self.hosts)

    @staticmethod
    def _state() -> None:
        """The provisioner's state: a part of this host's /var/lib that is in memory."""
        for part in ("upper", "work"):
            (TOP / "lib" / part).mkdir(parents=True)
        options = f"lowerdir=/var/lib,upperdir={TOP}/lib/upper,workdir={TOP}/lib/work"
        machine.mount("overlay", "/var/lib", "overlay", options=options)

    @staticmethod
    def _network() -> None:
        """The controller's addresses on a bridge to which all machines are connected."""
        lines = ["link set lo up", "link add rack type bridge", "link set rack up"]
        addresses = [f"{address}/16" for address in (*cloud.CONTROLLER.values(), cloud.ENDPOINT)]
        lines += [f"addr add {address} dev rack" for address in addresses]
        subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)

    def _services(self) -> None:
        """Time and the API."""
        lines = ["local stratum 8", "allow all", "cmdport 0", "bindcmdaddress /", f"pidfile {TOP}/chrony.pid"]
        (TOP / "chrony.conf").write_text("\n".join(lines) + "\n")
        subprocess.Popen(
            ["chronyd", "-x", "-d", "-u", "root", "-f", str(TOP / "chrony.conf")], stderr=subprocess.DEVNULL
        )
        configs = [host["kubernetes_config"] for host in self.machines.values()]
        nodes = {config["node"]["name"]: doubles.node(config["node"], cloud.VERSION) for config in configs}
        port = configs[0]["endpoint"]["port"]
        doubles.Api(cloud.ENDPOINT, port, TOP, nodes, cloud.VERSION)

    def start(self) -> dict[str, int]:
        """Start all machines; their processes by name."""
        states = [
            state for host in list(self.machines.values())[:1]
            for state in (host_base.render(host["host_base_config"]), kubernetes.render(host["kubernetes_config"]),
                          container_runtime.render(host["container_runtime_config"]))
        ]  # fmt: skip
        machine.template(TOP, {module for state in states for module in state.modules}, self.key)
        nodes = {
            name: {"pod_cidr": f"10.{64 + number // 256}.{number % 256}.0/24", "address": address_in(host, "cluster")}
            for number, (name, host) in enumerate(self.machines.items(), 1)
        }
        names = list(self.machines)
        self.checked = {names[0], names[-1]}
        self._services()
        pids = {}
        for number, (name, host) in enumerate(self.machines.items(), 1):
            pids[name] = machine.start(TOP, name, number, links(host), lambda bind, n=name: self._files(n, nodes, bind))
        return pids

    def _files(self, name: str, nodes: dict[str, Any], bind: seed.Bind) -> None:
        """Write the files of a machine; runs on it."""
        seed.machine(name, self.machines[name], nodes, self.extra[name], self.tls, bind, check=name in self.checked)

    def keys(self) -> None:
        """A host key for each machine, in the records of its deployment; what it is recognised by."""
        self.extra = {}
        for name in self.machines:
            path = TOP / f"{name}.key"
            marks = doubles.deployed(Path(STATE, cloud.NAME), cloud.NAME, name, key(path))
            self.extra[name] = {**marks, "/etc/ssh/host_key": path.read_text()}
            settings = parse(self.machines[name]["kubernetes_config"])
            if settings.node.control_plane:
                names = sorted(api_names.wanted(settings))
                self.extra[name][api_names.CERTIFICATE] = doubles.certificate(TOP / f"{name}-api", *names)[0]

    def run(self, *words: str) -> dict[str, Any]:
        """One run of site.yml; its exit status, output, wall and CPU seconds."""
        settings = {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests/bench/fleet/callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "groundup.cloud.progress, groundup.cloud.steps, fleet_tasks",
            "FLEET_TASKS_FILE": str(TOP / "tasks.json"),
            "GROUNDUP_PROGRESS_TIMINGS_FILE": str(TOP / "timings.json"),
            "HOME": str(TOP / "home"),
            "XDG_STATE_HOME": str(TOP / "home/state"),
            "XDG_CACHE_HOME": str(TOP / "home/cache"),
        }
        extra = json.dumps({"vault_bmc": "unused", "prove_directory": str(TOP / "report")})
        command = ["ansible-playbook", "-i", str(self.model), "playbooks/site.yml", "-e", extra]
        before, began = os.times(), time.monotonic()
        done = subprocess.run(
            [*command, "--skip-tags", "provisioner", *words],
            cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        wall, after = time.monotonic() - began, os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return {"status": done.returncode, "output": done.stdout + done.stderr, "wall": wall, "cpu": cpu}


def key(path: Path, comment: str = "") -> str:
    """Make a key of ssh; its public part."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)], check=True)
    return Path(f"{path}.pub").read_text().strip()


def of_machines(hosts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Those of the hosts that are machines."""
    return {name: host for name, host in hosts.items() if "machine_config" in host}


def address_in(host: dict[str, Any], network: str) -> str:
    """The machine's address in a network."""
    addresses: Iterable[dict[str, Any]] = host["host_network_config"]["addresses"]
    return next(str(item["address"]).partition("/")[0] for item in addresses if item["network"] == network)


def links(host: dict[str, Any]) -> list[str]:
    """What ip is told on the machine: its one real link has its addresses in all networks."""
    addresses = [item["address"] for item in host["host_network_config"]["addresses"]]
    lines = ["link set lo up", f"link set {machine.LINK} up"]
    return [*lines, *(f"addr add {address} dev {machine.LINK}" for address in addresses)]


def main() -> int:
    os.environ.pop("PYTHONPATH", None)  # Ansible finds the collection as it does for users
    began = time.monotonic()
    rack = Rack(int(sys.argv[1]))
    rack.keys()
    pids = rack.start()
    seconds = time.monotonic() - began
    done = rack.run(*sys.argv[2:])
    found = figures.collect(TOP, pids, done) | {"raised": round(seconds, 1)}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
