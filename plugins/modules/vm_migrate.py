#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_migrate
short_description: Migrate a virtual machine to another node while it runs
version_added: 0.2.0
description:
  - Asks KubeVirt for a live migration, waits for it, and reports where the VM was and is, how long it took, and whether
    its addresses are the same.
  - A VM that can't be migrated is refused with KubeVirt's reason. A migration that fails, or has not ended in time, is
    an error with its phase, its reason, the events, and what holds the pod in which the VM is to run.
  - A migration of the VM that goes on already is waited for. It counts as the wanted one, unless the VM is not where
    O(node) or O(away_from) want it afterwards.
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
  node:
    description: The node on which it is to run. Where it runs there already, nothing is done.
    type: str
  away_from:
    description: A node that it is to leave. Where it runs elsewhere already, nothing is done.
    type: str
  node_selector:
    description:
      - Labels that the new node has to have, besides what the VM asks for itself. KubeVirt knows it from 1.8 on
        (C(addedNodeSelector)).
    type: dict
  abort:
    description: Whether a migration that has not ended within O(timeout) is aborted. Otherwise it goes on.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Move a VM to any other node
  groundup.cloud.vm_migrate:
    namespace: shop
    name: db
  register: moved

- name: Fail if its address has changed
  ansible.builtin.assert:
    that: moved.address_kept

- name: Move a VM to one node, and give up after five minutes
  groundup.cloud.vm_migrate:
    namespace: shop
    name: db
    node: node2
    timeout: 300
    abort: true

- name: Have no VM of the list on a node
  groundup.cloud.vm_migrate:
    namespace: shop
    name: "{{ item }}"
    away_from: node3
  loop: [db, mail]
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["migrate shop/db to node2"]
from:
  description: The node on which it was.
  returned: where the VM runs
  type: str
  sample: node1
to:
  description: The node to which it was migrated; empty without a migration.
  returned: where the VM runs
  type: str
  sample: node2
node:
  description: The node on which it is now.
  returned: where the VM runs
  type: str
  sample: node2
seconds:
  description: How long the migration took, as KubeVirt reports it.
  returned: where the VM runs
  type: float
  sample: 8.0
mode:
  description: How its memory was copied, as V(PreCopy) or V(PostCopy).
  returned: where the VM runs
  type: str
  sample: PreCopy
address_kept:
  description: Whether all addresses are the same. Null without a migration, and where KubeVirt knew none before.
  returned: where the VM runs
  type: bool
  sample: true
addresses:
  description: Its addresses by network interface.
  returned: where the VM runs
  type: dict
  sample: {default: [10.64.3.7]}
addresses_before:
  description: Its addresses before.
  returned: where the VM runs
  type: dict
  sample: {default: [10.64.3.7]}
migration:
  description: Name of the VirtualMachineInstanceMigration.
  returned: where the VM runs
  type: str
  sample: db-3f6c1a20
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.vms.migrate import perform
from ansible_collections.groundup.cloud.plugins.module_utils.vms.options import OPTIONS

SPEC = {
    **OPTIONS,
    "name": {"type": "str", "required": True},
    "node": {"type": "str"},
    "away_from": {"type": "str"},
    "node_selector": {"type": "dict"},
    "abort": {"type": "bool", "default": False},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
