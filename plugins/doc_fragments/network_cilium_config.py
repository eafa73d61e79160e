# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_cilium/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role network_cilium."""

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
        description:
        - The objects of Cilium 1.20.2, as C(helm template) renders its chart with the values
          that the lock of the bundle has for it (C(roles/bundle/files/lock.yml)).
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
      definitions:
        description: The definitions of Cilium's kinds, fifteen files of C(pkg/k8s/apis/cilium.io/client/crds)
          of its source.
        type: list
        elements: dict
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
        - The definition of ClusterNetworkPolicy. With it Cilium enforces policies of the cluster;
          without it, only policies of namespaces and its own.
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
          fifteen minutes to start, probes wait longer for an answer, and agents do not probe
          each other.
        type: str
        choices: [default, slow]
        default: default
      api:
        description:
        - Address and port of the API, as C(10.30.0.10:8443), for daemons in the network of their
          node. Required without kube-proxy. A node without a default route reaches no address
          of a service, through which they would go without this.
        type: str
      pods:
        description: Subnet of all pods, as the cluster has it, or one of IPv4 and one of IPv6
          with a comma between. It stays for the life of the cluster.
        type: str
        required: true
      ipam:
        description: Who gives a node its part of C(pods); C(cluster_pool) is Cilium's operator,
          C(kubernetes) the controller manager. It stays for the life of the cluster.
        type: str
        choices: [cluster_pool, kubernetes]
        default: cluster_pool
      node_prefix:
        description: Prefix length of a node's part of C(pods), with C(cluster_pool). It stays
          for the life of the cluster.
        type: int
        default: 24
      mtu:
        description:
        - MTU of pods. Tunnels take 50 bytes of that of the network between nodes, and encryption
          takes 95.
        type: int
        default: 1450
      encapsulation:
        description: What packets of pods are put into between nodes. With C(none) all nodes have
          to be in one network.
        type: str
        choices: [vxlan, geneve, none]
        default: vxlan
      encryption:
        description: Whether traffic between pods of different nodes is encrypted.
        type: str
        choices: [none, wireguard]
        default: none
      devices:
        description: Interfaces of nodes to which Cilium's programs are attached; empty for all
          that have addresses and routes.
        type: list
        elements: str
        default: []
      kube_proxy:
        description:
        - Whether the cluster has kube-proxy. Without it, Cilium brings packets for services to
          their pods everywhere; with it, only those that pods send. A cluster that has kube-proxy
          is refused where this is false.
        type: bool
        default: true
      exclusive:
        description: Whether Cilium renames configurations of other CNI plugins on nodes. False
          where Multus is beside it.
        type: bool
        default: true
      virtual_machines:
        description: Whether there are virtual machines in pods, for which services and routes
          are left to the kernel's own ways.
        type: bool
        default: false
      operators:
        description: Number of Cilium's operators, one on a node.
        type: int
        default: 1
      pools:
        description: Addresses for services of type LoadBalancer.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          addresses:
            description: Ranges as C(10.30.0.200-10.30.0.220), or subnets as C(10.99.0.0/24).
            type: list
            elements: str
            required: true
          auto:
            description: Whether each service gets an address of it; else only those with the
              label C(groundup.cloud/pool) that has the pool's name.
            type: bool
            default: true
      layer2:
        description:
        - On which nodes and interfaces addresses of services are announced by ARP, each by one
          node at a time. Every address is announced, of whatever pool. Needs Cilium in the place
          of kube-proxy; a beta of Cilium.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          nodes:
            description: Names of nodes; empty for all.
            type: list
            elements: str
            default: []
          interfaces:
            description: Names of interfaces; empty for all.
            type: list
            elements: str
            default: []
      peers:
        description: Routers to which every address of services is announced by BGP. No routes
          of theirs are taken.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          address:
            description: Its address.
            type: str
            required: true
          port:
            description: Its TCP port.
            type: int
            default: 179
          as_number:
            description: Its AS number.
            type: int
            required: true
          own_as_number:
            description: The AS number of nodes towards it.
            type: int
            required: true
          hold_seconds:
            description: How long a session outlives the last message, at least 3.
            type: int
            default: 90
          nodes:
            description: Names of nodes that have a session with it; empty for all.
            type: list
            elements: str
            default: []
"""
