# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NetworkAttachmentDefinitions that the input of the role multus means, and the namespaces that have them.

Multus looks at an attachment when a pod starts, so that a wrong one would be an error of pods. It is refused here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..network.mtu import IPV6_LEAST
from ..objects.manifests import Definition, of_objects
from .upstream import refuse

ROLE = "multus"
KIND, VERSION = "NetworkAttachmentDefinition", "k8s.cni.cncf.io/v1"
MACVLAN, BRIDGE, KUBE_OVN = "macvlan", "bridge", "kube_ovn"
#: Where Kube-OVN's CNI plugin reaches its daemon (its guide, advance/multi-nic).
SOCKET = "/run/openvswitch/kube-ovn-daemon.sock"
#: Of `addresses`: a pod has those that its annotation names.
BY_POD = "pod"
#: Namespaces that each cluster has, which are not made.
ALWAYS = ("default", "kube-node-lease", "kube-public", "kube-system")
#: RFC 1123: a label of DNS, as names of namespaces are; Multus takes such a name of an attachment as well.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
#: The kernel's limit of 15 characters (linux/if.h, IFNAMSIZ).
_LINK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")
LEAST_MTU, MOST_MTU = 68, 65535
Params = Mapping[str, Any]


def definitions(params: Params) -> list[Definition]:
    """The definitions of all attachments, each in each of its namespaces.

    :raises ClusterLayerError: with everything that is wrong.
    """
    attachments = list(params.get("attachments") or [])
    refuse(_wrong(attachments))
    spaces = sorted({space for one in attachments for space in _namespaces(one)} - {*ALWAYS})
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}} for space in spaces
    ]
    objects += [_attachment(one, space) for one in attachments for space in _namespaces(one)]
    return of_objects(objects, f"{ROLE}_config")


def _namespaces(one: Params) -> list[str]:
    return list(dict.fromkeys(one.get("namespaces") or ["default"]))


def _wrong(attachments: list[Params]) -> Iterator[str]:
    named: set[tuple[str, str]] = set()
    plugins: dict[str, tuple[str, str]] = {}
    for index, one in enumerate(attachments):
        where = f"{ROLE}_config.attachments[{index}]"
        name, link, mtu = str(one["name"]), str(one.get("interface") or ""), one.get("mtu")
        if not _NAME.fullmatch(name):
            yield f"{where}.name: {name} is no name of an object; take lowercase letters, digits and dashes, up to 63"
        if one["plugin"] == KUBE_OVN:
            yield from _of_subnet(where, one)
        elif not _LINK.fullmatch(link):
            yield f"{where}.interface: {link} is no name of a link, which has at most 15 characters"
        if mtu is not None and not LEAST_MTU <= int(mtu) <= MOST_MTU:
            yield f"{where}.mtu: {mtu} is not from {LEAST_MTU} to {MOST_MTU}; IPv6 needs {IPV6_LEAST}"
        plugin, first = plugins.setdefault(link, (str(one["plugin"]), name))
        if link and plugin != one["plugin"]:
            yield (
                f"{where}.plugin: {name} and {first} have different plugins on {link}; a bridge has no pods by "
                "macvlan, and another link is no bridge"
            )
        for space in _namespaces(one):
            if not _NAME.fullmatch(space):
                yield f"{where}.namespaces: {space} is no name of a namespace"
            if (space, name) in named:
                yield f"{where}.name: the namespace {space} has an attachment {name} already; rename one of them"
            named.add((space, name))


def _of_subnet(where: str, one: Params) -> Iterator[str]:
    if len(_namespaces(one)) > 1:
        yield f"{where}.namespaces: Kube-OVN finds the subnet of an attachment by its one namespace; name one"
    given = [key for key in ("interface", "mtu") if one.get(key)] + ["addresses"] * (one.get("addresses") == BY_POD)
    if given:
        yield f"{where}: {' and '.join(given)} are those of the subnet with {KUBE_OVN}; leave them out"


def configuration(one: Params, namespace: str = "") -> dict[str, Any]:
    """The CNI configuration of an attachment.

    :param namespace: that of the attachment, by which Kube-OVN finds its subnet.
    """
    if one["plugin"] == KUBE_OVN:
        provider = f"{one['name']}.{namespace}.ovn"
        common = {"cniVersion": "1.0.0", "name": one["name"], "type": "kube-ovn"}
        return {**common, "server_socket": SOCKET, "provider": provider}
    link = one["interface"]
    on = {"master": link, "mode": "bridge"} if one["plugin"] == MACVLAN else {"bridge": link}
    by_pod = {"ipam": {"type": "static"}, "capabilities": {"ips": True}} if one.get("addresses") == BY_POD else {}
    mtu = {"mtu": int(one["mtu"])} if one.get("mtu") else {}
    return {"cniVersion": "1.0.0", "name": one["name"], "type": one["plugin"], **on, **mtu, "ipam": {}, **by_pod}


def _attachment(one: Params, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": VERSION,
        "kind": KIND,
        "metadata": {"name": one["name"], "namespace": namespace},
        "spec": {"config": json.dumps(configuration(one, namespace), sort_keys=True)},
    }
