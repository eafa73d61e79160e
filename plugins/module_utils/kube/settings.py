# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the role ``kubernetes`` as a value, checked once."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass, field

from . import kubelet_settings
from .addresses import NAME, is_api_name, is_ip, is_ipv4, is_ipv6, versions
from .errors import KubeError
from .ranges import service_fault

Timings = t.Literal["default", "slow"]
#: Who spreads connections to the endpoint over the API servers.
OWN, EXTERNAL = "control_planes", "external"
VERSION = re.compile(r"\d+\.\d+\.\d+\Z")
API_PORT = 6443
#: Ports on which a control plane listens at all of its addresses, and who does: the endpoint can have none of them.
OWN_PORTS = {
    API_PORT: "the API servers",
    22: "sshd",
    2379: "etcd",
    2380: "etcd",
    10250: "the kubelet",
    10256: "kube-proxy",
}
MAX_RENEW_DAYS = 300
#: Backends of kube-proxy, and that there is none.
NO_PROXY = "none"
PROXY_MODES = ("nftables", "iptables", NO_PROXY)
INTERFACE = re.compile(r"[A-Za-z0-9_.-]{1,15}\Z")


@dataclass(frozen=True)
class Endpoint:
    """Where the API is reached: ``address``:``port`` on ``interface`` of the control plane that has the address now.

    ``name``: the DNS name by which nodes and kubeconfigs know it instead. ``load_balancer``: an ``external`` one has
    the address; then there may be a name alone, and neither interface nor router id. ``router_id`` (1-255) must be
    unique among VRRP speakers of that network. There is no VRRP password: it would travel in clear text (RFC 5798 took
    it out); peers are named by address instead.
    """

    address: str = ""
    name: str = ""
    interface: str = ""
    port: int = 8443
    router_id: int = 0
    load_balancer: str = OWN

    @property
    def external(self) -> bool:
        """Whether a load balancer that is not the cluster's own forwards connections."""
        return self.load_balancer == EXTERNAL

    @property
    def authority(self) -> str:
        """Name, or address, and port, as clusters and kubeconfigs have them."""
        return f"{self.name or self.address}:{self.port}"

    @property
    def url(self) -> str:
        """The API as kubeconfigs name it."""
        return f"https://{self.authority}"

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and its address, as far as it has them: certificates of the API have both."""
        return tuple(text for text in (self.name, self.address) if text)


@dataclass(frozen=True)
class Node:
    """This machine as a node. ``taints``: [{key, value?, effect}]. ``kubelet``: fields of its KubeletConfiguration.

    ``second_address``: its address of the second IP version, where pods and services have both.
    """

    name: str
    address: str
    control_plane: bool
    labels: t.Mapping[str, str] = field(default_factory=dict)
    taints: tuple[t.Mapping[str, str], ...] = ()
    kubelet: t.Mapping[str, t.Any] = field(default_factory=dict)
    second_address: str = ""

    @property
    def addresses(self) -> str:
        """Its addresses as the kubelet takes them (--node-ip), the first one of the cluster's first IP version."""
        return f"{self.address},{self.second_address}" if self.second_address else self.address


@dataclass(frozen=True)
class Settings:
    """Everything that kubeadm, the kubelet and the endpoint are configured from.

    ``pods``, ``services``: a range, or one of each IP version with a comma between.
    ``root``: where the files of the control plane are, other than ``/`` on the host of a hosted control plane.
    ``api_names``: further DNS names and addresses at which clients reach the API.
    ``renew_days``: certificates with fewer days left are renewed.
    ``egress``: the API server reaches nodes and pods through konnectivity-server (module ``egress``).
    ``kubeconfig``: of a cluster that others run, on the host that acts on it: the only name in ``control_planes``.
    """

    cluster: str
    version: str
    endpoint: Endpoint
    pods: str
    services: str
    node: Node
    control_planes: t.Mapping[str, str]
    files: t.Mapping[str, t.Mapping[str, str]] = field(default_factory=dict)
    domain: str = "cluster.local"
    image_repository: str = "registry.k8s.io"
    proxy_mode: str = "nftables"
    encryption: bool = True
    audit: bool = True
    timings: Timings = "default"
    api_names: tuple[str, ...] = ()
    root: str = "/"
    renew_days: int = 90
    egress: bool = False
    kubeconfig: str = ""

    @property
    def hosted(self) -> bool:
        """The control plane's servers run as processes of a host that is no node (package ``hosted``), below ``root``,
        and the API server itself has the endpoint's address."""
        return self.root != "/"

    @property
    def existing(self) -> bool:
        """Others run the cluster: machines join it, and nothing else of it is changed."""
        return bool(self.kubeconfig)

    @property
    def acts(self) -> bool:
        """This host acts on a cluster of others, by its kubeconfig, and is no node of it."""
        return self.existing and self.node.control_plane

    @property
    def api_port(self) -> int:
        """Port of the API server itself: behind the load balancer of control planes, or at the endpoint."""
        return self.endpoint.port if self.hosted else API_PORT

    @property
    def single(self) -> bool:
        """Whether there is one control plane, so that no leader is elected."""
        return len(self.control_planes) == 1

    @property
    def slow(self) -> bool:
        """Whether the machines' CPUs are emulated or overloaded."""
        return self.timings == "slow"


def parse(params: t.Mapping[str, t.Any]) -> Settings:
    """Settings from the role's variable.

    :raises KubeError: naming the key, its value and the remedy.
    """
    values = {key: value for key, value in params.items() if value is not None}
    endpoint, node = _record(Endpoint, values, "endpoint"), _record(Node, values, "node")
    try:
        settings = Settings(
            **values | {"endpoint": endpoint, "node": node, "api_names": tuple(values.get("api_names") or ())}
        )
    except TypeError as error:
        raise KubeError(f"kubernetes: {error}; see the role's documentation for its keys") from error
    _check(settings)
    return settings


def _record(kind: type, values: dict[str, t.Any], key: str) -> t.Any:
    given = {name: value for name, value in (values.get(key) or {}).items() if value is not None}
    own = key == "endpoint" and given.get("load_balancer") != EXTERNAL
    if own and not given.get("router_id") and is_ipv4(given.get("address")):
        # The last part of the address is as unique on its network as the address is; 0 isn't a valid id.
        given["router_id"] = int(ipaddress.ip_address(given["address"])) % 256 or 255
    if key == "node":
        given["taints"] = tuple(given.get("taints") or ())
    try:
        return kind(**given)
    except TypeError as error:
        raise KubeError(f"kubernetes.{key}: {error}") from error


def _check(settings: Settings) -> None:
    found = [text for wrong, text in [*_check_names(settings), *_check_addresses(settings)] if wrong]
    found += [f"endpoint.{text}" for text in _check_endpoint(settings)]
    found += [f"node.kubelet.{fault}" for fault in kubelet_settings.faults(settings.node.kubelet)]
    if found:
        raise KubeError("\n".join(f"kubernetes.{text}" for text in found))


def _check_names(settings: Settings) -> list[tuple[bool, str]]:
    """Checks of names and choices: (whether the value is wrong, error text)."""
    invalid = sorted(name for name in {*settings.control_planes, settings.node.name} if not NAME.match(name))
    return [
        (not VERSION.match(settings.version), f"version: {settings.version!r} isn't like 1.36.3"),
        (settings.proxy_mode not in PROXY_MODES, f"proxy_mode: {settings.proxy_mode!r} isn't one of {PROXY_MODES}"),
        (settings.timings not in ("default", "slow"), f"timings: {settings.timings!r} is neither default nor slow"),
        (not NAME.match(settings.cluster), f"cluster: {settings.cluster!r} isn't a DNS name in small letters"),
        (bool(invalid), f"control_planes and node: {invalid} aren't DNS names in small letters"),
        (
            not 1 <= settings.renew_days <= MAX_RENEW_DAYS,
            f"renew_days: {settings.renew_days} isn't from 1 to {MAX_RENEW_DAYS}; certificates last a year",
        ),
        (not settings.control_planes, "control_planes: at least one is needed, as {name: address}"),
        (
            settings.node.control_plane != (settings.node.name in settings.control_planes),
            f"node: {settings.node.name} must be in control_planes exactly when node.control_plane is true",
        ),
    ]


def _check_addresses(settings: Settings) -> list[tuple[bool, str]]:
    """Checks of addresses: (whether the value is wrong, error text)."""
    # Where others run the cluster, the host that acts on it has the endpoint in place of an address, perhaps by name.
    planes = () if settings.existing else settings.control_planes.values()
    own = () if settings.acts else (settings.node.address,)
    invalid = sorted(str(a) for a in (*own, *planes) if not is_ipv4(a))
    nets = [f"{value!r}" for value in (settings.pods, settings.services) if not versions(value)]
    first, second = versions(settings.pods), versions(settings.services)
    ranges = () if nets or settings.existing else settings.services.split(",")
    faults = {one: service_fault(ipaddress.ip_network(one))[0] for one in ranges}
    services = "; ".join(f"{one} {fault}" for one, fault in faults.items() if fault)
    names = [f"{name!r}" for name in settings.api_names if not is_api_name(name)]
    return [
        (bool(names), f"api_names: {', '.join(names)} aren't DNS names in small letters, and no addresses"),
        (bool(invalid), f"control_planes and node.address: {', '.join(invalid)} aren't IPv4 addresses"),
        (
            bool(nets),
            f"pods and services: {', '.join(nets)} aren't networks like 10.64.0.0/14, or one of each IP version",
        ),
        (bool(services), f"services: {services}"),
        (
            bool(first and second) and first != second and len(first) + len(second) > 2,
            f"pods and services: {settings.pods} and {settings.services} don't have the same IP versions in one order",
        ),
        *_check_second(settings, len(first) > 1),
    ]


def _check_second(settings: Settings, dual: bool) -> list[tuple[bool, str]]:
    """Checks of the node's second address, which it has exactly where pods have two ranges."""
    node = settings.node
    needs = dual and not (settings.hosted or settings.acts)
    return [
        (needs and not node.second_address, "node.second_address: is missing, and pods have two ranges; give it"),
        (
            bool(node.second_address) and not dual,
            f"node.second_address: {node.second_address} has no use, since pods have one range; remove it",
        ),
        (
            bool(node.second_address) and not is_ipv6(node.second_address),
            f"node.second_address: {node.second_address!r} isn't an IPv6 address",
        ),
    ]


def _check_endpoint(settings: Settings) -> t.Iterator[str]:
    """What is wrong with the endpoint, as texts that begin with its key."""
    endpoint = settings.endpoint
    if endpoint.load_balancer not in (OWN, EXTERNAL):
        yield f"load_balancer: {endpoint.load_balancer!r} is neither {OWN} nor {EXTERNAL}"
    named_only = endpoint.external and endpoint.name and not endpoint.address
    if not named_only and not is_ipv4(endpoint.address):
        yield f"address: {endpoint.address!r} isn't an IPv4 address"
    if endpoint.name and not (is_api_name(endpoint.name) and NAME.match(endpoint.name) and not is_ip(endpoint.name)):
        yield f"name: {endpoint.name!r} isn't a DNS name in small letters"
    if not (settings.hosted or settings.acts) and endpoint.address == settings.node.address:
        yield f"address: {endpoint.address} is a machine's own; choose a free one of its network"
    if settings.existing and (settings.hosted or not endpoint.external):
        yield "load_balancer: is external where others run the cluster, and root is /"
    if endpoint.name and settings.hosted:
        yield "name: a hosted control plane is reached by its address; remove it"
    if endpoint.external:
        yield from _check_external(settings)
        return
    if not settings.hosted and not INTERFACE.match(endpoint.interface):
        yield f"interface: {endpoint.interface!r} isn't an interface"
    if not 1 <= endpoint.router_id <= 255:
        yield f"router_id: {endpoint.router_id} isn't from 1 to 255"
    if endpoint.port in OWN_PORTS:
        yield f"port: {endpoint.port} is the port of {OWN_PORTS[endpoint.port]}; take 8443"


def _check_external(settings: Settings) -> t.Iterator[str]:
    if settings.hosted:
        yield "load_balancer: a hosted control plane serves the endpoint's address itself; leave external out"
    for key in ("interface", "router_id"):
        if value := getattr(settings.endpoint, key):
            yield f"{key}: {value} is for keepalived, which an external load balancer replaces; remove it"
