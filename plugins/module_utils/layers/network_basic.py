# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_basic: pods on a bridge per node, routes between nodes, masquerade on the way out. It has no policies."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import Any

from ..host.layer import Warn, run_layer, silent
from ..host.layer import assess as assess_state
from ..host.plan import Plan, Step
from ..host.read import read_text
from ..host.settings import require, settings
from ..host.state import File, Hook, HostError, HostState, Purge, Unit
from ..host.system import System
from . import network_leftovers

DEFAULTS: dict[str, Any] = {
    "pods": None,
    "interface": None,
    "mtu": 1500,
    "node": None,
    "nodes": {},
    "remove_leftovers": [],
}
#: As the table of traces calls it.
PROVIDER = "basic"
CONFLIST = "/etc/cni/net.d/10-groundup-basic.conflist"
SCRIPT = "/usr/local/sbin/groundup-pod-network"
UNIT = "groundup-pod-network.service"
UNIT_PATH = f"/etc/systemd/system/{UNIT}"
NETWORKD = "/etc/systemd/networkd.conf.d/50-groundup-pods.conf"
RECORD = "/var/lib/groundup/network_basic.json"
PROTOCOL = (
    71  # marks the routes of this provider (rtnetlink(7): 16-255 are free), so that other routes are never changed
)
#: By IP version, the destination of default routes, and the family of tables of nftables.
EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
TABLE = {4: "ip", 6: "ip6"}

SERVICE = f"""\
# Written by groundup.cloud.network_basic; changes made here are undone by the next run.
[Unit]
Description=Routes to the pods of other nodes
After=systemd-networkd.service network-online.target
Wants=network-online.target
PartOf=systemd-networkd.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={SCRIPT}
# at boot the nodes' VLAN may come later than the network that the host waits for
Restart=on-failure
RestartSec=3

[Install]
WantedBy=multi-user.target
"""


def render(params: dict[str, Any]) -> HostState:
    """The role's input ``network_basic`` with ``node`` and ``nodes`` ({name: {pod_cidr, address}}) from the cluster.

    A node that has no pod network yet (it hasn't joined) gets nothing. HostError on a wrong value.
    """
    layer = "network_basic"
    wanted = settings(layer, params, DEFAULTS)
    require(layer, wanted, "pods", "interface")
    pods = [text.strip() for text in str(wanted["pods"]).split(",")]
    parts = [of_version(range_, wanted, prefix) for range_, prefix in zip(pods, ("", "second_"), strict=False)]
    check_ranges(pods)
    if not all(part.own for part in parts):
        return HostState(layer=layer)
    text = script(wanted["interface"], parts)
    return HostState(
        layer=layer,
        files=(
            File(RECORD, json.dumps({"node": wanted["node"], "nodes": wanted["nodes"]}, sort_keys=True)),
            File(CONFLIST, conflist([part.own for part in parts], int(wanted["mtu"]))),
            File(SCRIPT, text, mode=0o755),
            File(UNIT_PATH, SERVICE),
            # networkd otherwise deletes routes that it did not set, whenever it configures the link
            File(NETWORKD, "# Written by groundup.cloud.network_basic\n[Network]\nManageForeignRoutes=no\n"),
        ),
        purge=(Purge("/etc/cni/net.d", "*groundup-basic*"),),
        packages=("nftables", "iproute2"),
        hooks=(
            Hook("networkd", ("systemctl", "restart", "systemd-networkd.service"), (NETWORKD,)),
            Hook("pod-network", (SCRIPT,), (SCRIPT, NETWORKD), query=(SCRIPT, "show")),
        ),
        units=(Unit(UNIT),),
    )


@dataclass(frozen=True)
class Part:
    """What a node needs of one IP version: the range of all pods, its own part, and the nodes of the other parts."""

    pods: str
    own: str
    routes: dict[str, str]

    @property
    def version(self) -> int:
        """The IP version."""
        return ipaddress.ip_network(self.pods).version


def check_ranges(pods: list[str]) -> None:
    """Refuse ranges of pods that are not one of IPv4, or that and one of IPv6. HostError names what is wrong."""
    versions = []
    for text in pods:
        try:
            versions.append(ipaddress.ip_network(text).version)
        except ValueError as error:
            raise HostError(f"network_basic.pods: {error}; write it like 10.64.0.0/14") from error
    if versions not in ([4], [4, 6]):
        raise HostError(
            f"network_basic.pods: {', '.join(pods)} is neither a range of IPv4 nor one of each IP version, IPv4 first; "
            "this provider supports IPv4 only, or IPv6 beside it"
        )


def of_version(pods: str, wanted: dict[str, Any], prefix: str) -> Part:
    """The part of an IP version. ``prefix``: of the keys of nodes that are of this version."""
    nodes, cidr, address = wanted["nodes"], f"{prefix}pod_cidr", f"{prefix}address"
    others = [node for name, node in nodes.items() if name != wanted["node"]]
    routes = {node[cidr]: node[address] for node in others if node.get(cidr) and node.get(address)}
    return Part(pods, nodes.get(wanted["node"], {}).get(cidr) or "", routes)


def assess(params: dict[str, Any], system: System | None = None) -> Plan:
    """What differs from the nodes that were recorded last. Changes nothing, and sends the cluster no request.

    When a node joins or leaves, the layer kubernetes differs, after which this role runs on all machines.

    :raises RefusedError: the node has another network.
    """
    system = system or System()
    left = network_leftovers.assess({"provider": PROVIDER, "remove": params.get("remove_leftovers")}, system)
    record = read_text(system, RECORD)
    if not record:
        return Plan("network_basic", (*left.steps, Step("connect", "pods of this node")), left.warnings)
    plan = assess_state(render, params | json.loads(record), system)
    return Plan("network_basic", (*left.steps, *plan.steps), (*left.warnings, *plan.warnings))


def bring(params: dict[str, Any], *, check: bool, warn: Warn = silent, system: System | None = None) -> dict[str, Any]:
    """The module network_basic. Leftovers of other networks are removed by the module network_leftovers before.

    :raises RefusedError: the node has another network.
    """
    system = system or System()
    network_leftovers.assess({"provider": PROVIDER, "remove": params.get("remove_leftovers")}, system)
    return run_layer(render, params, check=check, system=system, warn=warn)


def conflist(own: list[str], mtu: int) -> str:
    """CNI configuration: a bridge that is the pods' gateway, addresses by node, host ports."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "hairpinMode": True,  # a pod may reach itself through its own service
        "mtu": mtu,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": one}] for one in own],
            "routes": [{"dst": EVERYWHERE[ipaddress.ip_network(one).version]} for one in own],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}, "backend": "nftables"}
    return json.dumps({"cniVersion": "1.0.0", "name": "groundup-basic", "plugins": [bridge, ports]}, indent=2) + "\n"


def script(interface: str, parts: list[Part]) -> str:
    """The program that sets routes and masquerade of each IP version; with ``show`` it prints both as they are."""
    for part in parts:
        for value in (part.own, *part.routes):
            if ipaddress.ip_network(value).version != part.version:
                raise HostError(f"network_basic: {value} is not IPv{part.version}, as {part.pods} is")
    shown = "".join(_SHOW.format(version=part.version, table=TABLE[part.version], protocol=PROTOCOL) for part in parts)
    return f"""\
#!/bin/sh
# Written by groundup.cloud.network_basic; changes made here are undone by the next run.
set -eu
if [ "${{1-}}" = show ]; then
{shown}  exit 0
fi
{"".join(_apply(interface, part) for part in parts)}"""


_SHOW = """\
  ip -{version} route show proto {protocol}
  nft list table {table} groundup_pods 2>/dev/null || true
"""


def _apply(interface: str, part: Part) -> str:
    version, table = part.version, TABLE[part.version]
    lines = "".join(
        f"route replace {to} via {via} dev {interface} proto {PROTOCOL}\n" for to, via in sorted(part.routes.items())
    )
    wanted = " ".join(sorted(part.routes))
    return f"""\
ip -{version} -batch - <<'END'
{lines}END
for route in $(ip -{version} route show proto {PROTOCOL} | cut -d' ' -f1); do
  case " {wanted} " in *" $route "*) ;; *) ip -{version} route del "$route" proto {PROTOCOL} ;; esac
done
nft -f - <<'END'
table {table} groundup_pods
delete table {table} groundup_pods
table {table} groundup_pods {{
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    {table} saddr {part.own} {table} daddr != {part.pods} oifname != "cni0" masquerade
  }}
}}
END
"""
