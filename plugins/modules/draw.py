#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: draw
short_description: Draw racks, cables and networks as SVG
version_added: 0.1.0
description: Writes C(racks.svg) and C(networks.svg) into a directory; the same input gives the same lines.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says whether the pictures would change.
    support: full
options:
  directory:
    description: Where to write; it is made if it is not there.
    type: path
    required: true
  drawing:
    description: What to draw, as in the variable of the role P(groundup.cloud.drawing#role).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Draw the rack
  groundup.cloud.draw:
    directory: build/drawing
    drawing: "{{ drawing }}"
"""

RETURN = r"""
files:
  description: The pictures.
  type: list
  elements: str
  returned: success
  sample: [build/drawing/racks.svg, build/drawing/networks.svg]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.draw.write import write


def main() -> None:
    spec = {"directory": {"type": "path", "required": True}, "drawing": {"type": "dict", "required": True}}
    module = AnsibleModule(spec, supports_check_mode=True)
    directory = module.params["directory"]
    try:
        changed, files = write(directory, module.params["drawing"], dry=module.check_mode)
    except OSError as error:
        module.fail_json(msg=f"{directory}: {error.strerror}; choose a directory that can be written")
    module.exit_json(changed=changed, files=files)


if __name__ == "__main__":
    main()
