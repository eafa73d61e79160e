# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for the Kubernetes cluster."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import enums, notations, scalars
from .fields import many, named, one
from .scalars import Address, Subnet


@dataclass(frozen=True)
class RegistryLogin:
    """The login of a registry from which pods' images come."""

    username: str = one(notations.REGISTRY_USER, "User.")
    password: t.Any = one(scalars.SECRET, "Password or token.", secret=True)


@dataclass(frozen=True)
class ExistingCluster:
    """A cluster that others run and that kubeadm made: machines join it, and nothing else of it is touched."""

    kubeconfig: str = one(
        notations.BESIDE,
        "Kubeconfig of a user who may make tokens in it and label nodes, on the controller; relative to the model.",
        example="/etc/groundup/office.kubeconfig",
    )


@dataclass(frozen=True)
class Kubernetes:
    """The Kubernetes cluster."""

    existing: ExistingCluster | None = one(
        ExistingCluster,
        "A cluster that others run, which machines join as workers. `endpoint`, `pods`, `services` and `domain` are "
        "those of that cluster, and `version` that of the machines' kubelets.",
        default=None,
    )
    endpoint: Address | None = one(
        scalars.ADDRESS,
        "Address of the API: free in the network of Kubernetes, or that of an external load balancer or of a cluster "
        "that exists, which may be anywhere. Required unless one of these has a name.",
        default=None,
    )
    endpoint_name: str | None = one(
        scalars.DOMAIN,
        "DNS name of the endpoint, by which nodes and kubeconfigs know it instead of its address. Machines resolve it "
        "to `endpoint`; without that, their resolvers have to know it.",
        default=None,
        example="api.rack1.example.net",
    )
    endpoint_port: int | None = one(
        scalars.TCP_PORT,
        "Port of the API at the endpoint.",
        default=None,
        shown_default="8443, and 6443 at an external load balancer or a cluster that exists",
    )
    load_balancer: enums.ApiLoadBalancer = one(
        enums.ApiLoadBalancer,
        "Who forwards connections to the API servers: the control planes, one of which has the endpoint, or one of "
        "your own, `external`, that forwards TCP to port 6443 of the control planes.",
        default=enums.ApiLoadBalancer.CONTROL_PLANES,
    )
    network: str | None = one(
        scalars.LABEL_NAME,
        "Network that machines use for Kubernetes.",
        default=None,
        shown_default="the one that contains `endpoint`",
    )
    version: str = one(notations.VERSION, "Version.", default="1.36.3")
    pods: Subnet = one(
        scalars.SUBNET,
        "Addresses of pods, or one range of each IP version: then pods have an address of each.",
        default=scalars.subnet("10.64.0.0/14"),
        second="second_pods",
        example='[10.64.0.0/14, "fd00:64::/56"]',
    )
    services: Subnet = one(
        scalars.SUBNET,
        "Addresses of services, or one range of each IP version, in the order of `pods`.",
        default=scalars.subnet("10.96.0.0/16"),
        second="second_services",
        example='[10.96.0.0/16, "fd00:96::/112"]',
    )
    domain: str = one(scalars.DOMAIN, "Domain of services.", default="cluster.local")
    api_names: tuple[str, ...] = many(
        notations.API_NAME,
        "Further DNS names and addresses at which clients reach the API, for its certificate. It has the endpoint, "
        "`kubernetes.` with the cloud's domain, and the control planes anyway.",
        example="[k8s.example.net, 203.0.113.7]",
    )
    runtime: enums.ContainerRuntime = one(
        enums.ContainerRuntime, "Low-level runtime under containerd.", default=enums.ContainerRuntime.CRUN
    )
    containerd: t.Mapping[str, str] = named(
        notations.TOML,
        "Further configuration of containerd on all machines, as TOML, by a name of your choice.",
        example="{debug: \"debug.level = 'debug'\"}",
    )
    registries: t.Mapping[str, RegistryLogin] = named(
        RegistryLogin,
        "Logins of registries by their names, for pulls on all machines. Registries of the bundle need none.",
        names=notations.REGISTRY,
        example='{harbor.example.net: {username: robot, password: "{{ vault_harbor }}"}}',
    )
    kubelet: t.Mapping[str, t.Any] = named(
        notations.KUBELET_VALUE,
        "Fields of KubeletConfiguration for the kubelets of all machines. Those of a machine are merged over them.",
        names=notations.KUBELET_FIELD,
        example="{maxPods: 200, evictionHard: {memory.available: 1Gi}}",
    )
    encryption: bool = one(scalars.BOOLEAN, "Secrets are encrypted at rest.", default=True)
    audit: bool = one(scalars.BOOLEAN, "The API writes an audit log.", default=True)
    renew_days: int = one(
        scalars.RENEW_DAYS, "Certificates of control planes with fewer days left are renewed by a run.", default=90
    )
    proxy_mode: enums.ProxyMode | None = one(
        enums.ProxyMode,
        "Backend of kube-proxy. A cluster is made without it by `none`, which only `cilium` and a network of your own "
        "can do. A cluster keeps it for life, so a change is refused.",
        default=None,
        shown_default="`iptables` with `kube_ovn`, `none` with `cilium`, else `nftables`",
    )
    timings: enums.Timings = one(
        enums.Timings,
        "Timeouts of the cluster's components; `slow` for emulated machines.",
        default=enums.Timings.DEFAULT,
    )
    second_pods: Subnet | None = None
    second_services: Subnet | None = None

    @property
    def dual(self) -> bool:
        """Whether pods have addresses of both IP versions."""
        return self.second_pods is not None

    @property
    def ranges(self) -> list[tuple[str, Subnet]]:
        """All ranges of pods and services, with the keys of the model at which they are."""
        found = [("pods", self.pods), ("services", self.services)]
        found += [(key, one) for key, one in (("pods", self.second_pods), ("services", self.second_services)) if one]
        return found

    def text_of(self, key: str) -> str:
        """The ranges of `pods` or `services` as kubeadm and kube-proxy have them, with a comma between two."""
        return ",".join(str(one) for name, one in self.ranges if name == key)

    @property
    def api(self) -> str:
        """Address and port of the API at the endpoint, as in URLs (RFC 3986, section 3.2.2); its name where it has no
        address. Daemons of networks use it, which have to start before there is DNS."""
        return f"{self.host}:{self.port}"

    @property
    def host(self) -> str:
        """The endpoint's address, or its name, as in URLs."""
        if self.endpoint is None:
            return self.endpoint_name or ""
        return f"[{self.endpoint}]" if self.endpoint.version == 6 else str(self.endpoint)

    @property
    def port(self) -> int:
        """The port of the API at the endpoint."""
        return self.endpoint_port or (6443 if self.external else 8443)

    @property
    def external(self) -> bool:
        """Whether the endpoint is at a load balancer, or of a cluster, that is not part of the cloud."""
        return self.load_balancer is enums.ApiLoadBalancer.EXTERNAL or self.existing is not None
