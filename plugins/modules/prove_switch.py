#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_switch
short_description: Prove the configuration, the LACP partners and the BGP sessions of a switch
version_added: 0.1.0
description:
  - Compares the running configuration with the wanted one and LACP partners with the cabling, and looks whether BGP
    sessions are established. Changes nothing.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Reads only, so check mode makes no difference.
    support: full
extends_documentation_fragment:
  - groundup.cloud.switch_config
"""

EXAMPLES = r"""
- name: Prove leaf1
  groundup.cloud.prove_switch:
    config: "{{ switch }}"
"""

RETURN = r"""
proofs:
  description: The proofs, as those of M(groundup.cloud.prove_host).
  type: list
  elements: dict
  returned: success
  sample: [{name: "leaf1: runs what the model says", layer: switch, ok: true, seconds: 0.1, evidence: "6 ports"}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.prove.switches import switch_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.switch import CONFIG


def main() -> None:
    module = begin(AnsibleModule, {"config": CONFIG}, supports_check_mode=True)
    config = given(module.params["config"])
    run(module, lambda: {"changed": False, "proofs": [proof.as_dict() for proof in switch_proofs(config)]})


if __name__ == "__main__":
    main()
