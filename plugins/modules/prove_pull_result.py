#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_pull_result
short_description: End a stream of pings, and prove that a bond went on without one of its links
version_added: 0.2.0
description: Runs on the machine that sends the stream of M(groundup.cloud.prove_stream) in the background.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says that the proof was not tried, since nothing is pulled in check mode.
    support: full
options:
  host:
    description: Name of the machine whose link was pulled, as it appears in the proof.
    type: str
    required: true
  bond:
    description: Name of its bond.
    type: str
    required: true
  token:
    description: Name of the stream.
    type: str
    required: true
  job:
    description: The C(results_file) that the task with M(groundup.cloud.prove_stream) registered.
    type: path
  pulled:
    description: RV(groundup.cloud.prove_pull#module:pulled); without it, nothing was pulled.
    type: dict
  limit:
    description:
      - Milliseconds within which pings have to be answered again. A partner that was silent is given up after three
        seconds by LACP with its fast rate.
    type: float
    default: 3000
  timeout:
    description: Seconds to wait for the stream to end.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: Prove that bond0 goes on
  groundup.cloud.prove_pull_result:
    host: node1
    bond: bond0
    token: node1-bond0-0
    job: "{{ job.results_file }}"
    pulled: "{{ result.pulled }}"
  delegate_to: node2
"""

RETURN = r"""
proofs:
  description: The proof, as those of M(groundup.cloud.prove_host).
  type: list
  elements: dict
  returned: success
  sample: [{name: "node1: bond0 goes on without eno1", layer: network, ok: true, seconds: 0.2, evidence: "12 of 1830"}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.prove.pull import result_proof
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {
    "host": {"type": "str", "required": True},
    "bond": {"type": "str", "required": True},
    "token": {"type": "str", "required": True, "no_log": False},
    "job": {"type": "path"},
    "pulled": {"type": "dict"},
    "limit": {"type": "float", "default": 3000},
    "timeout": {"type": "float", "default": 60},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: {"changed": False, "proofs": [result_proof(module.params, module.check_mode).as_dict()]})


if __name__ == "__main__":
    main()
