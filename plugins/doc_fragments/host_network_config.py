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
      backend: {description: ['What configures links on the host. It has to be what manages them
            already; the role installs neither, and moves no host from one to the other.', 'With
            C(networkmanager), cables are compared with LLDP neighbours from the second run on,
            switches hear nothing by LLDP, and C(primary) holds when the NICs have their names,
            which they get at the next boot.'], type: str, choices: [networkd, networkmanager],
        default: networkd}
      hostname: {description: Name of the host. Without it the name is not changed., type: str}
      fqdn: {description: 'Fully qualified domain name of the host, for C(/etc/hosts).', type: str}
      links:
        description:
        - What carries the networks, each a bond or a single NIC. Without C(links) there is one,
          of C(bond), C(nics) and C(mtu). A NIC in no link is left as it is.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Name of the link; needed for a bond. That of a single NIC is the
              NIC's., type: str}
          mtu: {description: MTU in bytes; raised to the largest of its networks. 1500 if not
              given., type: int}
          nic:
            description: The NIC of a link without a bond.
            type: dict
            suboptions:
              name: {description: Name of the interface., type: str, required: true}
              mac: {description: Permanent hardware address., type: str, required: true}
              port: {description: 'Port of the switch at the other end of the cable, as C(switch/port).',
                type: str}
          bond:
            description: The link aggregation.
            type: dict
            suboptions:
              mode: {description: 'Mode of the bond. C(balance-xor) needs a static aggregation
                  at the switch, C(balance-tlb) and C(balance-alb) none; these two change MAC
                  addresses and are refused below bridges.', type: str, choices: [802.3ad, active-backup,
                  balance-xor, balance-tlb, balance-alb], default: 802.3ad}
              members:
                description: The NICs of the bond, one or more.
                type: list
                elements: dict
                required: true
                suboptions:
                  name: {description: Name of the interface., type: str, required: true}
                  mac: {description: Permanent hardware address., type: str, required: true}
                  port: {description: 'Port of the switch at the other end of the cable, as C(switch/port).',
                    type: str}
              mac: {description: 'MAC address of the bond, that of the NIC which boots; the first
                  member''s if not given.', type: str}
              primary: {description: 'Name of the member that is preferred in the modes active-backup,
                  balance-tlb and balance-alb.', type: str}
              lacp_rate: {description: 'How often the partner sends, every second or every 30
                  seconds; C(fast) if not given.', type: str, choices: [fast, slow]}
              hash_policy: {description: 'By what of a packet its member is chosen, in the modes
                  802.3ad and balance-xor; C(layer3+4) if not given.', type: str, choices: [layer2,
                  layer2+3, layer3+4, encap2+3, encap3+4]}
      bond:
        description: The bond of the only link. Without it the first of C(nics) carries all networks.
        type: dict
        suboptions:
          name: {description: Name of the link; VLANs above it are called C(name.vlan)., type: str,
            default: bond0}
          mode: {description: 'Mode of the bond. C(balance-xor) needs a static aggregation at
              the switch, C(balance-tlb) and C(balance-alb) none; these two change MAC addresses
              and are refused below bridges.', type: str, choices: [802.3ad, active-backup, balance-xor,
              balance-tlb, balance-alb], default: 802.3ad}
          members:
            description: The NICs of the bond, one or more.
            type: list
            elements: dict
            required: true
            suboptions:
              name: {description: Name of the interface., type: str, required: true}
              mac: {description: Permanent hardware address., type: str, required: true}
              port: {description: 'Port of the switch at the other end of the cable, as C(switch/port).',
                type: str}
          mac: {description: 'MAC address of the bond, that of the NIC which boots; the first
              member''s if not given.', type: str}
          primary: {description: 'Name of the member that is preferred in the modes active-backup,
              balance-tlb and balance-alb.', type: str}
          lacp_rate: {description: 'How often the partner sends, every second or every 30 seconds;
              C(fast) if not given.', type: str, choices: [fast, slow]}
          hash_policy: {description: 'By what of a packet its member is chosen, in the modes 802.3ad
              and balance-xor; C(layer3+4) if not given.', type: str, choices: [layer2, layer2+3,
              layer3+4, encap2+3, encap3+4]}
          mtu: {description: MTU in bytes; raised to the largest of the networks., type: int}
      nics:
        description: The NICs of the host; needed without C(links) and C(bond).
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Name of the interface., type: str, required: true}
          mac: {description: Permanent hardware address., type: str, required: true}
          port: {description: 'Port of the switch at the other end of the cable, as C(switch/port).',
            type: str}
      mtu: {description: 'MTU of the only link, in bytes; raised to the largest of the networks.
          1500 if not given.', type: int}
      addresses:
        description: Networks of the host.
        type: list
        elements: dict
        default: []
        suboptions:
          network: {description: 'Name of the network, as in C(peers).', type: str, required: true}
          link: {description: Name of its link; the first one if not given., type: str}
          vlan: {description: VLAN identifier; without it the network is untagged., type: int}
          interface: {description: 'Name of the interface; for readers only, since it follows
              from link and VLAN.', type: str}
          address: {description: Address with prefix length., type: str, required: true}
          mtu: {description: MTU of the network in bytes., type: int, default: 1500}
          gateway: {description: 'Default route, inside of the network.', type: str}
          table: {description: ['Number of a route table of its own. Packets from the host''s
                address in this network use it, so that answers leave by the network they came
                by. The gateway is the default route of the table then, and not of the host.'],
            type: int, version_added: 0.2.0}
          routes:
            description: Further routes.
            type: list
            elements: dict
            default: []
            suboptions:
              to: {description: 'The network, as CIDR.', type: str, required: true}
              via: {description: 'The router; without one, the destination is on the link itself.',
                type: str}
      vlans:
        description:
        - VLANs without addresses for another program, such as an Open vSwitch that makes them
          ports of its own. Their interfaces, as C(bond0.101), are made with this MTU and left
          to that program. With C(networkd) only.
        type: list
        elements: dict
        default: []
        version_added: 0.2.0
        suboptions:
          link: {description: Name of the link that has the VLAN; the first one if not given.,
            type: str}
          vlan: {description: The VLAN., type: int, required: true}
          mtu: {description: MTU in bytes., type: int, default: 1500}
      bridges:
        description: Bridges above VLANs.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Name of the bridge., type: str, required: true}
          link: {description: Name of the link that has the VLAN; the first one if not given.,
            type: str}
          vlan: {description: VLAN identifier., type: int, required: true}
          mtu: {description: MTU in bytes., type: int, default: 1500}
          address: {description: Address with prefix length., type: str}
      dns:
        description: Name resolution by systemd-resolved, or by NetworkManager where that is the
          backend. It is left alone without servers.
        type: dict
        default: {}
        suboptions:
          servers: {description: Addresses of name servers., type: list, elements: str, default: []}
          search: {description: Search domains., type: list, elements: str, default: []}
      peers: {description: ['Addresses by network of which one must answer before a change is
            kept. The provisioner''s should be among them, since it is always up. A network without
            peers is reported as unproven.'], type: dict, default: {}}
      confirm_timeout: {description: Seconds after which the host rolls back a change that was
          not confirmed., type: int, default: 180}
"""
