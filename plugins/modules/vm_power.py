#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_power
short_description: Start, stop, restart, pause and unpause a virtual machine
version_added: 0.2.0
description:
  - Brings a VM of KubeVirt into a state, through KubeVirt's own actions, and waits for it. What is wanted of a VM with
    each C(runStrategy) is left to KubeVirt - a VM with C(Always) that is stopped becomes C(Halted), one with C(Manual)
    keeps its strategy.
  - A stop and a restart let the guest shut down. KubeVirt itself switches a guest off that has not done so within the
    C(terminationGracePeriodSeconds) of the VM, or within O(grace_period).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.kubernetes_access
  - groundup.cloud.virtual_machine
options:
  name:
    description: Name of the VM.
    type: str
    required: true
  state:
    description:
      - The wanted state. With V(restarted), a VM that runs is restarted each time, and one that does not run is
        started.
      - A paused VM counts as V(started).
    type: str
    choices: [started, stopped, restarted, paused, unpaused]
    required: true
  grace_period:
    description: Seconds that the guest has for its shutdown, with O(state=stopped).
    type: int
  force:
    description:
      - Consent to switch the VM off where its guest has not shut down within O(timeout). What it has not written is
        lost then. Without O(wait) it has no effect.
      - A restart is a stop and a start then, each within O(timeout), as KubeVirt forces no restart that goes on.
    type: bool
    default: false
  wait:
    description: Whether to wait until it is done.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Start a VM, and wait until it is ready
  groundup.cloud.vm_power:
    namespace: shop
    name: db
    state: started

- name: Stop it; its guest has ten minutes, then it is switched off
  groundup.cloud.vm_power:
    namespace: shop
    name: db
    state: stopped
    grace_period: 600
    timeout: 660

- name: Restart a VM whose guest may not answer any more
  groundup.cloud.vm_power:
    namespace: shop
    name: web
    state: restarted
    force: true
    timeout: 120
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["stop VirtualMachine shop/db"]
run_strategy:
  description: Its run strategy now.
  returned: where the VM exists
  type: str
  sample: Halted
phase:
  description: Phase of its instance now; empty where it does not run.
  returned: where the VM exists
  type: str
  sample: Running
node:
  description: The node on which it runs.
  returned: where the VM exists
  type: str
  sample: node1
paused:
  description: Whether it is paused.
  returned: where the VM exists
  type: bool
  sample: false
forced:
  description: Whether it had to be switched off.
  returned: where the VM exists
  type: bool
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.vms.options import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.vms.power import perform

SPEC = {
    **OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {
        "type": "str",
        "choices": ["started", "stopped", "restarted", "paused", "unpaused"],
        "required": True,
    },
    "grace_period": {"type": "int"},
    "force": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
