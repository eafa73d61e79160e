#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: draw
short_description: Draw racks, cables and networks as SVG
version_added: 0.1.0
description:
  - Writes C(racks.svg) and C(networks.svg) into a directory; the same input gives the same lines.
  - Where people have to configure switches or routers by hand, it writes C(by_hand.txt) with what to configure as well.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says whether the pictures would change.
    support: full
extends_documentation_fragment:
  - groundup.cloud.drawing_config
options:
  directory:
    description: Where to write; it is created if it does not exist.
    type: path
    required: true
  only:
    description:
      - Names of machines and switches to draw; the switches at the other ends of their cables are drawn as well.
      - If it names no machine and no switch, all are drawn.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Draw the rack
  groundup.cloud.draw:
    directory: build/drawing
    config: "{{ drawing_config }}"
"""

RETURN = r"""
files:
  description: What was written.
  type: list
  elements: str
  returned: success
  sample: [build/drawing/racks.svg, build/drawing/networks.svg]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.draw.write import write
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked
from ansible_collections.groundup.cloud.plugins.module_utils.specs.drawing import CONFIG

SPEC = {
    "directory": {"type": "path", "required": True},
    "config": CONFIG,
    "only": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def act() -> Result:
        drawing = checked("drawing", CONFIG, given(module.params["config"]))
        directory, only = module.params["directory"], module.params["only"]
        changed, files = write(directory, drawing, only, dry=module.check_mode)
        return {"changed": changed, "files": files}

    run(module, act)


if __name__ == "__main__":
    main()
