#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: model_check
short_description: Fail if the inventory contains no cloud, and repeat the warnings about its model
version_added: 0.1.0
description:
  - The inventory plugin P(groundup.cloud.cloud#inventory) checks a model while it reads it. When an inventory can't be
    read, Ansible goes on without hosts, unless C(any_unparsed_is_failed) is set; this module ends such a run.
  - Changes nothing and reads no files.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Changes nothing, so check mode makes no difference.
    support: full
options:
  cloud:
    description: The variable C(groundup_cloud) that the inventory plugin sets; empty if there is none.
    type: dict
    default: {}
  warnings:
    description: The variable C(groundup_cloud_warnings) that the inventory plugin sets.
    type: list
    elements: str
    default: []
  strict:
    description: Whether warnings end the run as errors do.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Check the model
  groundup.cloud.model_check:
    cloud: "{{ groundup_cloud | default({}) }}"
    warnings: "{{ groundup_cloud_warnings | default([]) }}"
  delegate_to: localhost
"""

RETURN = r"""
name:
  description: Name of the cloud.
  type: str
  returned: success
  sample: rack1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.model.stop import reason
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    "cloud": {"type": "dict", "default": {}},
    "warnings": {"type": "list", "elements": "str", "default": []},
    "strict": {"type": "bool", "default": False},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    cloud, warnings = module.params["cloud"], module.params["warnings"]
    for warning in warnings:
        module.warn(warning)

    def check() -> Result:
        why = reason(cloud, warnings, module.params["strict"])
        return {"failed": True, "msg": why} if why else {"changed": False, "name": cloud["name"]}

    run(module, check)


if __name__ == "__main__":
    main()
