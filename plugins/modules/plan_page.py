#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: plan_page
short_description: Show a plan of all layers on one page, and write it as JSON and HTML
version_added: 0.1.0
description:
  - Prints what would be done as one page, layer by layer, hosts with the same steps together, and writes C(plan.json)
    and C(plan.html) into a directory. C(plan.html) needs no other file.
  - The page is printed by the action plugin of this module, so it needs no callback.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Does the same in check mode, since a plan is made in check mode.
    support: full
options:
  cloud:
    description: Name of the cloud.
    type: str
    required: true
  entries:
    description: What would be done, in the page's order, as the filter P(groundup.cloud.planned#filter) returns it.
    type: list
    elements: dict
    required: true
    suboptions:
      layer:
        description: Name of the layer.
        type: str
        required: true
      host:
        description: Inventory name of the host.
        type: str
        required: true
      steps:
        description: What would be done.
        type: list
        elements: str
        default: []
      why:
        description: Why that is not known in full; empty if it is.
        type: str
        default: ""
      by_hand:
        description: Lines of a table of what people have to configure.
        type: list
        elements: str
        default: []
        version_added: 0.2.0
  directory:
    description: Where to write C(plan.json) and C(plan.html); without it no file is written.
    type: path
"""

EXAMPLES = r"""
- name: Show the plan
  groundup.cloud.plan_page:
    cloud: rack1
    entries: "{{ hostvars | groundup.cloud.planned(ansible_play_hosts_all) }}"
    directory: build/plan
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
text:
  description: The page as text.
  type: str
  returned: success
total:
  description: Its last line.
  type: str
  returned: success
  sample: 38 changes on 3 hosts; 1 host as the model says
complete:
  description: Whether what would be done is known for all layers and hosts.
  type: bool
  returned: success
files:
  description: Files that were written.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.report.plan_page import write
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

ENTRY = {
    "layer": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "steps": {"type": "list", "elements": "str", "default": []},
    "why": {"type": "str", "default": ""},
    "by_hand": {"type": "list", "elements": "str", "default": []},
}
SPEC = {
    "cloud": {"type": "str", "required": True},
    "entries": {"type": "list", "elements": "dict", "required": True, "options": ENTRY},
    "directory": {"type": "path"},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: write(module.params))


if __name__ == "__main__":
    main()
