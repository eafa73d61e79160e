# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`derive` makes the groups and variables of an inventory from a checked cloud."""

from __future__ import annotations

import dataclasses
import typing as t

from . import bgp_table, network_custom, vm_ha, vm_images
from .bundle_facts import of_controller
from .cluster_view import CLUSTER
from .drawing_view import drawing
from .enums import Role
from .hardware import Machine
from .layout import Layout, is_deployed, rack_group
from .metal_view import (
    bundle_view,
    ca_file,
    machine_view,
    provisioner,
    provisioner_address,
    provisioner_url,
    registry,
    state_dir,
)
from .prove_view import Neighbours, prove, prove_cluster, prove_provisioner
from .services import LOCAL, ROOT
from .stack import Stack
from .switch_view import switch_views
from .types import Cloud
from .values import Expression

View = dict[str, t.Any]
PROVISIONER = "provisioner"
#: Layers of a cluster use libraries that a system's Python may lack, for YAML and for the Kubernetes API.
CONTROLLER_PYTHON = Expression("{{ ansible_playbook_python }}")


@dataclasses.dataclass(frozen=True)
class Derived:
    """An inventory: the hosts of every group, the variables of every host, of some groups, and of all hosts."""

    groups: dict[str, list[str]]
    hostvars: dict[str, View]
    all_vars: View
    group_vars: dict[str, View]


def derive(cloud: Cloud, state_home: str = "~/.local/state") -> Derived:
    """Derive the inventory from a cloud without errors. The time is linear in the number of machines.

    `state_home` is the controller's $XDG_STATE_HOME; the cloud's state is in groundup/NAME below it.
    """
    layout = Layout(cloud)
    state = f"{state_home}/groundup/{cloud.name}"
    hostvars: dict[str, View] = {}
    switches = switch_views(layout)
    for name, view in switches.items():
        hostvars[name] = {"ansible_connection": "local", "switch_config": view, "prove_config": {"scopes": ["switch"]}}
    hostvars[PROVISIONER] = {
        **_connection(cloud),
        "provisioner_config": provisioner(layout),
        "bundle_config": {**bundle_view(cloud), "cloud": cloud.name},
        "bundle_needs": Expression("{{ groundup_needs }}"),
        "drawing_config": drawing(layout, switches),
        **({"prove_config": proved} if (proved := prove_provisioner(layout)) else {}),
    }
    neighbours = Neighbours(layout)
    stack = Stack(layout, neighbours)
    if cloud.kubernetes:
        hostvars[CLUSTER] = _cluster(layout, stack, state)
    for machine in cloud.machines.values():
        hostvars[machine.name] = _machine(layout, stack, neighbours, machine, state)
    files = network_custom.files(cloud)
    all_vars: View = {
        "groundup_cloud": _all(layout),
        "groundup_provisioner": PROVISIONER,
        "groundup_below": [],
        "groundup_cluster": CLUSTER if cloud.kubernetes else None,
        "groundup_needs": stack.needs(),
        "prove_cloud": cloud.name,
        "prove_from": PROVISIONER,
        "prove_kubeconfig": kubeconfig(cloud, state),
        "groundup_kubeconfig": kubeconfig(cloud, state),
        **({"groundup_existing": True} if layout.existing else {}),
        "groundup_manifests_dir": f"{state}/manifests",
        **({"groundup_files": files} if files else {}),
    }
    layers = [layer.as_variable() for layer in stack.machines]
    logins = stack.view.registry_logins()
    group_vars: dict[str, View] = {group: {"groundup_below": below} for group, below in stack.below().items()}
    group_vars["machines"] |= {
        **_ssh_settings(cloud, state),
        **_deployment(layout, state),
        "groundup_layers": layers,
        **({"container_runtime_logins": logins} if logins else {}),
    }
    return Derived(groups=_groups(cloud), hostvars=hostvars, all_vars=all_vars, group_vars=group_vars)


def kubeconfig(cloud: Cloud, state: str) -> str:
    """The controller's copy of the administrator's kubeconfig, in the state directory of the cloud; the user's own file
    for a cluster that others run."""
    if cloud.kubernetes and cloud.kubernetes.existing:
        return of_controller(cloud.kubernetes.existing.kubeconfig)
    return f"{state}/kubeconfig"


def _connection(cloud: Cloud) -> View:
    own = cloud.provisioner
    if own.host in LOCAL:
        return {"ansible_host": "localhost", "ansible_connection": "local"}
    return {"ansible_host": own.host, **_account(own.user or cloud.access.user)}


def _account(user: str) -> View:
    """Variables of the account by which Ansible logs in; another than root becomes root by sudo."""
    return {"ansible_user": user, **({"ansible_become": True} if user != ROOT else {})}


def _ssh_settings(cloud: Cloud, state: str) -> View:
    """The ssh settings of machines: Ansible accepts only the host key that the deployment recorded.

    The interpreter is fixed to Debian's, so that Ansible does not run its discovery on every machine.
    """
    options = f'-o UserKnownHostsFile="{state}/known_hosts" -o StrictHostKeyChecking=yes'
    key = cloud.access.private_key_file
    return {
        **_account(cloud.access.user),
        "ansible_ssh_common_args": options,
        "ansible_python_interpreter": "/usr/bin/python3",
        **({"ansible_ssh_private_key_file": key} if key else {}),
    }


def _deployment(layout: Layout, state: str) -> View:
    """Variables about the provisioner and the controller for roles that run on machines."""
    return {
        "machine_provisioner": PROVISIONER,
        "machine_state_dir": state_dir(layout),
        "machine_ca_file": ca_file(layout),
        "machine_known_hosts": f"{state}/known_hosts",
        "kubernetes_kubeconfig": kubeconfig(layout.cloud, state),
    }


def _cluster(layout: Layout, stack: Stack, state: str) -> View:
    """Variables of the inventory host that represents the cluster: the controller, which reaches the cluster's API."""
    own, acting = kubeconfig(layout.cloud, state), {}
    if layout.hosted or layout.existing:
        view = stack.view.hosted_kubernetes() if layout.hosted else stack.view.existing_kubernetes()
        acting = {"kubernetes_config": view, "kubernetes_kubeconfig": own}
    return {
        "ansible_host": "localhost",
        "ansible_connection": "local",
        **acting,
        "groundup_layers": [layer.as_variable() for layer in stack.clusters],
        "prove_config": prove_cluster(layout, stack.providers),
        **{layer.input: layer.view() for layer in stack.clusters},
        **{name: values() for name, values in (one.secrets for one in stack.clusters if one.secrets)},
        **{f"{layer.role}_kubeconfig": own for layer in stack.clusters if layer.api},
        **(vm_ha.places(PROVISIONER, own) if vm_ha.possible(layout.cloud) else {}),
        **vm_images.example(layout),
        **{f"{layer.role}_state": "absent" for layer in stack.clusters if layer.absent},
        **({"groundup_by_hand": by_hand} if (by_hand := bgp_table.lines(layout)) else {}),
        **({"ansible_python_interpreter": CONTROLLER_PYTHON} if stack.clusters or layout.existing else {}),
    }


def _existing_host_keys(state: str) -> Expression:
    """The ssh options of a machine that was not deployed: its host key is known to the user, or was recorded before.

    With the consent `groundup_accept_host_keys` ssh records the key of a machine that it does not know yet; a key that
    has changed is refused in any case (ssh_config(5), StrictHostKeyChecking).
    """
    files = f'-o UserKnownHostsFile="~/.ssh/known_hosts {state}/known_hosts"'
    checking = "{{ 'accept-new' if groundup_accept_host_keys | default(false) | bool else 'yes' }}"
    return Expression(f"{files} -o StrictHostKeyChecking={checking}")


def _machine(layout: Layout, stack: Stack, neighbours: Neighbours, machine: Machine, state: str) -> View:
    addresses = layout.texts_of(machine.name)
    reached = [network.name for network in (layout.management, layout.provision) if network]
    host = next((addresses[name] for name in [*reached, *addresses] if name in addresses), None)
    variables: View = {"ansible_host": machine.address or host}
    if is_deployed(machine):
        variables["machine_config"] = machine_view(layout, machine)
    else:
        variables["groundup_below"] = []
        variables["ansible_ssh_common_args"] = _existing_host_keys(state)
    layers = stack.of(machine)
    if layers != stack.machines:
        variables["groundup_layers"] = [layer.as_variable() for layer in layers]
    variables |= {layer.input: layer.view(machine) for layer in layers}
    missing = {layer.name for layer in stack.machines} - {layer.name for layer in layers}
    providers = {name: provider for name, provider in stack.providers.items() if name not in missing}
    variables["prove_config"] = prove(layout, neighbours, machine, providers)
    return variables


def _groups(cloud: Cloud) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {
        "switches": list(cloud.switches),
        "provisioners": [PROVISIONER],
        "clusters": [CLUSTER] if cloud.kubernetes else [],
        "machines": list(cloud.machines),
        **{str(role): [] for role in Role},
    }
    for machine in cloud.machines.values():
        for role in machine.roles:
            groups[str(role)].append(machine.name)
        if machine.location.rack:
            groups.setdefault(rack_group(machine.location.rack), []).append(machine.name)
    return groups


def _all(layout: Layout) -> View:
    cloud = layout.cloud
    return {
        "name": cloud.name,
        "domain": cloud.domain,
        "kubernetes": cloud.kubernetes is not None,
        "network": str(cloud.network.provider),
        "storage": str(cloud.storage.provider),
        "provision": layout.provision.name if layout.provision else None,
        "management": layout.management.name if layout.management else None,
        "provisioner": {
            "address": provisioner_address(layout),
            "url": provisioner_url(layout),
            "registry": registry(layout),
            "state_dir": state_dir(layout),
            "ca_file": ca_file(layout),
        },
        "bundle": bundle_view(cloud),
        "access": {
            "user": cloud.access.user,
            "public_keys": list(cloud.access.public_keys),
            "private_key_file": cloud.access.private_key_file,
        },
        "endpoint": f"https://{cloud.kubernetes.api}" if cloud.kubernetes else None,
    }
