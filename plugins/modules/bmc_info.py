#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: bmc_info
short_description: Read identity, power state and NICs of a machine from its management controller
version_added: 0.1.0
description:
  - Reads identity, power state and boot device over Redfish or IPMI. Works with the machine off.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.bmc_options
  - groundup.cloud.bmc.identity
options:
  tree:
    description:
      - Whether to return also the Redfish resources that a deployment reads. This makes only GET requests; passwords,
        keys, BIOS attributes and extensions of the maker are left out.
      - With a controller that does not work, or is new, save the result and attach it to an issue. The test suite
        serves it as it is. Serial numbers, MAC addresses and host names are in it.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read the identity and power state of node1
  groundup.cloud.bmc_info:
    protocol: redfish
    address: 10.20.0.101
    username: admin
    password: "{{ vault_bmc }}"
  delegate_to: localhost

- name: Record the resources of a new kind of controller
  groundup.cloud.bmc_info:
    protocol: redfish
    address: 10.20.0.101
    username: admin
    password: "{{ vault_bmc }}"
    system: "1" # where it has several
    tree: true
  delegate_to: localhost
  register: controller

- name: Save them for an issue
  ansible.builtin.copy:
    content: "{{ controller.tree | to_nice_json }}"
    dest: controller.json
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
identity:
  description:
    - Serial, service tag (Dell), UUID, MAC addresses, vendor, model and firmware; null if the controller does not know.
    - C(identity.ports_unread) counts the network ports that the controller lists, but could not describe.
  type: dict
  returned: success
power:
  description: Power state.
  type: str
  returned: success
  sample: "on"
boot:
  description:
    - Boot override of the next start, null if the controller could not read it.
    - C(boot.pending) is true where it waits in the settings that the controller applies with the next start.
  type: dict
  returned: success
  sample: {device: none, once: null, mode: uefi, pending: false}
tree:
  description: The resources by their paths.
  type: dict
  returned: with O(tree)
unread:
  description: Reasons of the resources that the controller names, but did not show, by their paths.
  type: dict
  returned: with O(tree)
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.arguments import BMC, IDENTITY
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ensure import info, perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run


def main() -> None:
    module = begin(
        AnsibleModule, {**BMC, **IDENTITY, "tree": {"type": "bool", "default": False}}, supports_check_mode=True
    )

    def act() -> Result:
        result = perform(info, module.params, module.check_mode)
        if "missing_library" in result:
            result["msg"] = missing_required_lib(result["missing_library"])
        return result

    run(module, act)


if __name__ == "__main__":
    main()
