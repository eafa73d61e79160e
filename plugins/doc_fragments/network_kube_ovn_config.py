# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_kube_ovn/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role network_kube_ovn."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The network.
    type: dict
    required: true
    suboptions:
      manifest:
        description: The objects of Kube-OVN 1.16.2, as C(helm template) renders its chart C(kube-ovn)
          with the chart's own values and without hooks.
        type: dict
        required: true
        suboptions:
          path:
            description: Its file on the host where the role runs. One of C(path) and C(url) is
              required.
            type: path
          url:
            description: Where it is downloaded from.
            type: str
          sha256:
            description: Its digest; another file is refused.
            type: str
            required: true
      policy_manifests:
        description:
        - Definitions of AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy,
          all three. With them Kube-OVN enforces policies of the cluster; without any, only NetworkPolicies
          of namespaces.
        type: list
        elements: dict
        default: []
        suboptions:
          path:
            description: Its file on the host where the role runs. One of C(path) and C(url) is
              required.
            type: path
          url:
            description: Where it is downloaded from.
            type: str
          sha256:
            description: Its digest; another file is refused.
            type: str
            required: true
      timings:
        description: C(slow) for machines whose CPU is emulated or overloaded. Containers have
          fifteen minutes to start, and probes wait longer for an answer and start programs once
          a minute at most.
        type: str
        choices: [default, slow]
        default: default
        version_added: 0.2.0
      api:
        description:
        - Address and port of the API, as C(10.30.0.10:8443), for daemons in the network of their
          node. A node without a default route reaches no address of a service, through which
          they would go without this.
        type: str
      pods:
        description: Subnet of all pods, as the cluster has it, or one of IPv4 and one of IPv6
          with a comma between.
        type: str
        required: true
      services:
        description: Subnet of services, as the cluster has it, or two like those of C(pods).
        type: str
        required: true
      join:
        description: Subnet between nodes and pods, with an address for each node. Used nowhere
          else.
        type: str
        default: 100.64.0.0/16
      mtu:
        description: MTU of pods, at most 100 bytes less than that of the network between the
          nodes.
        type: int
        default: 1400
      databases:
        description:
        - Nodes that have OVN's databases, an odd number of them. A majority has to run.
        - A node can be added. Before one is left out, remove it from the databases by C(ovn-appctl
          cluster/kick).
        type: list
        elements: dict
        required: true
        suboptions:
          node:
            description: Its name.
            type: str
            required: true
          address:
            description: Its address in the cluster, as Kubernetes has it.
            type: str
            required: true
      subnets:
        description:
        - Further subnets of pods, beside that of the cluster. With C(vlan), their pods are in
          a VLAN of the nodes, under the same policies. One with addresses in use is not removed,
          and its range is not changed.
        type: list
        elements: dict
        default: []
        version_added: 0.2.0
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          subnet:
            description: Its addresses. Nobody else has any of them, neither nodes nor other subnets.
            type: str
            required: true
          vlan:
            description: The VLAN; without one, the subnet is a part of the overlay.
            type: int
          interfaces:
            description:
            - The interfaces of the VLAN on nodes, with tag and without addresses, as C(bond0.101)
              of M(groundup.cloud.host_network)'s C(vlans). Kube-OVN makes each one a port of
              a switch of its own. It would move addresses of the interface to that switch, so
              name none by which the node is reached.
            type: list
            elements: dict
            default: []
            suboptions:
              name:
                description: Name of the interface.
                type: str
                required: true
              nodes:
                description: Names of the nodes that have it. Others have no pods in the VLAN.
                type: list
                elements: str
                required: true
          gateway:
            description: The router that is in the VLAN. Without one, pods of C(namespaces) are
              routed by Kube-OVN.
            type: str
          exclude:
            description: Ranges of addresses that pods do not get, as C(10.101.0.2-10.101.0.99).
            type: list
            elements: str
            default: []
          mtu:
            description: MTU of the pods' interfaces in bytes; that of the cluster's pods if not
              given.
            type: int
          namespaces:
            description: Namespaces whose pods have their first interface in it. One that does
              not exist is made; none is ever removed.
            type: list
            elements: str
            default: []
          attachment:
            description:
            - The attachment, as NAMESPACE/NAME, by which pods have further interfaces in it.
              It is made by M(groundup.cloud.multus) with the plugin C(kube_ovn).
            type: str
          vpc:
            description: The network of a tenant, one of C(vpcs). Without one, it is in the network
              of the cluster.
            type: str
          private:
            description: Whether only pods of the subnet, nodes, and pods of C(allow) reach its
              pods. Not with C(vlan).
            type: bool
            default: false
          allow:
            description: Subnets from which pods of a private one are reached.
            type: list
            elements: str
            default: []
      vpcs:
        description:
        - Networks of tenants with a router of their own, which leads to their subnets and to
          nothing else. Subnets of different ones may have the same addresses. Their pods have
          neither the cluster's DNS nor its services, and kubelet can't probe them.
        type: list
        elements: dict
        default: []
        version_added: 0.2.0
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          routes:
            description: Static routes of its router.
            type: list
            elements: dict
            default: []
            suboptions:
              to:
                description: Destination, as a subnet.
                type: str
                required: true
              via:
                description: Router, an address inside one of its subnets.
                type: str
                required: true
"""
