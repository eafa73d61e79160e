#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cabling
short_description: Compare every cable of the model with what its two ends see
version_added: 0.2.0
description:
  - Makes a table with one row for each cable. A cable is C(agreed) if an end confirms it, C(contradicting) if an end
    sees something else, else C(silent). Swapped cables are named once.
  - LLDP of both ends decides before LACP partners, and these before the MAC table.
  - It asks nobody itself. The playbook C(groundup.cloud.cabling) asks all switches and machines, and calls it.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says whether the files would change.
    support: full
  diff_mode:
    description: The result is the table itself.
    support: none
options:
  switches:
    description:
      - By name of the switch, C(cabling) as in the role P(groundup.cloud.switch#role), and C(facts), the result of
        M(groundup.cloud.switch_info), or C(why) there is none.
    type: dict
    required: true
  machines:
    description:
      - By name of the machine, C(network), its input of the role P(groundup.cloud.host_network#role), which tells its
        bonds, and C(lldp), the result of M(groundup.cloud.lldp_info), or C(why) there is none.
    type: dict
    default: {}
  directory:
    description: Where to write C(cables.json) and C(cables.csv). Nothing is written by default.
    type: path
seealso:
  - module: groundup.cloud.switch_info
  - module: groundup.cloud.lldp_info
"""

EXAMPLES = r"""
- name: Compare the cables of leaf1
  groundup.cloud.cabling:
    switches:
      leaf1:
        cabling: [{port: Ethernet1, machine: node1, nic: nic0, mac: "52:54:00:04:01:00"}]
        facts: "{{ leaf1_seen }}"
    machines:
      node1: {lldp: "{{ node1_heard }}"}
    directory: build/cabling
"""

RETURN = r"""
cables:
  description: One row for each cable.
  type: list
  elements: dict
  returned: success
  contains:
    machine: {description: The machine., type: str}
    nic: {description: Its NIC., type: str}
    mac: {description: The address of the NIC., type: str}
    switch: {description: The switch., type: str}
    port: {description: The port., type: str}
    state: {description: "V(agreed), V(silent) or V(contradicting).", type: str}
    sources: {description: "What tells so, the best first.", type: list}
    found: {description: "Of a contradiction, what is really at the two ends.", type: str}
    note: {description: "Why it is silent, or what a weaker source says otherwise.", type: str}
swaps:
  description: Pairs of swapped cables in words.
  type: list
  elements: str
  returned: success
  sample: ["node1.nic0 and node2.nic0 are swapped"]
counts:
  description: How many cables are in each state.
  type: dict
  returned: success
  sample: {agreed: 7, silent: 1, contradicting: 0}
lines:
  description: The table as text.
  type: list
  elements: str
  returned: success
files:
  description: The files of O(directory).
  type: list
  elements: str
  returned: success
  sample: [build/cabling/cables.json, build/cabling/cables.csv]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables.write import report
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {
    "switches": {"type": "dict", "required": True},
    "machines": {"type": "dict", "default": {}},
    "directory": {"type": "path"},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: report(module.params, dry=module.check_mode))


if __name__ == "__main__":
    main()
