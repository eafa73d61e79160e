#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: node_fence_pause
short_description: Pause the fencing of nodes, while machines are restarted on purpose
version_added: 0.2.0
description:
  - While the pause lasts, M(groundup.cloud.node_fence) fences only nodes that are named in its
    O(groundup.cloud.node_fence#module:consent) or O(groundup.cloud.node_fence#module:confirmed_off).
  - The pause is a Lease in C(kube-system). It ends by itself, so that a run that dies leaves nothing behind.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.kubernetes_access
options:
  state:
    description: Whether fencing is paused. A pause of somebody else is an error in both cases, and never changed.
    type: str
    choices: [present, absent]
    default: present
  by:
    description: Who pauses it. By default the account and the host of this module.
    type: str
  seconds:
    description: For how long. A pause of one's own is renewed once half of that is over.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: Restart machines one after another
  hosts: machines
  serial: 1
  tasks:
    - name: Pause the fencing of nodes
      groundup.cloud.node_fence_pause:
        by: restart of all machines
        seconds: 1800
      delegate_to: localhost

    - name: Restart
      ansible.builtin.reboot:

- name: Let nodes be fenced again
  hosts: localhost
  tasks:
    - name: End the pause
      groundup.cloud.node_fence_pause:
        by: restart of all machines
        state: absent
"""

RETURN = r"""
steps:
  description: What was done, or would be done in check mode.
  type: list
  elements: str
  returned: success
  sample: [pause fencing for 1800 s]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.perform import pause
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {
    **OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "by": {"type": "str"},
    "seconds": {"type": "int", "default": 3600},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: pause(module.params, module.check_mode))


if __name__ == "__main__":
    main()
