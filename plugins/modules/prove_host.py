#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_host
short_description: Prove bonds, networks, isolation, clock and disks of a machine
version_added: 0.1.0
description:
  - LACP on every member of the bonds, peers at the exact MTU on every network, isolation of VLANs, the clock, that
    storage disks are blank, and on nodes of a cluster how long their certificates are valid. Changes nothing.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Reads only, so check mode makes no difference.
    support: full
options:
  host:
    description: Name of the machine, as it appears in the proofs.
    type: str
    required: true
  bonds:
    description: The bonds of the machine.
    type: list
    elements: dict
    default: []
    version_added: 0.2.0
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
        description: Name of the network.
        type: str
        required: true
      interface:
        description: The machine's interface in it.
        type: str
        required: true
      mtu:
        description: MTU in bytes.
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
            description: VLANs that its switch ports let through. By default those that the machine uses.
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
          - Other machines of the rack share no network with this one, not even by way of others. Then the whole time is
            used.
        type: bool
        default: false
  seconds:
    description:
      - For how many seconds the machine sends and listens for the proof of isolation at most.
      - It stops when all machines have heard each other.
    type: float
    default: 60
  blank_disks:
    description:
      - Disks that must be blank, by serial number, WWN or both, in any notation that C(lsblk) and C(/dev/disk/by-id)
        have. With both, both must be those of one disk.
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
    description: Two disks that must be members of the array with the root file system, named as O(blank_disks).
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
    description: Disks of OSDs that must be encrypted, named as O(blank_disks).
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
  layers:
    description: The layers of the machine, each with its provider or null. Only proofs that these owe are carried out.
    type: dict
    default: {}
  known_as:
    description: Networks of pods that the provider C(custom) of the layer C(network) is, by names of providers.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  node:
    description: The machine is a node of a Kubernetes cluster, whose certificates have to be valid for 30 days.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Prove the cluster network of this machine
  groundup.cloud.prove_host:
    host: "{{ inventory_hostname }}"
    networks:
      - {name: cluster, interface: bond0.30, mtu: 9000, peers: [10.30.0.22]}
"""

RETURN = r"""
proofs:
  description:
    - The proofs, each with C(name), C(layer), C(ok), C(seconds), C(evidence), C(real) and C(why_not_real).
    - That of a network has C(reach) too, with C(network), the own C(address), C(mtu) in bytes, and the addresses of
      peers that C(answered) at this size, were C(silent), or answered to a C(larger) packet.
  type: list
  elements: dict
  returned: success
  sample:
    - name: "node1: the clock is synchronised with the rack's time server"
      layer: host
      ok: true
      seconds: 0.1
      evidence: "+0.000012 s"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import host_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, given, run

STR = {"type": "str"}
DISKS = {"type": "list", "elements": "dict", "default": [], "options": {"serial": STR, "wwn": STR}}
NEEDED = {"type": "str", "required": True}
ADDRESSES = {"type": "list", "elements": "str", "default": []}
MODE = {
    "type": "str",
    "default": "802.3ad",
    "choices": ["802.3ad", "active-backup", "balance-xor", "balance-tlb", "balance-alb"],
}
BOND = {"name": NEEDED, "members": {"type": "int", "required": True}, "mode": MODE}
NETWORK = {"name": NEEDED, "interface": NEEDED, "mtu": {"type": "int", "required": True}, "peers": ADDRESSES}
VLANS = {"type": "list", "elements": "int"}
LINK = {
    "interface": NEEDED,
    "native": {"type": "int"},
    "vlans": {**VLANS, "required": True},
    "carries": VLANS,
    "peers": {"type": "dict", "required": True},
}
ISOLATION = {
    "links": {"type": "list", "elements": "dict", "required": True, "options": LINK},
    "forbidden": {"type": "int"},
    "separate": {"type": "bool", "default": False},
}
SPEC = {
    "host": NEEDED,
    "bonds": {"type": "list", "elements": "dict", "default": [], "options": BOND},
    "networks": {"type": "list", "elements": "dict", "default": [], "options": NETWORK},
    "isolation": {"type": "dict", "options": ISOLATION},
    "seconds": {"type": "float", "default": 60},
    "blank_disks": DISKS,
    "root_mirror": DISKS,
    "encrypted_disks": DISKS,
    "node": {"type": "bool", "default": False},
    "layers": {"type": "dict", "default": {}},
    "known_as": ADDRESSES,
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    params = {**given(module.params), "layers": module.params["layers"]}
    if "isolation" in params:
        params["isolation"]["seconds"] = params["seconds"]
    run(module, lambda: {"changed": False, "proofs": [proof.as_dict() for proof in host_proofs(params)]})


if __name__ == "__main__":
    main()
