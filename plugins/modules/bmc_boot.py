#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: bmc_boot
short_description: Set the boot device of a machine through its management controller
version_added: 0.1.0
description:
  - Sets the boot device over Redfish or IPMI and reads it back.
  - A one-time boot device is a hint to a controller. Some keep it, some ignore it, so check the returned values.
  - Never changes the boot mode (UEFI or legacy).
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.bmc_options
  - groundup.cloud.bmc.identity
options:
  device:
    description: Where to boot from. V(none) removes an override.
    type: str
    choices: [network, disk, cdrom, http, setup, none]
    required: true
  once:
    description: Whether the device is for the next start only.
    type: bool
    default: true
  firmware:
    description: Firmware mode of the machine, which each IPMI request has to contain.
    type: str
    choices: [uefi, bios]
    default: uefi
"""

EXAMPLES = r"""
- name: Boot node1 from the network once
  groundup.cloud.bmc_boot:
    protocol: redfish
    address: 10.20.0.101
    username: admin
    password: "{{ vault_bmc }}"
    device: network
  delegate_to: localhost
"""

RETURN = r"""
read_back:
  description:
    - Boot override that the controller reports afterwards for the next start; C(read_back.pending) is true where it
      waits in the settings that the controller applies then.
  type: dict
  returned: success
  sample: {device: network, once: true, mode: uefi, pending: false}
honoured:
  description: Whether the controller reports the wanted device.
  type: bool
  returned: success
sticky:
  description: Whether the controller keeps a one-time override permanently; null if it does not report that.
  type: bool
  returned: success
evidence:
  description: The last requests and answers, one line each, without secrets.
  type: list
  elements: str
  returned: always
  sample: ["GET /redfish/v1/: HTTP 200 after 0.1 s"]
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.arguments import BMC, FIRMWARE, IDENTITY
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ensure import boot, perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    **BMC,
    **IDENTITY,
    **FIRMWARE,
    "device": {"type": "str", "choices": ["network", "disk", "cdrom", "http", "setup", "none"], "required": True},
    "once": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def act() -> Result:
        result = perform(boot, module.params, module.check_mode)
        if "missing_library" in result:
            result["msg"] = missing_required_lib(result["missing_library"])
        return result

    run(module, act)


if __name__ == "__main__":
    main()
