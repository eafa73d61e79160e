# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/drawing/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role drawing."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: What to draw.
    type: dict
    required: true
    suboptions:
      title:
        description: Name above the pictures.
        type: str
        required: true
      networks:
        description: Networks.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: Name of the network.
            type: str
            required: true
          vlans:
            description: VLAN identifier or range, as text.
            type: str
            required: true
          subnet:
            description: Subnet, as CIDR.
            type: str
          mtu:
            description: MTU in bytes.
            type: int
            required: true
          gateway:
            description: Address of the gateway.
            type: str
          native:
            description: Whether the network is untagged on ports of machines.
            type: bool
            default: false
      switches:
        description: Switches.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: Name.
            type: str
            required: true
          rack:
            description: Name of the rack.
            type: str
          unit:
            description: Lowest rack unit that it takes.
            type: int
          height:
            description: Height in rack units.
            type: int
            default: 1
          side:
            description: Side of its units, of a device of half the width.
            type: str
            choices: [left, right]
          note:
            description: Text below the name.
            type: str
          uplinks:
            description: Where ports lead that are no machine's, by port.
            type: dict
            default: {}
      machines:
        description: Machines.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: Name.
            type: str
            required: true
          rack:
            description: Name of the rack.
            type: str
          unit:
            description: Lowest rack unit that it takes.
            type: int
          height:
            description: Height in rack units.
            type: int
            default: 1
          side:
            description: Side of its units, of a device of half the width.
            type: str
            choices: [left, right]
          note:
            description: Text below the name.
            type: str
          cables:
            description: The C(switch) and C(port) at the other end of each cable, by NIC.
            type: dict
            default: {}
          bmc:
            description: The end of the cable of its management controller.
            type: dict
            suboptions:
              switch:
                description: Name of the switch.
                type: str
                required: true
              port:
                description: Port of the switch.
                type: str
                required: true
          addresses:
            description: Addresses by network.
            type: dict
            default: {}
          carries:
            description: Networks that reach the machine without an address in them.
            type: list
            elements: str
            default: []
      others:
        description: What has addresses besides the machines.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name.
            type: str
            required: true
          note:
            description: Text below the name.
            type: str
          addresses:
            description: Addresses by network.
            type: dict
            default: {}
      by_hand:
        description: Lines of a text for people who configure unmanaged switches and routers,
          written to C(by_hand.txt).
        type: list
        elements: str
        default: []
"""
