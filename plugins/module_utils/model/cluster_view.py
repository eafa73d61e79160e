# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of the roles `host_base`, `container_runtime` and `kubernetes`, one per machine."""

from __future__ import annotations

import functools
import typing as t

from ..kube import kubelet_settings
from ..kube.settings import API_PORT, EXTERNAL
from . import konnectivity, kubevirt, rook_ceph
from .bundle_facts import of_controller
from .cluster_taints import taints
from .enums import ProxyMode, Role
from .hardware import Machine
from .kubernetes import Kubernetes
from .layout import Layout, fqdn, is_network_configured
from .metal_view import control_plane_root, endpoint_names, provisioner_address, registry
from .networks import checksums_by_kernel, kernel_modules, sysctls
from .parse import overlaid
from .values import Expression

View = dict[str, t.Any]
#: Facts about the bundle that playbooks/tasks/validate.yml sets; the templates are evaluated where a role uses them.
BUNDLE_FILES = Expression("{{ groundup_bundle_files | default({}) }}")
BUNDLE_DIR = Expression("{{ groundup_bundle_dir | default('') }}")
BUNDLE_REGISTRIES = Expression("{{ groundup_bundle_registries | default([]) }}")
#: The provisioner's CA, which playbooks/tasks/probe.yml reads once the provisioner is configured.
REGISTRY_CA = Expression("{{ groundup_registry_ca | default('') }}")
#: The inventory host that stands for the cluster, and that runs a hosted control plane.
CLUSTER = "cluster"


class ClusterView:
    """Computes the role inputs of one machine after another; values that all machines share are computed once."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        members = [machine for machine in layout.cloud.machines.values() if Role.CONTROL_PLANE in machine.roles]
        kubernetes = layout.cloud.kubernetes
        self.endpoint = str(kubernetes.endpoint) if kubernetes and kubernetes.endpoint else None
        self.control_planes = {machine.name: self._address(machine) for machine in members}
        if layout.hosted:
            self.control_planes = {CLUSTER: self.endpoint}
        elif kubernetes and kubernetes.existing:
            self.control_planes = {CLUSTER: self.endpoint or kubernetes.endpoint_name}
        self.hosts = self._hosts()
        self.kernel_modules = (
            (*kernel_modules(layout.cloud), *rook_ceph.kernel_modules(layout.cloud)) if kubernetes else ()
        )
        self.firewall = self._firewall()
        # Where others configure the network, it may be by DHCP, whose answers belong to no connection that is known.
        self.open_firewall = {**self.firewall, "open": [*self.firewall["open"], "udp/68", "udp/546"]}

    def _hosts(self) -> dict[str, str]:
        # Only names that must resolve before DNS works. With all machines, the inputs would grow quadratically.
        domain = self.layout.cloud.domain
        own = provisioner_address(self.layout)
        hosts = {f"provisioner.{domain}": own} if own else {}
        if self.endpoint and not self.layout.existing:  # whose certificate does not have that name
            hosts[f"kubernetes.{domain}"] = self.endpoint
        return {**hosts, **endpoint_names(self.layout.cloud)}

    def _address(self, machine: Machine) -> str | None:
        network = self.layout.cluster
        address = self.layout.addresses_of(machine.name).get(network.name) if network else None
        return str(address) if address else None

    def _firewall(self) -> View:
        cloud, layout = self.layout.cloud, self.layout
        # Only networks in which machines have addresses: tenants use the others, and machines accept nothing from them.
        shared = {network.name for machine in cloud.machines.values() for network in layout.networks_of(machine)}
        trusted = [str(subnet) for n in layout.parts if n.name in shared for subnet in n.subnets]
        trusted += [str(subnet) for _key, subnet in (cloud.kubernetes.ranges if cloud.kubernetes else ())]
        return {"enabled": cloud.firewall.enabled, "trusted": trusted, "open": list(cloud.firewall.open)}

    def _firewall_of(self, machine: Machine) -> View:
        firewall = self.firewall if is_network_configured(machine) else self.open_firewall
        kubernetes = self.layout.cloud.kubernetes
        if not (kubernetes and kubernetes.external and Role.CONTROL_PLANE in machine.roles):
            return firewall
        # An external load balancer may be in no network of the cloud, or pass on the addresses of clients.
        return {**firewall, "open": list(dict.fromkeys((*firewall["open"], f"tcp/{API_PORT}")))}

    def host_base(self, machine: Machine) -> View:
        """The role input `host_base`."""
        layout, host = self.layout, machine.host
        own = provisioner_address(layout)
        further = {
            "packages": [*rook_ceph.packages(layout.cloud, machine), *host.packages],
            "kernel_modules": [
                *dict.fromkeys((*self.kernel_modules, *kubevirt.kernel_modules(layout.cloud, machine))),
                *host.kernel_modules,
            ],
            "kernel_arguments": list(host.kernel_arguments),
            "checksums_by_kernel": list(checksums_by_kernel(layout, machine)),
            "sysctls": {**sysctls(layout.cloud), **host.sysctls},
        }
        name = {"hostname": machine.name, "fqdn": fqdn(machine, layout.cloud)}
        return {
            **{key: value for key, value in further.items() if value},
            **kubevirt.of_host(layout.cloud, machine),
            **({} if is_network_configured(machine) else name),
            **({"registry_ca": REGISTRY_CA} if own else {}),
            "ntp_servers": [own] if own else list(layout.cloud.ntp.servers),
            "hosts": self.hosts,
            "firewall": self._firewall_of(machine),
        }

    def container_runtime(self) -> View:
        """The role input `container_runtime`."""
        kubernetes = self.layout.cloud.kubernetes
        address = provisioner_address(self.layout)
        return {
            "runtime": str(kubernetes.runtime) if kubernetes else "crun",
            "registry": {"address": registry(self.layout), "mirrors": BUNDLE_REGISTRIES} if address else {},
            "files": BUNDLE_FILES,
            **({"drop_ins": dict(kubernetes.containerd)} if kubernetes and kubernetes.containerd else {}),
        }

    def registry_logins(self) -> list[View]:
        """The variable `container_runtime_logins`; passwords are evaluated where the role uses them."""
        kubernetes = self.layout.cloud.kubernetes
        return [
            {"registry": name, "username": login.username, "password": login.password}
            for name, login in (kubernetes.registries if kubernetes else {}).items()
        ]

    def kubernetes(self, machine: Machine) -> View:
        """The role input `kubernetes`; only for clouds that have a cluster."""
        settings, network = self.layout.cloud.kubernetes, self.layout.cluster
        if settings is None or network is None or not (network.subnet or network.racks):
            return {}
        node = {
            "name": machine.name,
            "address": self._address(machine),
            "control_plane": Role.CONTROL_PLANE in machine.roles,
            "labels": self._labels(machine),
            "taints": taints(machine),
        }
        if settings.dual and (second := self.layout.second_addresses_of(machine.name).get(network.name)):
            node["second_address"] = str(second)
        if tuned := kubelet_settings.normal(overlaid(settings.kubelet, machine.kubelet)):
            node["kubelet"] = tuned
        view = self._cluster(settings)
        if not settings.external:
            view["endpoint"]["interface"] = self.layout.wiring.interface(machine, network)
        return {**view, "node": node}

    def hosted_kubernetes(self) -> View:
        """The input `kubernetes_config` of the host that stands for the cluster, where the control plane is hosted."""
        settings = self.layout.cloud.kubernetes
        if settings is None:
            return {}
        node = {"name": CLUSTER, "address": self.endpoint, "control_plane": True}
        return {**self._cluster(settings), "node": node, "root": control_plane_root(self.layout)}

    def existing_kubernetes(self) -> View:
        """The input `kubernetes_config` of the host that acts on a cluster that others run."""
        settings = self.layout.cloud.kubernetes
        if settings is None:
            return {}
        return {
            **self._cluster(settings),
            "node": {"name": CLUSTER, "address": self.control_planes[CLUSTER], "control_plane": True},
        }

    def hosted_control_plane(self) -> View:
        """The role input `hosted_control_plane`."""
        manager = str(self.layout.cloud.provisioner.service_manager)
        return {"bundle_dir": BUNDLE_DIR, "service_manager": manager, **konnectivity.of_server(self.layout)}

    def _cluster(self, settings: Kubernetes) -> View:
        """What is the same for all hosts of the cluster."""
        mode = self.layout.proxy_mode
        return {
            "cluster": self.layout.cloud.name,
            "version": settings.version,
            "files": BUNDLE_FILES,
            "endpoint": {
                **({"address": self.endpoint} if self.endpoint else {}),
                **({"name": settings.endpoint_name} if settings.endpoint_name else {}),
                "port": settings.port,
                **({"load_balancer": EXTERNAL} if settings.external else {}),
            },
            "pods": settings.text_of("pods"),
            "services": settings.text_of("services"),
            "domain": settings.domain,
            "control_planes": self.control_planes,
            **({"proxy_mode": str(mode)} if mode is not ProxyMode.NFTABLES else {}),
            "api_names": [f"kubernetes.{self.layout.cloud.domain}", *settings.api_names, *self.second_addresses],
            "encryption": settings.encryption,
            "audit": settings.audit,
            "renew_days": settings.renew_days,
            "timings": str(settings.timings),
            **({"kubeconfig": of_controller(settings.existing.kubeconfig)} if settings.existing else {}),
        }

    @functools.cached_property
    def second_addresses(self) -> list[str]:
        """Addresses of the control planes of the second IP version, for the certificate of the API."""
        settings, network = self.layout.cloud.kubernetes, self.layout.cluster
        members = [one for one in self.layout.cloud.machines.values() if Role.CONTROL_PLANE in one.roles]
        plans = [self.layout.second_addresses_of(one.name) for one in members if settings and settings.dual]
        own = [str(plan[network.name]) for plan in plans if network and network.name in plan]
        return [one for one in own if settings and one not in settings.api_names]

    @staticmethod
    def _labels(machine: Machine) -> dict[str, str]:
        labels = {f"groundup.cloud/{role}": "true" for role in machine.roles if role is not Role.CONTROL_PLANE}
        if machine.location.rack:
            labels["topology.kubernetes.io/zone"] = machine.location.rack
        return {**labels, **machine.labels}
