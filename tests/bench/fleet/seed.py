# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the files of one simulated machine, so that no layer differs. Runs on the machine itself, as a chroot."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.host import digests
from ansible_collections.groundup.cloud.plugins.module_utils.host.blocks import with_block
from ansible_collections.groundup.cloud.plugins.module_utils.host.read import live_digest, read_sysctl, sysctl_path
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostState
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    certificates,
    identity,
    kubelet_files,
    observe,
    paths,
)
from ansible_collections.groundup.cloud.plugins.module_utils.layers import (
    container_runtime,
    host_base,
    host_network,
    network_basic,
)
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import probe
from ansible_collections.groundup.cloud.plugins.module_utils.layers.kubernetes_host import renderer
from ansible_collections.groundup.cloud.plugins.module_utils.links import live
from ansible_collections.groundup.cloud.plugins.module_utils.links.parts import NetworkSpec
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse

from .doubles import ANSWERS

PLUGINS = ("bandwidth", "bridge", "dhcp", "firewall", "host-local", "loopback", "portmap", "ptp", "tuning", "vlan")
#: Makes a file of the kernel have a content.
Bind = Callable[[str, Path], None]


def machine(
    name: str, host: dict[str, Any], nodes: dict[str, Any], extra: dict[str, str], tls: tuple[str, str], bind: Bind,
    *, check: bool,
) -> None:  # fmt: skip
    """Write everything of one machine. ``host``: its variables; ``nodes``: all nodes, as network_basic records them.

    ``check``: compare its layers afterwards, as the module host_probe does, to fail early and with the reason.
    """
    system = System()
    for path, text in extra.items():
        system.write(path, text.encode(), mode=0o600)
    credentials(system, host["kubernetes_config"], *tls)
    kubelet(system)
    states = [
        host_network.render(host["host_network_config"]),
        host_base.render(host["host_base_config"]),
        container_runtime.render(host["container_runtime_config"]),
        renderer(system)(host["kubernetes_config"]),
        network_basic.render({**host["network_basic_config"], "node": name, "nodes": nodes}),
    ]
    for state in states:
        files(system, state)
    for state in states:
        kernel(system, state, bind)
        archives(system, state)
    units(system, states)
    network(system, parse(host["host_network_config"]))
    hooks(system, states)
    control_plane(system, host["kubernetes_config"])
    if check:
        layers = host["groundup_layers"]
        found = probe(layers, {layer["input"]: host[layer["input"]] for layer in layers})
        if found["differs"]:
            raise RuntimeError(f"{name} differs from its model: {found['steps']}")


def files(system: System, state: HostState) -> None:
    """Files, blocks, links and directories of a layer."""
    for file in state.all_files():
        data = file.content.encode() if file.content is not None else bundled(str(file.url))
        system.write(file.path, data, mode=file.mode, owner=file.owner, group=file.group)
    for block in state.blocks:
        path = system.path(block.path)
        path.write_text(with_block(path.read_text() if path.exists() else "", block.name, block.content))
    for link in state.links:
        path = system.path(link.path)
        path.unlink(missing_ok=True)
        path.symlink_to(link.target)
    for item in state.directories:
        system.path(item.path).mkdir(parents=True, exist_ok=True)
        os.chmod(system.path(item.path), item.mode)
    for path in state.absent:
        system.path(path).unlink(missing_ok=True)


def bundled(url: str) -> bytes:
    """The content of a file of the bundle, which is below the same directory on each machine."""
    return Path(ANSWERS, "bundle", url.partition("/bundle/")[2]).read_bytes()


def kernel(system: System, state: HostState, bind: Bind) -> None:
    """Sysctls: those of the machine's namespaces are set, the others are files."""
    for key, value in state.sysctls.items():
        path = system.path(sysctl_path(key))
        if read_sysctl(key, system) == value:
            continue
        if str(path).startswith("/proc/sys/net/"):
            path.write_text(value)
        if read_sysctl(key, system) != value:
            bind(f"{value}\n", path)


def archives(system: System, state: HostState) -> None:
    """Members of an archive and the record of them."""
    for item in state.archives:
        marks = {}
        for name in PLUGINS:
            path = f"{item.directory}/{name}"
            system.write(path, name.encode(), mode=0o755)
            marks[path] = digests.fingerprint(system.path(path))
        system.write(item.manifest, json.dumps({"sha256": item.sha256, "members": marks}).encode())


def units(system: System, states: list[HostState]) -> None:
    """The answers of systemctl for the units of all layers."""
    for unit in (unit for state in states for unit in state.units):
        load, file = ("masked", "masked") if unit.masked else ("loaded", "enabled" if unit.enabled else "disabled")
        active = "inactive" if unit.active is False or unit.active is None else "active"
        text = f"Id={unit.name}\nNames={unit.name}\nLoadState={load}\nActiveState={active}\nUnitFileState={file}\n"
        system.write(f"{ANSWERS}/units/{unit.name}", f"{text}NeedDaemonReload=no\n\n".encode())


def network(system: System, spec: NetworkSpec) -> None:
    """The answers of ip for the links and routes that the layer wants."""
    found: dict[str, dict[str, Any]] = {"lo": {"ifname": "lo", "flags": ["LOOPBACK", "UP"], "mtu": 65536}}
    for one in spec.links:
        for nic in one.nics:
            slave = {"master": one.name, "linkinfo": {"info_slave_kind": "bond"}} if one.bond else {}
            found[nic.name] = link(nic.name, one.mtu, nic.mac) | slave
        if one.bond:
            data = {"mode": one.bond.mode, "ad_lacp_rate": one.bond.lacp_rate, "xmit_hash_policy": one.bond.hash_policy}
            info = {"linkinfo": {"info_kind": "bond", "info_data": data}}
            found[one.name] = link(one.name, one.mtu, one.bond.mac) | info
        for vlan in spec.above(one):
            info = {"linkinfo": {"info_kind": "vlan", "info_data": {"protocol": "802.1Q", "id": vlan.number}}}
            found[vlan.name] = link(vlan.name, vlan.mtu, one.nics[0].mac) | info
    sizes = {one.name: one.mtu for one in spec.links}
    routes: list[dict[str, Any]] = []
    for item in spec.addresses:
        name = item.device
        address, __, length = item.address.partition("/")
        info = {"family": "inet", "local": address, "prefixlen": int(length), "scope": "global"}
        found[name].setdefault("addr_info", []).append(info)
        metrics = {"metrics": [{"mtu": item.mtu}]} if item.mtu < sizes.get(name, 0) else {}
        routes.append({"dst": live.route_name(item.address), "dev": name, "prefsrc": address, **metrics})
        targets = [("default", item.gateway)] if item.gateway else []
        for to, via in [*targets, *item.routes]:
            dst = to if to == "default" else live.route_name(to)
            routes.append({"dst": dst, "gateway": via, "dev": name, **metrics})
    system.write(f"{ANSWERS}/links.json", json.dumps(list(found.values())).encode())
    system.write(f"{ANSWERS}/routes.json", json.dumps(routes).encode())


def link(name: str, mtu: int, mac: str) -> dict[str, Any]:
    """One link that is up, with what ip shows of each."""
    flags = ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"]
    shown = {"qdisc": "noqueue", "operstate": "UP", "group": "default", "txqlen": 1000, "link_type": "ether"}
    return {"ifname": name, "flags": flags, "mtu": mtu, **shown, "address": mac, "broadcast": "ff:ff:ff:ff:ff:ff"}


def hooks(system: System, states: list[HostState]) -> None:
    """Run those that have a live result, the firewall and the routes to pods, and record what they show then."""
    for hook in (hook for state in states for hook in state.hooks if hook.query):
        subprocess.run(hook.argv, check=True, capture_output=True)
        system.write(hook.record, live_digest(hook, system).encode())


def credentials(system: System, config: dict[str, Any], certificate: str, key: str) -> None:
    """What a node has from kubeadm: the kubelet's kubeconfig and certificate."""
    endpoint = f"https://{config['endpoint']['address']}:{config['endpoint']['port']}"
    inline = {
        "certificate-authority-data": certificate,
        "client-certificate-data": certificate,
        "client-key-data": key,
    }
    lines = [f"    {name}: {base64.b64encode(value.encode()).decode()}\n" for name, value in inline.items()]
    text = f"apiVersion: v1\nkind: Config\n    server: {endpoint}\n{''.join(lines)}"
    system.write(paths.KUBELET_CONF, text.encode(), mode=0o600)
    system.write(identity.CERTIFICATE, f"{certificate}{key}".encode(), mode=0o600)
    system.write(paths.CA, certificate.encode())
    if config["node"]["control_plane"]:
        for name in certificates.KUBECONFIGS:
            system.write(f"{paths.KUBERNETES}/{name}", text.encode(), mode=0o600)
        for name in certificates.LEAVES:
            path = f"{paths.KUBERNETES}/{name}"
            if not system.path(path).exists():  # that of the API server has names of its own
                system.write(path, certificate.encode())


def kubelet(system: System) -> None:
    """What kubeadm wrote for the kubelet, and the record of it."""
    system.write(kubelet_files.FILES[0], b"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n")
    system.write(kubelet_files.FILES[1], b"KUBELET_KUBEADM_ARGS=\n")
    kubelet_files.record(system)


def control_plane(system: System, config: dict[str, Any]) -> None:
    """The attempt by which the machine became a node; the key of Secrets, manifests of static pods, their record."""
    wanted = config["node"]["control_plane"]
    system.write(paths.ATTEMPT, json.dumps({"kind": "join", "done": True}).encode())
    if not wanted:
        return
    system.write(paths.ENCRYPTION, b"kind: EncryptionConfiguration\n", mode=0o600)
    for name in paths.STATIC_PODS:
        text = f"apiVersion: v1\nkind: Pod\n    image: registry.k8s.io/{name}:v{config['version']}\n"
        system.write(f"{paths.MANIFESTS}/{name}.yaml", text.encode(), mode=0o600)
    system.write(paths.MANIFEST_RECORD, json.dumps(observe.manifests(Path("/"))).encode())
