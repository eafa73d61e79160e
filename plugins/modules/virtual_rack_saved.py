#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: virtual_rack_saved
short_description: Save a virtual rack as it runs, or bring a saved one back
version_added: 0.1.0
description:
  - Saves the memory and the disks of all machines and all of the lab's state, or loads them. A loaded rack continues
    where it was saved, after its services were started and the clocks of its machines were set.
  - A saved rack is refused if it was made from another model, collection, bundle or version of QEMU.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says that it would be saved or loaded, and does neither.
    support: full
  diff_mode:
    description: There is no text to compare.
    support: none
extends_documentation_fragment:
  - groundup.cloud.virtual_rack
options:
  state:
    description:
      - V(saved) stores a rack that runs, in the place of the one that was saved before, and brings it back.
      - V(loaded) brings back the saved rack; there must be none of its name.
    type: str
    choices: [saved, loaded]
    required: true
  stale:
    description: Consent to load a rack that was made from something else than what is there now.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Save the rack
  groundup.cloud.virtual_rack_saved:
    rack: {model: inventories/lab/cloud.yml}
    state: saved
"""

RETURN = r"""
name: {description: Name of the lab., type: str, returned: always, sample: rack}
saved: {description: Directory of the saved rack., type: str, returned: always, sample: /var/cache/racks/rack}
done: {description: What was saved or loaded., type: list, elements: str, returned: always, sample: [saved node1]}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.lab.run import load_rack, save_rack
from ..module_utils.shell import begin, run
from ..module_utils.specs.virtual_rack import CONFIG


def main() -> None:
    module = begin(
        AnsibleModule,
        {
            "rack": CONFIG,
            "state": {"type": "str", "choices": ["saved", "loaded"], "required": True},
            "stale": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    if params["state"] == "saved":
        run(module, lambda: save_rack(params["rack"], check))
    run(module, lambda: load_rack(params["rack"], params["stale"], check))


if __name__ == "__main__":
    main()
