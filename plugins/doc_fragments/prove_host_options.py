# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/prove/meta/argument_specs.yml; change that file, not this one.
"""Options of modules that take the input of the role prove."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  bonds:
    description: The bonds of the machine.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the bond.
        type: str
        required: true
      members:
        description: Number of its members.
        type: int
        required: true
      mode:
        description: Mode of the bond.
        type: str
        default: 802.3ad
        choices: [802.3ad, active-backup, balance-xor, balance-tlb, balance-alb]
  networks:
    description: Networks of the machine.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The network.
        type: str
        required: true
      interface:
        description: The machine's interface in it.
        type: str
        required: true
      mtu:
        description: Its MTU in bytes.
        type: int
        required: true
      peers:
        description: Addresses that must answer.
        type: list
        elements: str
        default: []
  isolation:
    description: What the machine sends and receives on VLANs, for the proof that they are isolated.
    type: dict
    suboptions:
      links:
        description: The links of the machine, bonds or single NICs.
        type: list
        elements: dict
        required: true
        version_added: 0.2.0
        suboptions:
          interface:
            description: Interface that carries the VLANs.
            type: str
            required: true
          native:
            description: The VLAN that is untagged on it.
            type: int
          vlans:
            description: VLANs that the machine uses on it.
            type: list
            elements: int
            required: true
          carries:
            description: VLANs that its switch ports let through. By default those that the machine
              uses.
            type: list
            elements: int
          peers:
            description: Names of the machines that share a VLAN, by VLAN as text.
            type: dict
            required: true
      forbidden:
        description: A VLAN that no port of the rack carries.
        type: int
      separate:
        description:
        - Other machines of the rack share no network with this one, not even by way of others.
          Then the whole time is used.
        type: bool
        default: false
  blank_disks:
    description:
    - Disks that must be blank, by serial number, WWN or both, in any notation that C(lsblk) and
      C(/dev/disk/by-id) have. With both, both must be those of one disk.
    type: list
    elements: dict
    default: []
    suboptions:
      serial:
        description: Serial number of the disk.
        type: str
      wwn:
        description: World wide name of the disk.
        type: str
  root_mirror:
    description: Two disks that must be members of the array with the root file system, by serial
      number, WWN or both.
    type: list
    elements: dict
    default: []
    suboptions:
      serial:
        description: Serial number of the disk.
        type: str
      wwn:
        description: World wide name of the disk.
        type: str
  encrypted_disks:
    description: Disks of OSDs that must be encrypted, by serial number, WWN or both.
    type: list
    elements: dict
    default: []
    version_added: 0.2.0
    suboptions:
      serial:
        description: Serial number of the disk.
        type: str
      wwn:
        description: World wide name of the disk.
        type: str
  node:
    description: Whether the machine is a node of a Kubernetes cluster, whose certificates have
      to be valid for 30 days.
    type: bool
    default: false
  layers:
    description:
    - The layers of the host or of the cluster, each with its provider or null. Only proofs of
      these are carried out, and what the providers do not promise is reported as such. All proofs
      without it.
    type: dict
    default: {}
  known_as:
    description: Networks of pods that the provider C(custom) of the layer C(network) is.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
"""
