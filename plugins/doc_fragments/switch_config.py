# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/switch/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role switch."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The switch.
    type: dict
    required: true
    suboptions:
      name: {description: 'Name of the switch; with Open vSwitch, of the bridge.', type: str,
        required: true}
      platform: {description: 'Platform of the switch, which chooses the driver; C(unmanaged)
          for one that people configure.', type: str, choices: [eos, junos, nvue, nxos, openvswitch,
          sonic, unmanaged], required: true}
      connection:
        description: How to reach it; of an unmanaged switch nothing is used.
        type: dict
        required: true
        suboptions:
          database: {description: 'OVSDB connection method, such as C(unix:/run/openvswitch/db.sock);
              Open vSwitch needs it.', type: str}
          control: {description: 'Control socket of ovs-vswitchd. By default C(vswitchd.ctl) beside
              a C(unix:) database.', type: str}
          address: {description: 'Management address, for platforms that have one.', type: str}
          username: {description: 'Account, for platforms that have one.', type: str}
          password: {description: Password of the account., type: str}
          port: {description: 'TCP port of the management interface, by default that of its protocol.',
            type: int}
          ssh:
            description: How a switch that is reached by ssh is known, and how one logs in.
            type: dict
            suboptions:
              host_key: {description: 'Its public host key, a line of a .pub file; by default
                  known_hosts is asked.', type: str}
              key_file: {description: 'Private key of the account; without it and a password,
                  the agent is asked.', type: path}
          tls:
            description: How the certificate of the switch is verified.
            type: dict
            suboptions:
              ca_file: {description: File of the certificate authorities to trust., type: path}
              fingerprint: {description: SHA-256 of the one certificate to accept., type: str}
      mtu: {description: 'Largest MTU that the switch carries, in bytes.', type: int, default: 9216}
      mlag_peer: {description: 'Name of the other switch of an MLAG pair, if this is one of a
          pair.', type: str}
      mlag:
        description: The MLAG domain (vPC, MCLAG) and its peer link. Without it, they are left
          as they are. With C(junos) and C(openvswitch) it is refused.
        type: dict
        suboptions:
          domain: {description: 'Number of the domain, the same on both switches.', type: int,
            required: true}
          peer_link: {description: Ports of the link to the other switch., type: list, elements: str,
            required: true}
          vlan: {description: VLAN of the switches' own traffic on the peer link., type: int,
            default: 4094}
          address: {description: 'Address of this switch in that VLAN, with the length of its
              prefix.', type: str, required: true}
          peer_address: {description: Address of the other switch there., type: str, required: true}
          mtu: {description: MTU of the peer link in bytes., type: int, default: 9216}
          keepalive:
            description: The way to the other switch besides the peer link; C(nxos) and C(nvue)
              need it.
            type: dict
            suboptions:
              destination: {description: Address of the other switch., type: str, required: true}
              source: {description: Address of this switch., type: str}
              vrf: {description: VRF of both., type: str}
      bgp:
        description:
        - BGP neighbours in the default VRF. The interface with the switch's address and its routing
          have to be there; a BGP process is made if there is none. Not with C(openvswitch) and
          C(sonic).
        type: dict
        suboptions:
          as_number: {description: AS number of the switch. A process that has another is refused.,
            type: int, required: true}
          router_id: {description: Router identifier of a process that is made; that of an existing
              one stays., type: str, required: true}
          groups:
            description:
            - Groups of neighbours. What is configured has their name with C(gu-) before it. A
              member that is not named is removed; other neighbours and groups stay.
            type: list
            elements: dict
            default: []
            suboptions:
              name: {description: Name of the group., type: str, required: true}
              address: {description: The switch's address of the sessions; an interface has it.,
                type: str, required: true}
              as_number: {description: AS number of the neighbours., type: int, required: true}
              password: {description: 'Password of the sessions (TCP MD5, RFC 2385).', type: str}
              bfd:
                description: Bidirectional Forwarding Detection over one hop (RFC 5881), without
                  echo packets, by which a session ends soon after its neighbour is gone. C(nvue)
                  since 5.15 needs it switched on already.
                type: dict
                suboptions:
                  interval: {description: 'Milliseconds between two packets, in both directions,
                      50 to 60000. C(nxos) takes up to 999.', type: int, required: true}
                  multiplier: {description: 'The session ends after so many packets that did not
                      arrive, 3 to 50.', type: int, required: true}
              neighbors:
                description: The machines.
                type: list
                elements: dict
                required: true
                suboptions:
                  address: {description: 'Address at which its sessions begin, in a subnet of
                      the switch.', type: str, required: true}
                  name: {description: 'Its name, which is the description of the neighbour.',
                    type: str, required: true}
              take: {description: 'IPv4 subnets inside which routes are taken from them, with
                  prefixes up to /32.', type: list, elements: str, required: true}
              announce: {description: 'IPv4 subnets inside which they get routes, with prefixes
                  up to /32. By default none.', type: list, elements: str, default: []}
              pass_on: {description: 'Whether they get each other''s routes, with neighbours of
                  another AS although it is in the path, with those of the own AS by route reflection.',
                type: bool, default: false}
              most_routes: {description: 'Routes that a neighbour may announce; with more of them,
                  its session is closed.', type: int, default: 12000}
      vlans:
        description: VLANs that the switch has to know.
        type: list
        elements: dict
        default: []
        suboptions:
          id: {description: 'VLAN identifier, 1 to 4094.', type: int, required: true}
          name: {description: Its name on the switch., type: str, required: true}
      ports:
        description: Ports that are not members of a link aggregation.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: 'The port, as the switch calls it.', type: str, required: true}
          description: {description: What is at the other end., type: str, default: ''}
          mode: {description: 'One VLAN untagged, several tagged, or none and addresses instead.',
            type: str, choices: [access, trunk, routed], required: true}
          addresses: {description: 'Addresses of the switch on a routed port: a C(/31) of IPv4,
              a C(/127) of IPv6, or both. Open vSwitch has none.', type: list, elements: str,
            default: []}
          native: {description: The VLAN that is untagged., type: int}
          vlans: {description: VLANs that may pass., type: list, elements: int, default: []}
          mtu: {description: MTU in bytes., type: int, required: true}
          edge: {description: 'Whether a machine is at the other end and no switch. The port forwards
              at once, and the switch shuts it if a BPDU arrives.', type: bool, default: false}
      lags:
        description: Link aggregations (IEEE 802.1AX).
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Name of the aggregation., type: str, required: true}
          description: {description: What is at the other end., type: str, default: ''}
          members: {description: Member ports., type: list, elements: str, required: true}
          native: {description: The VLAN that is untagged., type: int}
          vlans: {description: VLANs that may pass., type: list, elements: int, default: []}
          mtu: {description: MTU in bytes., type: int, required: true}
          edge: {description: 'Whether a machine is at the other end and no switch. The port forwards
              at once, and the switch shuts it if a BPDU arrives.', type: bool, default: false}
          lacp:
            description: How the aggregation is negotiated (IEEE 802.1AX, LACP).
            type: dict
            default: {}
            suboptions:
              mode: {description: 'Whether the switch begins the negotiation. C(on) is an aggregation
                  without LACP (static): each member forwards at all times, so there is no fallback.
                  Not with C(sonic).', type: str, choices: [active, passive, 'on'], default: active}
              rate: {description: 'How often the partner sends, every second or every 30 seconds.',
                type: str, choices: [fast, slow], default: fast}
              fallback: {description: 'Whether one member forwards while the partner is silent,
                  which network boot needs.', type: bool, default: true}
              fallback_port: {description: The member that forwards while the partner is silent.
                  By default the first., type: str}
          mlag: {description: Identifier shared with the other switch of an MLAG pair., type: int}
      cabling:
        description:
        - The cables of the model. A machine whose address is seen on another port is reported,
          and its ports are not changed.
        type: list
        elements: dict
        default: []
        suboptions:
          port: {description: The port of this switch., type: str, required: true}
          machine: {description: The machine at the other end., type: str, required: true}
          nic: {description: Its network interface., type: str, required: true}
          mac: {description: That interface's hardware address., type: str, required: true}
          address: {description: 'The machine''s management address, if it is on the link of this
              interface.', type: str}
      confirm:
        description: What has to hold after a change, or the change is rolled back.
        type: dict
        default: {}
        suboptions:
          peers: {description: Addresses that must answer after a change if they answered before.,
            type: list, elements: str, default: []}
          timeout: {description: Seconds after which the switch rolls back a change that was not
              confirmed., type: int, default: 120}
"""
