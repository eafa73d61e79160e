#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: report_info
short_description: Read whether the last report still stands
version_added: 0.1.0
description:
  - Reads the C(report.json) that M(groundup.cloud.report) wrote. A run that finds nothing to change needs no new proofs
    where the last ones stand.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
extends_documentation_fragment:
  - groundup.cloud.attributes
options:
  directory:
    description: Where the report was written.
    type: path
    required: true
  cloud:
    description: Name of the cloud that it has to be of.
    type: str
    required: true
  hosts:
    description: Hosts that it has to have proved.
    type: list
    elements: str
    default: []
  days:
    description: Age in days at which a report no longer stands.
    type: float
    default: 7
"""

EXAMPLES = r"""
- name: Check the last report
  groundup.cloud.report_info:
    directory: build/report
    cloud: rack1
    hosts: "{{ ansible_play_hosts_all }}"
  register: last
"""

RETURN = r"""
stands:
  description: Whether there is a recent report of this cloud and all of these hosts in which no proof failed.
  type: bool
  returned: success
why_not:
  description: Why it doesn't stand, or an empty text.
  type: str
  returned: success
  sample: "build/report/report.json says: 45 proved, 3 failed"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.report.write import why_not_standing
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    "directory": {"type": "path", "required": True},
    "cloud": {"type": "str", "required": True},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "days": {"type": "float", "default": 7},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def check() -> Result:
        why_not = why_not_standing(*(module.params[name] for name in ("directory", "cloud", "hosts", "days")))
        return {"changed": False, "stands": not why_not, "why_not": why_not}

    run(module, check)


if __name__ == "__main__":
    main()
