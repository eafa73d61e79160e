#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_network
short_description: Attach a network interface to a virtual machine, or detach it, while it runs
version_added: 0.2.0
description:
  - Gives a VM an interface on a further network, which is a NetworkAttachmentDefinition of Multus, or takes it away.
    The interface is bound by a bridge, so the guest is in the network as a machine of its own.
  - The VM may run. Its pod is changed where the dynamic networks controller of Multus is there; otherwise KubeVirt
    migrates the VM, and it has the interface afterwards. Where neither is possible, nothing is changed, and the reason
    is told. A stopped VM has the interface when it starts.
  - It waits until the guest has the interface, or it has gone. If that does not happen in time, the error has
    conditions, events and what holds the migration.
  - A migration of the VM that goes on already is waited for before anything is changed.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Does not look for the NetworkAttachmentDefinition, which may be made in the same play.
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
  attachment:
    description:
      - Name of the NetworkAttachmentDefinition, in the namespace of the VM, or of another one as V(NAMESPACE/NAME).
        Required with O(state=present).
    type: str
  interface:
    description: Name of the interface in the VM's definition. By default that of O(attachment).
    type: str
  mac_address:
    description: Its MAC address. By default KubeVirt chooses one.
    type: str
  state:
    description: Whether the VM has the interface.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description: Whether to wait until the guest of a VM that runs has the interface, or it has gone.
    type: bool
    default: true
seealso:
  - module: groundup.cloud.multus
  - module: groundup.cloud.vm_migrate
"""

EXAMPLES = r"""
- name: Give a VM an interface in the VLAN of the tenants
  groundup.cloud.vm_network:
    namespace: shop
    name: db
    attachment: tenants
  register: nic

- name: Show what to configure in its guest
  ansible.builtin.debug:
    msg: "{{ nic.interface }} has the MAC address {{ nic.mac_address }}"

- name: Take it away again
  groundup.cloud.vm_network:
    namespace: shop
    name: db
    interface: tenants
    state: absent
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["attach tenants of VirtualMachine shop/db while it runs"]
interface:
  description: Name of the interface in the VM's definition.
  returned: where the VM exists
  type: str
  sample: tenants
attached:
  description: Whether the VM's definition has it.
  returned: where the VM exists
  type: bool
  sample: true
in_guest:
  description: Whether the guest of a VM that runs has it.
  returned: where the VM exists
  type: bool
  sample: true
mac_address:
  description: Its MAC address, as far as it is known.
  returned: where the VM exists
  type: str
  sample: "02:00:00:00:00:17"
addresses:
  description: Its addresses, where the guest agent reports them.
  returned: where the VM exists
  type: list
  elements: str
  sample: []
node:
  description: The node on which the VM runs; empty where it does not.
  returned: where the VM exists
  type: str
  sample: node2
migrated:
  description: Whether the VM was migrated for it.
  returned: where the VM exists
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.vms.network import perform
from ansible_collections.groundup.cloud.plugins.module_utils.vms.options import OPTIONS

SPEC = {
    **OPTIONS,
    "name": {"type": "str", "required": True},
    "attachment": {"type": "str"},
    "interface": {"type": "str"},
    "mac_address": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "wait": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(
        AnsibleModule,
        SPEC,
        supports_check_mode=True,
        required_if=[["state", "present", ["attachment"]]],
        required_one_of=[["attachment", "interface"]],
    )
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
