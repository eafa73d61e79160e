#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_bmc
short_description: Prove that a machine's management controller is verified and the right one
version_added: 0.1.0
description: Logs in with verified TLS and compares the machine's identity with the model. Changes nothing.
author: groundup.cloud founders (@groundup-cloud)
requirements: [sushy >= 5.0]
attributes:
  check_mode:
    description: Reads only, so check mode makes no difference.
    support: full
options:
  machine:
    description: The machine, as in the variable of the role P(groundup.cloud.machine#role); it may have no C(bmc).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Prove the controller of this machine
  groundup.cloud.prove_bmc:
    machine: "{{ machine }}"
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


def main() -> None:
    module = AnsibleModule({"machine": {"type": "dict", "required": True}}, supports_check_mode=True)
    machine = module.params["machine"]
    if machine.get("bmc"):
        module.no_log_values.add(machine["bmc"]["password"])
    module.exit_json(changed=False, proofs=[proof.as_dict() for proof in bmc_proofs(machine)])


if __name__ == "__main__":
    main()
