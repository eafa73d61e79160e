#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_info
short_description: Show virtual machines with their addresses, nodes, conditions and volumes
version_added: 0.2.0
description:
  - Shows VMs of KubeVirt in one shape, from VirtualMachines and their VirtualMachineInstances - addresses by network
    interface, node, phase, conditions, volumes, and why one can't be migrated or a volume can't be in a snapshot.
  - VirtualMachineInstances that no VirtualMachine has made are among them.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Reads as always.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.kubernetes_access
options:
  name:
    description: Name of a VM; by default all.
    type: str
  namespace:
    description: Its namespace; by default all.
    type: str
  label_selectors:
    description: Labels that VMs have to have, as in C(app=web) and C(tier in (front, back)).
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds for everything.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Ask for one VM
  groundup.cloud.vm_info:
    namespace: shop
    name: db
  register: found

- name: Show its first address
  ansible.builtin.debug:
    msg: "{{ found.virtual_machines[0].interfaces[0].addresses[0] }}"

- name: Name VMs that a drain could not move
  ansible.builtin.debug:
    msg: "{{ item.namespace }}/{{ item.name }}: {{ item.not_migratable }}"
  loop: "{{ found.virtual_machines | rejectattr('migratable') }}"
"""

RETURN = r"""
virtual_machines:
  description: The VMs, by namespace and name.
  returned: success
  type: list
  elements: dict
  contains:
    namespace:
      description: Its namespace.
      type: str
    name:
      description: Its name.
      type: str
    kind:
      description: C(VirtualMachine), or C(VirtualMachineInstance) for one that none has made.
      type: str
    run_strategy:
      description: The run strategy of the VirtualMachine.
      type: str
    status:
      description: What C(kubectl get vm) shows, as V(Running) or V(ErrorUnschedulable).
      type: str
    phase:
      description: Phase of the instance; empty where it does not run.
      type: str
    ready:
      description: Whether the instance is ready.
      type: bool
    paused:
      description: Whether it is paused.
      type: bool
    node:
      description: The node on which it runs.
      type: str
    interfaces:
      description:
        - Network interfaces with C(name), C(network) (V(pod) or a NetworkAttachmentDefinition), C(mac), C(guest_name)
          and C(addresses).
      type: list
      elements: dict
    conditions:
      description: Conditions with C(type), C(status), C(reason), C(message) and C(since).
      type: list
      elements: dict
    migratable:
      description: Whether it can be migrated now.
      type: bool
    not_migratable:
      description: Why it can't be; empty where it can.
      type: str
    eviction_strategy:
      description: What an eviction does with it, by its own or the cluster's setting.
      type: str
    instancetype:
      description: Name of its instance type.
      type: str
    preference:
      description: Name of its preference.
      type: str
    volumes:
      description:
        - Volumes with C(name), C(type), C(source) (a claim, a DataVolume or an image), C(target) in the guest, and
          whether a C(snapshot) can have it, or else C(no_snapshot), the reason.
      type: list
      elements: dict
    guest:
      description: Operating system, as the guest agent reports it.
      type: str
    console:
      description: Path of its serial console at the API server; empty where it does not run.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.vms.info import perform

SPEC = {
    **OPTIONS,
    "name": {"type": "str"},
    "namespace": {"type": "str"},
    "label_selectors": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 60},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params))


if __name__ == "__main__":
    main()
