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
        description: Subnet of all pods, as the cluster has it.
        type: str
        required: true
      services:
        description: Subnet of services, as the cluster has it.
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
"""
