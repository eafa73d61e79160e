#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_fencing
short_description: Prove that the service which fences machines runs, knows them and looks
version_added: 0.2.0
description:
  - Reads, on the host of the service that M(groundup.cloud.fencing_service) installs, whether it runs, which machines
    it can switch off, and what its last look at all nodes decided. Waits for a look where the last one is too old, as
    after a start. Nothing is fenced.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: It only reads, so check mode returns the same.
    support: full
extends_documentation_fragment:
  - groundup.cloud.prove_fencing_options
"""

EXAMPLES = r"""
- name: Prove the service that fences machines
  groundup.cloud.prove_fencing:
    cloud: rack1
    state_dir: /var/lib/groundup/rack1
    machines: [node1, node2, node3]
    nodes: [node1, node2, node3]
"""

RETURN = r"""
proofs:
  description: The proofs, as those of M(groundup.cloud.prove_host).
  type: list
  elements: dict
  returned: success
  sample: [{name: "the service that fences machines runs", layer: fencing, ok: true, seconds: 0.1}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.prove.fencing import fencing_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.prove_fencing import FENCING


def main() -> None:
    module = begin(AnsibleModule, FENCING, supports_check_mode=True)

    def act() -> Result:
        return {"changed": False, "proofs": [proof.as_dict() for proof in fencing_proofs(module.params)]}

    run(module, act)


if __name__ == "__main__":
    main()
