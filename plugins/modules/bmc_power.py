#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: bmc_power
short_description: Switch a machine on or off through its management controller
version_added: 0.1.0
description:
  - Brings a machine to a power state over Redfish or IPMI and waits until it is reached.
  - A cycle is off, then on, not a reset, since a boot device applies to a start only.
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
  state:
    description: The wanted state. V(cycled) always changes.
    type: str
    choices: ["on", "off", cycled]
    required: true
  graceful:
    description: Whether to shut down the operating system first.
    type: bool
    default: true
  grace:
    description: Seconds that the operating system has to shut down.
    type: float
    default: 120.0
  force:
    description: Whether to cut the power if it did not shut down.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for the state.
    type: float
    default: 180.0
"""

EXAMPLES = r"""
- name: Switch on node1
  groundup.cloud.bmc_power:
    protocol: redfish
    address: 10.20.0.101
    username: admin
    password: "{{ vault_bmc }}"
    tls:
      fingerprint: 7c:3a:...
    identity:
      serial: ABC1234
    state: "on"
  delegate_to: localhost
"""

RETURN = r"""
state_before:
  description: Power state before.
  type: str
  returned: success
  sample: "off"
state_after:
  description: Power state after; in check mode the one it would have.
  type: str
  returned: success
  sample: "on"
steps:
  description: Steps that were done, or would be done in check mode.
  type: list
  elements: str
  returned: success
  sample: ["on"]
evidence:
  description: The last requests and answers, one line each, without secrets.
  type: list
  elements: str
  returned: always
  sample: ["GET /redfish/v1/: HTTP 200 after 0.1 s"]
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.arguments import BMC, IDENTITY
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ensure import perform, power
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    **BMC,
    **IDENTITY,
    "state": {"type": "str", "choices": ["on", "off", "cycled"], "required": True},
    "graceful": {"type": "bool", "default": True},
    "grace": {"type": "float", "default": 120.0},
    "force": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 180.0},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def act() -> Result:
        result = perform(power, module.params, module.check_mode)
        if "missing_library" in result:
            result["msg"] = missing_required_lib(result["missing_library"])
        return result

    run(module, act)


if __name__ == "__main__":
    main()
