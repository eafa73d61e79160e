#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_host
short_description: Prove what a machine can prove about itself
version_added: 0.1.0
description:
  - LACP on every member of the bond, peers at the exact MTU on every network, isolation of VLANs, the clock, that
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
  bond:
    description: C(name), number of C(members) and C(mode) of the bond, if there is one.
    type: dict
  networks:
    description: Networks of the machine, each with C(name), C(interface), C(mtu) in bytes and C(peers), addresses.
    type: list
    elements: dict
    default: []
  isolation:
    description:
      - C(interface) that carries the VLANs; C(vlans) this machine may use, null for untagged; C(carries), those that
        its port lets through, the same if not given; C(forbidden), a VLAN that nobody may use, or null; C(peers), which
        machines share which VLAN.
    type: dict
  until:
    description: Unix time until which all machines send and listen for the proof of isolation.
    type: float
    default: 0
  blank_disks:
    description: Disks that must hold nothing, each by C(serial) or C(wwn).
    type: list
    elements: dict
    default: []
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
  description: The proofs, each with C(name), C(layer), C(ok), C(seconds), C(evidence), C(real) and C(why_not_real).
  type: list
  elements: dict
  returned: success
  sample: [{name: "node1: the clock follows the rack's", layer: host, ok: true, seconds: 0.1, evidence: "+0.000012 s"}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import host_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.shell import given, run

SPEC = {
    "host": {"type": "str", "required": True},
    "bond": {"type": "dict"},
    "networks": {"type": "list", "elements": "dict", "default": []},
    "isolation": {"type": "dict"},
    "until": {"type": "float", "default": 0},
    "blank_disks": {"type": "list", "elements": "dict", "default": []},
    "node": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(SPEC, supports_check_mode=True)
    params = given(module.params)
    if "isolation" in params:
        params["isolation"]["until"] = params["until"]
    run(module, lambda: {"changed": False, "proofs": [proof.as_dict() for proof in host_proofs(params)]})


if __name__ == "__main__":
    main()
