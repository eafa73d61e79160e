# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/host_network/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role host_network."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The host's network.
    type: dict
    required: true
    suboptions:
      backend:
        description: What configures links on the host.
        type: str
        choices: [networkd]
        default: networkd
      hostname:
        description: Name of the host. Without it the name is not changed.
        type: str
      fqdn:
        description: Fully qualified domain name of the host, for C(/etc/hosts).
        type: str
      bond:
        description: Link aggregation that carries all networks. Without it the first of C(nics)
          carries them.
        type: dict
        suboptions:
          name:
            description: Name of the link; VLANs above it are called C(name.vlan).
            type: str
            default: bond0
          mode:
            description: Mode of the bond; others are not safe below VLANs and bridges.
            type: str
            choices: [802.3ad, active-backup, balance-xor]
            default: 802.3ad
          members:
            description: The NICs of the bond.
            type: list
            elements: dict
            required: true
            suboptions:
              name:
                description: Name of the interface.
                type: str
                required: true
              mac:
                description: Permanent hardware address.
                type: str
                required: true
              port:
                description: Port of the switch at the other end of the cable, as C(switch/port).
                type: str
          mac:
            description: MAC address of the bond, that of the NIC which boots; the first member's
              if not given.
            type: str
          primary:
            description: Name of the member that is preferred in mode active-backup.
            type: str
          lacp_rate:
            description: How often the partner sends, every second or every 30 seconds; C(fast)
              if not given.
            type: str
            choices: [fast, slow]
          mtu:
            description: MTU in bytes; raised to the largest of the networks.
            type: int
      nics:
        description: The NICs of the host; needed without a bond.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the interface.
            type: str
            required: true
          mac:
            description: Permanent hardware address.
            type: str
            required: true
          port:
            description: Port of the switch at the other end of the cable, as C(switch/port).
            type: str
      mtu:
        description: MTU of the NIC that carries all networks, in bytes; raised to the largest
          of the networks.
        type: int
        default: 1500
      addresses:
        description: Networks of the host.
        type: list
        elements: dict
        default: []
        suboptions:
          network:
            description: Name of the network, as in C(peers).
            type: str
            required: true
          vlan:
            description: VLAN identifier; without it the network is untagged.
            type: int
          interface:
            description: Name of the interface; for readers only, since it follows from bond and
              VLAN.
            type: str
          address:
            description: Address with prefix length.
            type: str
            required: true
          mtu:
            description: MTU of the network in bytes.
            type: int
            default: 1500
          gateway:
            description: Default route, inside of the network.
            type: str
          routes:
            description: Further routes.
            type: list
            elements: dict
            default: []
            suboptions:
              to:
                description: The network, as CIDR.
                type: str
                required: true
              via:
                description: The router; without one, the destination is on the link itself.
                type: str
      bridges:
        description: Bridges above VLANs.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the bridge.
            type: str
            required: true
          vlan:
            description: VLAN identifier.
            type: int
            required: true
          mtu:
            description: MTU in bytes.
            type: int
            default: 1500
          address:
            description: Address with prefix length.
            type: str
      dns:
        description: Name resolution by systemd-resolved, which is left alone without servers.
        type: dict
        default: {}
        suboptions:
          servers:
            description: Addresses of name servers.
            type: list
            elements: str
            default: []
          search:
            description: Search domains.
            type: list
            elements: str
            default: []
      peers:
        description:
        - Addresses by network of which one must answer before a change is kept. The provisioner's
          should be among them, since it is always up. A network without peers is reported as
          unproven.
        type: dict
        default: {}
      confirm_timeout:
        description: Seconds after which the host rolls back a change that was not confirmed.
        type: int
        default: 180
"""
