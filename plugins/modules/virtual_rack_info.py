#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what is missing of the virtual twin of a cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: virtual_rack_info
short_description: Read which parts of the virtual twin of a cloud are missing
version_added: 0.1.0
author: groundup.cloud founders (@groundup-cloud)
description:
  - Checks every part of a virtual rack and names what is missing. Changes nothing, except that the twin's model is
    written, from which everything else follows.
attributes:
  check_mode: {support: full, description: Reads only.}
  diff_mode: {support: none, description: There is nothing to compare.}
extends_documentation_fragment:
  - groundup.cloud.virtual_rack
"""

EXAMPLES = r"""
- name: Check the rack
  groundup.cloud.virtual_rack_info:
    rack: {model: inventories/lab/cloud.yml}
  register: look
"""

RETURN = r"""
name: {description: Name of the lab., type: str, returned: always, sample: rack}
cloud: {description: The twin's model., type: str, returned: always, sample: build/lab/rack/cloud.yml}
run: {description: Runs a command inside of the lab., type: str, returned: always, sample: lab/rack/run}
state_dir: {description: Where disks and keys are., type: str, returned: always, sample: /var/rack}
notes: {description: What the twin can't emulate., type: list, elements: str, returned: always, sample: []}
missing:
  description: What is missing, by part, in the order of creation. Complete parts are left out.
  type: dict
  returned: always
  sample: {bmcs: [redfish/node1]}
programs:
  description: Programs and firmware that aren't installed. Where one of them is missing, everything is.
  type: list
  elements: str
  returned: always
  sample: []
up: {description: Whether nothing is missing., type: bool, returned: always, sample: true}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.lab.run import look
from ..module_utils.shell import begin, run
from ..module_utils.specs.virtual_rack import CONFIG


def main() -> None:
    """Entry point."""
    module = begin(
        AnsibleModule,
        {"rack": CONFIG},
        supports_check_mode=True,
    )
    run(module, lambda: look(module.params["rack"]))


if __name__ == "__main__":
    main()
