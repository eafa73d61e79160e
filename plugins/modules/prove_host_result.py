#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_host_result
short_description: Wait for proofs that run in the background of a machine
version_added: 0.1.0
description:
  - Waits until M(groundup.cloud.prove_host), which was started with C(async), has ended, and returns its result.
  - Waits on the machine. A task with C(until) would start a Python there for each look, and print each as a failure.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Only reads, so check mode makes no difference.
    support: full
options:
  file:
    description: The C(results_file) that the task with C(async) registered.
    type: path
    required: true
  timeout:
    description: Seconds after which it fails.
    type: float
    default: 1800
"""

EXAMPLES = r"""
- name: Start the proofs
  groundup.cloud.prove_host:
    host: node1
  async: 1800
  poll: 0
  register: job

- name: Wait for the proofs
  groundup.cloud.prove_host_result:
    file: "{{ job.results_file }}"
"""

RETURN = r"""
proofs:
  description: The proofs, as M(groundup.cloud.prove_host) returns them.
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.prove.job import result_of
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {"file": {"type": "path", "required": True}, "timeout": {"type": "float", "default": 1800}}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: {"changed": False, **result_of(module.params["file"], module.params["timeout"])})


if __name__ == "__main__":
    main()
