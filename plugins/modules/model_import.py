#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: model_import
short_description: Make machines of a model from what management controllers and switches tell
version_added: 0.2.0
description:
  - Reads serial number, UUID, network ports and drives of machines from their management controllers, by Redfish or
    IPMI, and writes the machines as a part of a model that people review. Works with the machines off.
  - Nothing is changed on a controller, and no machine is switched on or off.
  - With what switches see, machines get the switch ports that they are cabled to. Where two facts contradict each
    other, none is taken, and a comment has both.
  - A controller that cannot be read fails the module, with the errors of all such controllers, before anything is
    written.
attributes:
  check_mode:
    description: Reads the controllers and says whether the file would change.
    support: full
  diff_mode:
    description: Shows the file before and after.
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.model_file
options:
  bmcs:
    description: Management controllers, with the options of M(groundup.cloud.bmc_info).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the machine. By default its host name that the controller tells, else its serial number.
        type: str
      protocol:
        description: Protocol. IPMI tells neither network ports nor drives.
        type: str
        choices: [redfish, ipmi]
        default: redfish
      address:
        description: Address or name of the controller.
        type: str
        required: true
      port:
        description: Port, if it is not 443 (Redfish) or 623 (IPMI).
        type: int
      username:
        description: Account on the controller, which needs no right to change anything.
        type: str
        required: true
      password:
        description: Its password.
        type: str
        required: true
      system:
        description: Which system of the controller, if it has several. An id or a path.
        type: str
      tls:
        description: How the certificate is verified. Without one of these by the system's certificate authorities.
        type: dict
        suboptions:
          ca_file:
            description: File of the certificate authorities to trust.
            type: path
          fingerprint:
            description: SHA-256 of the one certificate to accept.
            type: str
      ipmi:
        description: Further settings of IPMI.
        type: dict
        suboptions:
          cipher:
            description: Cipher suite. Without it 17 is tried first, then 3.
            type: int
            choices: [3, 17]
      timeout:
        description: Seconds that one call may take with all its retries.
        type: float
        default: 60.0
  switches:
    description:
      - Results of the module C(switch_info), by the names that the switches have in the model; its sections C(lldp),
        C(macs) and C(lags) are read.
    type: dict
    default: {}
  bmc_password:
    description: Name of the variable that holds the password of management controllers. Empty to write none.
    type: str
    default: vault_bmc
requirements:
  - requests >= 2.31 and urllib3 >= 2.1 (Redfish)
  - ipmitool (IPMI)
author: groundup.cloud founders (@groundup-cloud)
"""

EXAMPLES = r"""
- name: Write what two controllers and a switch tell
  groundup.cloud.model_import:
    bmcs:
      - {address: 10.20.0.101, username: admin, password: "{{ vault_bmc }}", name: node1}
      - {address: 10.20.0.102, username: admin, password: "{{ vault_bmc }}", name: node2}
    switches:
      leaf1: "{{ leaf1_seen }}"
    dest: inventories/rack1/found.cloud.yml
  delegate_to: localhost
"""

RETURN = r"""
model:
  description: The part of the model.
  type: dict
  returned: success
text:
  description: The text of the file, with its comments.
  type: str
  returned: success
machines:
  description: What each controller tells, by its C(address), C(identity) and C(inventory).
  type: list
  elements: dict
  returned: success
doubts:
  description: Where facts contradict each other or are missing, as in the warnings.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, given
from ansible_collections.groundup.cloud.plugins.module_utils.shell import run as end
from ansible_collections.groundup.cloud.plugins.module_utils.sources.arguments import IMPORT
from ansible_collections.groundup.cloud.plugins.module_utils.sources.existing import run


def main() -> None:
    module = begin(AnsibleModule, IMPORT, supports_check_mode=True)

    end(module, lambda: run(given(module.params), module.check_mode))


if __name__ == "__main__":
    main()
