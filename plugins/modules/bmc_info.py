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
  - groundup.cloud.bmc
  - groundup.cloud.bmc.identity
"""

EXAMPLES = r"""
- name: Read the identity and power state of node1
  groundup.cloud.bmc_info:
    protocol: redfish
    address: 10.20.0.101
    username: admin
    password: "{{ vault_bmc }}"
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
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.arguments import BMC, IDENTITY
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ensure import info, perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, run


def main() -> None:
    module = AnsibleModule({**BMC, **IDENTITY}, supports_check_mode=True)

    def act() -> Result:
        result = perform(info, module.params, module.check_mode)
        if "missing_library" in result:
            result["msg"] = missing_required_lib(result["missing_library"])
        return result

    run(module, act)


if __name__ == "__main__":
    main()
