# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight rules of further interfaces of pods."""

from __future__ import annotations

import typing as t

from .enums import NetworkProvider, Role
from .kube_ovn_vlans import ROOT as SUBNETS
from .kube_ovn_vlans import carriers, in_vlans
from .multus import ROOT, interfaces, wanted
from .preflight import Facts, Found, Rule, Severity


def _custom(facts: Facts) -> t.Iterator[Found]:
    network = facts.cloud.network
    if facts.provider == NetworkProvider.CUSTOM and wanted(network) and not network.custom.known_as:
        yield Found(ROOT, None)


def _some(facts: Facts) -> t.Iterator[Found]:
    members = [one for one in facts.cloud.machines.values() if Role.COMPUTE in one.roles]
    for one in facts.cloud.network.attachments.values():
        if one.network not in facts.cloud.networks:
            continue
        having = {machine.name for found in interfaces(facts.layout, one).values() for machine in found}
        without = [machine.name for machine in members if machine.name not in having]
        if having and without:
            others = f" and {len(without) - 1} more" if len(without) > 1 else ""
            yield Found(f"{ROOT}.{one.name}.network", one.network, more=f"; it concerns machines.{without[0]}{others}")


def _subnets(facts: Facts) -> t.Iterator[Found]:
    members = [one for one in facts.cloud.machines.values() if Role.COMPUTE in one.roles]
    for one in in_vlans(facts.cloud):
        having = {machine.name for found in carriers(facts.layout, one.vlan).values() for machine in found}
        without = [machine.name for machine in members if machine.name not in having]
        if having and without:
            others = f" and {len(without) - 1} more" if len(without) > 1 else ""
            yield Found(f"{SUBNETS}.{one.name}.vlan", one.vlan, more=f"; it concerns machines.{without[0]}{others}")


RULES: tuple[Rule, ...] = (
    Rule(
        "custom-attachments",
        Severity.WARNING,
        "`network.attachments` with `custom`, where `network.custom.known_as` names no known network",
        _custom,
        "need Multus, which is called where its file 00-multus.conf is the first by name in /etc/cni/net.d of a node",
        "see that the network's own file there has a name after that, such as 10-NAME.conflist",
        "containerd's documentation, cri/config; Multus 4.3: pkg/server/config/manager.go",
    ),
    Rule(
        "attachment-on-some-machines",
        Severity.WARNING,
        "an attachment whose network not all machines with the role `compute` have",
        _some,
        "is not on all machines with the role compute, and a pod with this attachment does not start on the others",
        "let such pods choose nodes by a label",
        "CNI plugins 1.9, macvlan: the master has to exist",
    ),
    Rule(
        "vlan-on-some-machines",
        Severity.WARNING,
        "a VLAN of `network.subnets` that not all machines with the role `compute` have",
        _subnets,
        "is not on all machines with the role compute, and a pod of this subnet does not start on the others",
        "give them their nics, or let such pods choose nodes by a label",
        "Kube-OVN 1.16: pkg/daemon/handler.go, the provider network has to be ready on the node",
    ),
)
