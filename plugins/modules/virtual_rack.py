#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Raises and removes the virtual twin of a cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: virtual_rack
short_description: Create or remove the virtual twin of a cloud
version_added: 0.1.0
author: groundup.cloud founders (@groundup-cloud)
description:
  - Creates a rack from Open vSwitch, libvirt/QEMU machines and BMC emulators that is the twin of a model, and writes
    the twin's own model. Runs as root on the host of the rack.
  - Everything of a lab is in three network namespaces, one state and one run directory named after it, so that labs
    live side by side and the host's own switch and libvirt are untouched.
attributes:
  check_mode: {support: full, description: Says what would be done. The twin's model is written.}
  diff_mode: {support: none, description: There is no text to compare.}
extends_documentation_fragment:
  - groundup.cloud.virtual_rack
options:
  state:
    description: Whether the rack exists.
    type: str
    choices: [present, absent]
    default: present
  parts:
    description: What to create, in the order of the choices. A part needs those before it.
    type: list
    elements: str
    choices: [emulators, network, router, switches, hypervisor, machines, bmcs]
    default: [emulators, network, router, switches, hypervisor, machines, bmcs]
"""

EXAMPLES = r"""
- name: Create the twin of a rack
  groundup.cloud.virtual_rack:
    rack: {model: inventories/lab/cloud.yml}

- name: Remove the rack
  groundup.cloud.virtual_rack:
    rack: {name: rack}
    state: absent
"""

RETURN = r"""
name: {description: Name of the lab., type: str, returned: always, sample: rack}
cloud: {description: The twin's model., type: str, returned: state is present, sample: build/lab/rack/cloud.yml}
run: {description: Runs a command inside of the lab., type: str, returned: state is present, sample: lab/rack/run}
state_dir: {description: Where disks and keys are., type: str, returned: state is present, sample: /var/rack}
notes: {description: What the twin can't emulate., type: list, elements: str, returned: state is present, sample: []}
done: {description: What was created or removed., type: list, elements: str, returned: always, sample: []}
processes: {description: How many processes were ended., type: int, returned: state is absent, sample: 11}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.lab.run import raise_rack, remove_rack
from ..module_utils.shell import begin, run
from ..module_utils.specs.virtual_rack import CONFIG

PARTS = ["emulators", "network", "router", "switches", "hypervisor", "machines", "bmcs"]


def main() -> None:
    """Entry point."""
    module = begin(
        AnsibleModule,
        {
            "rack": CONFIG,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "parts": {"type": "list", "elements": "str", "choices": PARTS, "default": PARTS},
        },
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    if params["state"] == "absent":
        run(module, lambda: remove_rack(params["rack"], check))
    run(module, lambda: raise_rack(params["rack"], params["parts"], check))


if __name__ == "__main__":
    main()
