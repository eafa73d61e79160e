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
extends_documentation_fragment:
  - groundup.cloud.prove_host_options
options:
  host:
    description: Name of the machine, as it appears in the proofs.
    type: str
    required: true
  seconds:
    description:
      - For how many seconds the machine sends and listens for the proof of isolation at most.
      - It stops when all machines have heard each other.
    type: float
    default: 60
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
from ansible_collections.groundup.cloud.plugins.module_utils.specs.prove_host import HOST

SPEC = {
    "host": {"type": "str", "required": True},
    "seconds": {"type": "float", "default": 60},
    **HOST,
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    params = {**given(module.params), "layers": module.params["layers"]}
    if "isolation" in params:
        params["isolation"]["seconds"] = params["seconds"]
    run(module, lambda: {"changed": False, "proofs": [proof.as_dict() for proof in host_proofs(params)]})


if __name__ == "__main__":
    main()
