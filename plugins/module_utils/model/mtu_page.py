# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference page of MTUs in Markdown, generated from the formula, the providers' tables and a cloud."""

from __future__ import annotations

from ..network import mtu
from ..network.mtu import Header
from ..promises.catalog import TUNNELS
from ..promises.tunnel import Encapsulation, Tunnel
from .layout import Layout
from .pods_mtu import path, version
from .types import Cloud

HEAD = """\
<!-- Generated from plugins/module_utils/network/mtu.py by tools/model_docs.py; changes made here are lost. -->
# MTU

An MTU is the largest IP packet of a link, in bytes: headers below IP (Ethernet, VLAN tag) are not part of it. The model
has one for each network, and all others follow from one formula:

- a NIC, a bond and the switch ports at the other end have the MTU of the largest network that they carry; a bond may
  have a larger one of its own (`bond.mtu`), and a switch has to carry all of them (`switches.NAME.mtu`);
- a VLAN has the MTU of its network, and an untagged network that is smaller than its link has it on its routes;
- pods have what the network of `kubernetes.endpoint` leaves after the tunnel of the provider, or less if the model says
  so (`network.mtu`); a virtual machine in the network of pods has the MTU of its pod;
- a virtual machine's NIC in a VLAN can have the MTU of that network, and has 1500 unless its guest sets it.

A model in which something does not fit is refused with the way out, and so is one that leaves pods less than the 1280
bytes that IPv6 needs. The proofs send packets of exactly the MTU between all peers of a network, and of one byte more,
which must not pass. Pods of the proofs tell the MTU of their interface, and fetch data in full packets.

## Headers

| header | bytes | source |
|---|---|---|
"""
TUNNELS_HEAD = """
## What is left for pods

| provider | encapsulation | over IPv4 | 1500 leaves | 9000 leaves | over IPv6 | 1500 leaves | 9000 leaves |
|---|---|---|---|---|---|---|---|
"""
KUBE_OVN = """
Where a provider takes more than its headers, that counts: Kube-OVN takes 100 bytes. WireGuard adds its headers to those
of a tunnel; a provider that encrypts may take more, for which `network.mtu` can be set.

"""
ECHO_HEAD = """
## Packets that pass, and that do not

The payload of an echo request that may not be fragmented (`ping -M do -s BYTES`) on each network of
[the example](../../inventories/example/cloud.yml):

| network | MTU | passes | does not pass |
|---|---|---|---|
"""


def page(cloud: Cloud) -> str:
    """The page; paths and echo requests are those of ``cloud``."""
    layout = Layout(cloud)
    wireguard = Tunnel(Encapsulation.NONE, encrypted=True)
    rows = [_ways(name, tunnel) for name, tunnels in TUNNELS.items() for tunnel in tunnels.values()]
    parts = [HEAD, *map(_header, _headers()), TUNNELS_HEAD, *rows, _ways("encrypted", wireguard), KUBE_OVN.rstrip("\n")]
    return "".join([*parts, "\n", *_path(layout), ECHO_HEAD, *_echo(cloud)])


def _headers() -> list[Header]:
    return [*mtu.IP.values(), *mtu.ECHO.values(), mtu.UDP, mtu.INNER, *mtu.OWN.values(), mtu.WIREGUARD]


def _header(header: Header) -> str:
    return f"| {header.name} | {header.size} | {header.source} |\n"


def _ways(name: str, tunnel: Tunnel) -> str:
    what = "WireGuard" if tunnel.encrypted else f"`{tunnel.encapsulation}`"
    cells = []
    for number in mtu.IP:
        cells += [f"-{mtu.overhead(tunnel, number)}"]
        cells += [str(mtu.inside(size, tunnel, number)) for size in (1500, 9000)]
    shown = name if tunnel.encrypted else f"`{name}`"
    return f"| {shown} | {what} | {' | '.join(cells)} |\n".replace("-0 |", "0 |")


def _path(layout: Layout) -> list[str]:
    machine = next(iter(layout.cloud.machines.values()))
    head = (
        f"\n## A path\n\nFrom the NICs of `{machine.name}` in [the example](../../inventories/example/cloud.yml) to a "
        f"pod on it:\n\n| part | MTU | where from |\n|---|---|---|\n"
    )
    return [head, *(f"| {hop.name} | {hop.mtu} | {hop.why} |\n" for hop in path(layout, machine))]


def _echo(cloud: Cloud) -> list[str]:
    found = []
    for whole in cloud.networks.values():
        network = whole.parts[0]
        if network.subnet:
            sizes = mtu.echo(network.mtu, version(network))
            found.append(f"| {network.name} | {network.mtu} | {sizes.passes} | {sizes.refused} |\n")
    return found
