#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_restore
short_description: Restore a virtual machine from a snapshot
version_added: 0.2.0
description:
  - Asks KubeVirt to restore a snapshot into its VM or into a new one, and waits until that is done.
  - The object of a restore records that it was made, so a second run with the same O(name) changes nothing. Use another
    name for each restore.
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
    description: Name of the restore.
    type: str
    required: true
  state:
    description: Whether the record of the restore exists. Its removal changes no VM.
    type: str
    choices: [present, absent]
    default: present
  vm:
    description: Name of the VM, which is made where it does not exist. Needed with O(state=present).
    type: str
  snapshot:
    description: Name of the snapshot. Needed with O(state=present).
    type: str
  overwrite:
    description: Consent to lose what an existing VM has written since the snapshot.
    type: bool
    default: false
  target_readiness_policy:
    description:
      - What is done where the VM runs. With V(FailImmediate) and V(WaitGracePeriod) it is refused; V(StopTarget) makes
        KubeVirt stop it; V(WaitEventually) waits until somebody does.
    type: str
    choices: [FailImmediate, StopTarget, WaitGracePeriod, WaitEventually]
    default: FailImmediate
  volume_restore_policy:
    description:
      - How restored volumes are named; V(InPlace) removes the volumes of the VM first and uses their names. By default
        of KubeVirt V(RandomizeNames).
    type: str
    choices: [RandomizeNames, InPlace, PrefixTargetName]
  volume_ownership_policy:
    description: Whether restored volumes are removed with the VM. By default of KubeVirt they are.
    type: str
    choices: [Vm, None]
  patches:
    description: JSON patches of a new VM, each as text.
    type: list
    elements: str
  wait:
    description: Whether to wait until it is done.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Stop the VM
  groundup.cloud.vm_power:
    namespace: shop
    name: db
    state: stopped

- name: Take it back to the state before the upgrade
  groundup.cloud.vm_restore:
    namespace: shop
    name: db-back-from-17
    vm: db
    snapshot: db-before-17
    overwrite: true

- name: Look into a snapshot with a second VM
  groundup.cloud.vm_restore:
    namespace: shop
    name: db-look
    vm: db-look
    snapshot: db-before-17
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["create VirtualMachineRestore shop/db-back-from-17"]
complete:
  description: Whether the restore is complete.
  returned: with state=present outside of check mode
  type: bool
  sample: true
restored_at:
  description: When it was completed.
  returned: with state=present outside of check mode
  type: str
  sample: "2026-11-29T10:05:00Z"
volumes:
  description: Restored volumes with C(name) and C(claim).
  returned: with state=present outside of check mode
  type: list
  elements: dict
  sample: [{name: root, claim: restore-5f1c-root}]
deleted_data_volumes:
  description: DataVolumes of the VM that were removed.
  returned: with state=present outside of check mode
  type: list
  elements: str
  sample: [db-root]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.vms.options import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.vms.restore import perform

SPEC = {
    **OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "vm": {"type": "str"},
    "snapshot": {"type": "str"},
    "overwrite": {"type": "bool", "default": False},
    "target_readiness_policy": {
        "type": "str",
        "choices": ["FailImmediate", "StopTarget", "WaitGracePeriod", "WaitEventually"],
        "default": "FailImmediate",
    },
    "volume_restore_policy": {"type": "str", "choices": ["RandomizeNames", "InPlace", "PrefixTargetName"]},
    "volume_ownership_policy": {"type": "str", "choices": ["Vm", "None"]},
    "patches": {"type": "list", "elements": "str"},
    "wait": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(
        AnsibleModule, SPEC, supports_check_mode=True, required_if=[["state", "present", ["vm", "snapshot"]]]
    )
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
