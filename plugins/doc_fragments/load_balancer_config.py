# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/load_balancer/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role load_balancer."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: What is applied.
    type: dict
    required: true
    suboptions:
      manifest:
        description: The manifest C(metallb-native.yaml) as MetalLB releases it, or C(metallb-frr.yaml).
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
      webhooks:
        description:
        - Whether the API server asks MetalLB before it stores one of its objects. Set it to false
          where the API server does not reach pods, as one that is hosted beside an overlay, or
          one on nodes without a default route, which reach no address of a service. Then MetalLB
          reports an object of others that is wrong in its own log only.
        type: bool
        default: true
      control_planes:
        description:
        - Whether control planes announce addresses. kubeadm labels them such that load balancers
          leave them out.
        type: bool
        default: false
      pools:
        description: The addresses that services get.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: Name of the pool.
            type: str
            required: true
          addresses:
            description: Its addresses, each a range FIRST-LAST or a subnet. No host may have
              one of them.
            type: list
            elements: str
            required: true
          auto:
            description:
            - Whether a service gets its addresses without asking. Otherwise a service names the
              pool in its annotation C(metallb.io/address-pool).
            type: bool
            default: true
      layer2:
        description: Pools that are announced on layer 2, by ARP for IPv4 and NDP for IPv6.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the announcement.
            type: str
            required: true
          pools:
            description: Names of the pools.
            type: list
            elements: str
            required: true
          nodes:
            description:
            - Nodes that may announce them. Each must have one of the interfaces, or the address
              that it is chosen for answers nobody. All nodes by default.
            type: list
            elements: str
            default: []
          interfaces:
            description: Interfaces on which nodes announce them. All by default.
            type: list
            elements: str
            default: []
      peers:
        description: Routers to which nodes speak BGP.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the router.
            type: str
            required: true
          address:
            description: Its IPv4 address.
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
            description: The AS number of the nodes.
            type: int
            required: true
          hold_seconds:
            description: After so many seconds without a message, each side withdraws what the
              other announced.
            type: int
            default: 90
          bfd:
            description: Bidirectional Forwarding Detection of the sessions, which are over one
              hop (RFC 5881). The manifest has to be that of MetalLB with FRR.
            type: dict
            suboptions:
              interval:
                description: Milliseconds between two packets, in both directions, 10 to 60000.
                type: int
                required: true
              multiplier:
                description: A session ends after so many packets that did not arrive, 2 to 255.
                type: int
                required: true
          multihop:
            description: Whether other routers are between the nodes and one of another AS. MetalLB
              without FRR does not ask for that.
            type: bool
            default: false
          nodes:
            description: Nodes that speak to it. All nodes by default.
            type: list
            elements: str
            default: []
      bgp:
        description: Pools that are announced by BGP, each address as a route of its own.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the announcement.
            type: str
            required: true
          pools:
            description: Names of the pools.
            type: list
            elements: str
            required: true
          peers:
            description: Names of the routers to which they are announced. All by default.
            type: list
            elements: str
            default: []
          nodes:
            description: Nodes that announce them. All nodes by default.
            type: list
            elements: str
            default: []
"""
