#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_bmc
short_description: Prove that a machine's management controller is verified and belongs to it
version_added: 0.1.0
description: Logs in with verified TLS and compares the machine's identity with the model. Changes nothing.
author: groundup.cloud founders (@groundup-cloud)
requirements: [requests >= 2.31]
extends_documentation_fragment:
  - groundup.cloud.prove_bmc_options
attributes:
  check_mode:
    description: Reads only, so check mode makes no difference.
    support: full
options:
  name:
    description: Name of the machine in the proofs.
    type: str
    required: true
  macs:
    description: MAC addresses of the machine's NICs.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Prove the management controller of node1
  groundup.cloud.prove_bmc:
    name: node1
    macs: ["52:54:00:00:01:01", "52:54:00:00:01:02"]
    identity: {serial: CZ1234}
    bmc:
      protocol: redfish
      address: 10.20.0.101
      username: admin
      password: "{{ vault_bmc }}"
      tls: {ca_file: /etc/ssl/certs/bmc.pem}
  delegate_to: provisioner
"""

RETURN = r"""
proofs:
  description: The proofs, as those of M(groundup.cloud.prove_host).
  type: list
  elements: dict
  returned: success
  sample: [{name: "node1: its BMC is reached with verified TLS", layer: bmc, ok: true, seconds: 0.3}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.prove.bmc import bmc_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.prove_bmc import BMC, IDENTITY

SPEC = {
    "name": {"type": "str", "required": True},
    "macs": {"type": "list", "elements": "str", "default": []},
    "identity": IDENTITY,
    "bmc": BMC,
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    machine = given(module.params)
    run(module, lambda: {"changed": False, "proofs": [proof.as_dict() for proof in bmc_proofs(machine)]})


if __name__ == "__main__":
    main()
