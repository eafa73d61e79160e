#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: host_probe
short_description: Find which layers of a host differ from what is wanted, in one call
version_added: 0.1.0
description:
  - Compares the real state of several layers with the input of their roles and changes nothing, so that later plays run
    only where something differs.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Never changes anything.
    support: full
  diff_mode:
    description: Shows every file and setting that differs.
    support: full
options:
  layers:
    description: The layers to compare, by the name of their role, each with that role's input.
    type: dict
    required: true
  bare:
    description:
      - The host has no operating system yet and is not asked; say what would be done to it. Run it on the controller.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Find what differs
  groundup.cloud.host_probe:
    layers:
      host_network: "{{ host_network }}"
      host_base: "{{ host_base }}"
  register: probe

- name: Put the host in a group per layer that differs
  ansible.builtin.group_by:
    key: "differs_{{ item }}"
  loop: "{{ probe.differs }}"
"""

RETURN = r"""
differs:
  description: Layers that differ, in the order given.
  returned: success
  type: list
  elements: str
  sample: [host_base]
steps:
  description: What each layer would do; an error where it could not be read.
  returned: success
  type: dict
  sample: {"host_base": ["sysctl vm.swappiness"], "host_network": []}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import foresee, probe


def main() -> None:
    spec = {"layers": {"type": "dict", "required": True}, "bare": {"type": "bool", "default": False}}
    module = AnsibleModule(spec, supports_check_mode=True)
    try:
        if module.params["bare"]:
            module.exit_json(changed=True, differs=[], steps=foresee(module.params["layers"]))
        result = probe(module.params["layers"], module.warn)
    except HostError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
