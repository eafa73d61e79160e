# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_basic: pods on a bridge per node, routes between nodes, masquerade on the way out. It has no policies."""

from __future__ import annotations

import ipaddress
import json
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
    own = wanted["nodes"].get(wanted["node"], {}).get("pod_cidr")
    if not own:
        return HostState(layer=layer)
    routes = {n["pod_cidr"]: n["address"] for name, n in wanted["nodes"].items() if name != wanted["node"]}
    text = script(wanted["pods"], wanted["interface"], own, {to: via for to, via in routes.items() if to and via})
    return HostState(
        layer=layer,
        files=(
            File(RECORD, json.dumps({"node": wanted["node"], "nodes": wanted["nodes"]}, sort_keys=True)),
            File(CONFLIST, conflist(own, int(wanted["mtu"]))),
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


def conflist(own: str, mtu: int) -> str:
    """CNI configuration: a bridge that is the pods' gateway, addresses by node, host ports."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "hairpinMode": True,  # a pod may reach itself through its own service
        "mtu": mtu,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": own}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}, "backend": "nftables"}
    return json.dumps({"cniVersion": "1.0.0", "name": "groundup-basic", "plugins": [bridge, ports]}, indent=2) + "\n"


def script(pods: str, interface: str, own: str, routes: dict[str, str]) -> str:
    """The program that sets routes and masquerade; with ``show`` it prints both as they are."""
    for value in (pods, own, *routes):
        if ipaddress.ip_network(value).version != 4:
            raise HostError(f"network_basic: {value} is not IPv4; this provider supports IPv4 only")
    lines = "".join(
        f"route replace {to} via {via} dev {interface} proto {PROTOCOL}\n" for to, via in sorted(routes.items())
    )
    wanted = " ".join(sorted(routes))
    return f"""\
#!/bin/sh
# Written by groundup.cloud.network_basic; changes made here are undone by the next run.
set -eu
if [ "${{1-}}" = show ]; then
  ip -4 route show proto {PROTOCOL}
  nft list table ip groundup_pods 2>/dev/null || true
  exit 0
fi
ip -4 -batch - <<'END'
{lines}END
for route in $(ip -4 route show proto {PROTOCOL} | cut -d' ' -f1); do
  case " {wanted} " in *" $route "*) ;; *) ip -4 route del "$route" proto {PROTOCOL} ;; esac
done
nft -f - <<'END'
table ip groundup_pods
delete table ip groundup_pods
table ip groundup_pods {{
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {own} ip daddr != {pods} oifname != "cni0" masquerade
  }}
}}
END
"""
