#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_snapshot
short_description: Make and remove snapshots of a virtual machine
version_added: 0.2.0
description:
  - Asks KubeVirt for a snapshot of a VM and its volumes, and waits until it can be restored.
  - KubeVirt leaves out volumes whose storage has no VolumeSnapshotClass. Here a volume with data that would be left out
    is an error with the reason, before anything is made, unless O(without_volumes) names it. Volumes without data of
    their own, as images and cloud-init, are never part of a snapshot.
  - A snapshot of a VM that runs is consistent for applications only where the guest agent runs; RV(indications) says
    which.
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
    description: Name of the snapshot.
    type: str
    required: true
  state:
    description: Whether the snapshot exists. With V(absent) its data is removed, unless its deletion policy is Retain.
    type: str
    choices: [present, absent]
    default: present
  vm:
    description: Name of the VM. Needed with O(state=present).
    type: str
  deletion_policy:
    description: Whether the data is removed with the snapshot; by default of KubeVirt it is.
    type: str
    choices: [Delete, Retain]
  failure_deadline:
    description: Seconds after which KubeVirt gives up; by default of KubeVirt 300.
    type: int
  without_volumes:
    description: Volumes with data that may be missing in the snapshot.
    type: list
    elements: str
    default: []
  wait:
    description: Whether to wait until it is done.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Make a snapshot before an upgrade
  groundup.cloud.vm_snapshot:
    namespace: shop
    name: db-before-17
    vm: db

- name: Make a snapshot of a VM one of whose disks is scratch space
  groundup.cloud.vm_snapshot:
    namespace: shop
    name: db-nightly
    vm: db
    without_volumes: [scratch]

- name: Remove it with its data
  groundup.cloud.vm_snapshot:
    namespace: shop
    name: db-before-17
    state: absent
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["create VirtualMachineSnapshot shop/db-before-17"]
ready:
  description: Whether it can be restored.
  returned: with state=present outside of check mode
  type: bool
  sample: true
created:
  description: When it was made.
  returned: with state=present outside of check mode
  type: str
  sample: "2026-11-29T10:00:00Z"
indications:
  description: How it was made, such as V(Online) with V(GuestAgent) or V(NoGuestAgent). Empty where the VM was off.
  returned: with state=present outside of check mode
  type: list
  elements: str
  sample: [GuestAgent, Online]
included_volumes:
  description: Volumes that are part of it.
  returned: with state=present outside of check mode
  type: list
  elements: str
  sample: [root]
excluded_volumes:
  description: Volumes that are not.
  returned: with state=present outside of check mode
  type: list
  elements: str
  sample: [cloudinit]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.vms.options import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.vms.snapshot import perform

SPEC = {
    **OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "vm": {"type": "str"},
    "deletion_policy": {"type": "str", "choices": ["Delete", "Retain"]},
    "failure_deadline": {"type": "int"},
    "without_volumes": {"type": "list", "elements": "str", "default": []},
    "wait": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True, required_if=[["state", "present", ["vm"]]])
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
