#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write proofs as JSON, HTML and JUnit
version_added: 0.1.0
description: Writes C(report.json), C(report.html) and C(report.xml) (JUnit) into a directory.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Writes nothing in check mode.
    support: full
options:
  directory:
    description: Where to write; it is created if it does not exist.
    type: path
    required: true
  cloud:
    description: Name of the cloud.
    type: str
    required: true
  started:
    description: When the proofs began, as Unix time in seconds. O(timings_file) may say that the run began before.
    type: float
    required: true
  proofs:
    description: Proofs, as the C(prove_*) modules return them.
    type: list
    elements: dict
    required: true
  hosts:
    description:
      - Hosts that the run was to prove, all or those of its limit. M(groundup.cloud.report_info) accepts it for
        these only.
    type: list
    elements: str
    default: []
  timings_file:
    description:
      - File in which the callback P(groundup.cloud.progress#callback) writes the stages of this run, if it runs. One
        that was written before O(started) is of another run and is ignored.
    type: path
  set_aside:
    description: Hosts that could not be reached or failed, with the reason; each becomes a proof that failed.
    type: dict
    default: {}
  doubles:
    description: Layers that were proved on a double, with its description for each proof.
    type: dict
    default: {}
  drawing:
    description: The rack to draw, as in the variable of the role P(groundup.cloud.drawing#role).
    type: dict
"""

EXAMPLES = r"""
- name: Write the report
  groundup.cloud.report:
    directory: build/report
    cloud: rack1
    started: 1795471200
    proofs: "{{ prove_result.proofs }}"
    hosts: "{{ ansible_play_hosts_all }}"
"""

RETURN = r"""
good:
  description: Whether something was proved, nothing failed and no host was set aside.
  type: bool
  returned: success
failing:
  description: Proofs that failed, as text.
  type: list
  elements: str
  returned: success
  sample: []
summary:
  description: Numbers of proofs by result.
  type: str
  returned: success
  sample: 31 proved
untried:
  description: Proofs that could not be tried, with the reason.
  type: list
  elements: str
  returned: success
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.report.write import write
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    "directory": {"type": "path", "required": True},
    "cloud": {"type": "str", "required": True},
    "started": {"type": "float", "required": True},
    "proofs": {"type": "list", "elements": "dict", "required": True},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "timings_file": {"type": "path"},
    "set_aside": {"type": "dict", "default": {}},
    "doubles": {"type": "dict", "default": {}},
    "drawing": {"type": "dict"},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def act() -> Result:
        report = write(module.params, dry=module.check_mode)
        for proof in report.warned:
            module.warn(f"{proof.name}: {proof.warning}")
        return {
            "changed": False,
            "good": report.good,
            "failing": [f"{proof.name}: {proof.evidence}" for proof in report.failed],
            "summary": report.summary,
            "untried": [f"{proof.name}: {proof.why_not_real}" for proof in report.untried],
        }

    run(module, act)


if __name__ == "__main__":
    main()
