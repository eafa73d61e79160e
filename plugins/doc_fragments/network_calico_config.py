# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_calico/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role network_calico."""

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
        description: The manifest C(calico.yaml) of a release of Calico. Those before 3.32.2 are
          refused.
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
          with a comma between. It can't be changed.
        type: str
        required: true
      mtu:
        description:
        - MTU of pods, at most that of the network between the nodes, and with VXLAN 50 bytes
          less. A changed one holds for new pods.
        type: int
        default: 1450
      encapsulation:
        description: What packets of pods are put into between nodes.
        type: str
        choices: [none, vxlan]
        default: none
      nat:
        description:
        - Packets from pods to addresses outside of C(pods) get the address of their node. Switch
          it off where routers know pods; connections of a virtual machine do not outlive a migration
          with it.
        type: bool
        default: true
      proxy_mode:
        description: The backend of kube-proxy, which Calico uses as well.
        type: str
        choices: [nftables, iptables]
        default: nftables
      bgp:
        description: How routes are exchanged without encapsulation. It is refused with C(vxlan).
        type: dict
        default: {}
        suboptions:
          as_number:
            description: AS number of all nodes.
            type: int
            default: 64512
          mesh:
            description: Each node has a session with each other one.
            type: bool
            default: true
          services:
            description: Subnets of services whose addresses are announced.
            type: list
            elements: str
            default: []
          load_balancers:
            description: Subnets from which services of type LoadBalancer get addresses, which
              are announced.
            type: list
            elements: str
            default: []
          peers:
            description: Routers with which nodes have sessions.
            type: list
            elements: dict
            default: []
            suboptions:
              name:
                description: Name of its objects.
                type: str
                required: true
              address:
                description: Its address.
                type: str
                required: true
              as_number:
                description:
                - Its AS number. Where it differs from that of the nodes, they take routes with
                  their own AS number once in the path, which are those of other nodes.
                type: int
                required: true
              zones:
                description:
                - Values of the label C(topology.kubernetes.io/zone) of the nodes that have a
                  session with it; empty for all nodes.
                type: list
                elements: str
                default: []
              keep_next_hop:
                description:
                - Announce routes of other nodes, which a node knows by C(mesh), with these nodes
                  as their next hop. For a router that is in the network of the nodes; one that
                  is not could not use them.
                type: bool
                default: false
              accept:
                description: Subnets to which, and inside which, routes of the router are taken;
                  empty for all.
                type: list
                elements: str
                default: []
              announce:
                description:
                - Subnets inside which routes are announced to the router; empty for all of pods
                  and of the services above.
                type: list
                elements: str
                default: []
"""
