#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_clone
short_description: Clone a virtual machine, or make one of a snapshot
version_added: 0.2.0
description:
  - Asks KubeVirt for a clone and waits until the new VM exists with its volumes. It does not run then.
  - The object that asks for the clone has the name of the new VM, so a second run changes nothing.
  - A volume that no snapshot can have would be missing in the clone, so it is refused with the reason.
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
    description: Name of the new VM.
    type: str
    required: true
  vm:
    description: The VM that is cloned.
    type: str
  snapshot:
    description: The snapshot of which the VM is made, instead of O(vm).
    type: str
  label_filters:
    description: Labels that are copied, as in C(*) and C(!tier).
    type: list
    elements: str
  annotation_filters:
    description: Annotations that are copied.
    type: list
    elements: str
  new_mac_addresses:
    description: MAC addresses by network interface. All others are new by themselves.
    type: dict
  new_smbios_serial:
    description: The serial number that the guest sees, by default a new one.
    type: str
  patches:
    description: JSON patches of the new VM, each as text.
    type: list
    elements: str
  volume_name_policy:
    description: How new volumes are named, by default of KubeVirt V(RandomizeNames).
    type: str
    choices: [RandomizeNames, PrefixTargetName]
  wait:
    description: Whether to wait until it is done.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Clone a VM for a test, and start the clone
  groundup.cloud.vm_clone:
    namespace: shop
    name: db-test
    vm: db

- name: Start it
  groundup.cloud.vm_power:
    namespace: shop
    name: db-test
    state: started

- name: Make a VM of a snapshot, with a MAC address of its own
  groundup.cloud.vm_clone:
    namespace: shop
    name: db-look
    snapshot: db-before-17
    new_mac_addresses: {default: "02:00:00:00:00:17"}
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["create VirtualMachineClone shop/db-test"]
phase:
  description: Phase of the clone.
  returned: outside of check mode
  type: str
  sample: Succeeded
vm:
  description: The new VM.
  returned: outside of check mode
  type: str
  sample: db-test
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.vms.clone import perform
from ansible_collections.groundup.cloud.plugins.module_utils.vms.options import OPTIONS

NAMES = {"type": "list", "elements": "str"}
SPEC = {
    **OPTIONS,
    "name": {"type": "str", "required": True},
    "vm": {"type": "str"},
    "snapshot": {"type": "str"},
    "label_filters": NAMES,
    "annotation_filters": NAMES,
    "new_mac_addresses": {"type": "dict"},
    "new_smbios_serial": {"type": "str"},
    "patches": NAMES,
    "volume_name_policy": {"type": "str", "choices": ["RandomizeNames", "PrefixTargetName"]},
    "wait": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(
        AnsibleModule,
        SPEC,
        supports_check_mode=True,
        mutually_exclusive=[["vm", "snapshot"]],
        required_one_of=[["vm", "snapshot"]],
    )
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
