#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: lldp_info
short_description: Read the NICs of a host and the LLDP neighbours that it hears
version_added: 0.2.0
description:
  - Reads the physical NICs with their permanent addresses, and what systemd-networkd heard by LLDP. Changes nothing.
  - systemd prints LLDP neighbours as JSON from release 254 on. With an older one there are none, and RV(why) says so.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Reads only, so check mode makes no difference.
    support: full
  diff_mode:
    description: Nothing is changed.
    support: none
seealso:
  - module: groundup.cloud.cabling
"""

EXAMPLES = r"""
- name: Ask the host which switches its cables lead to
  groundup.cloud.lldp_info:
  register: heard
"""

RETURN = r"""
nics:
  description: Physical NICs with C(name), permanent C(mac), and whether they have a link (C(up)).
  type: list
  elements: dict
  returned: success
  sample: [{name: nic0, mac: "52:54:00:04:01:00", up: true}]
neighbours:
  description:
    - LLDP neighbours with the C(nic) that hears them, C(system), C(port_id), C(port_description) and C(chassis_id).
  type: list
  elements: dict
  returned: success
  sample: [{nic: nic0, system: leaf1, port_id: Ethernet1, port_description: node1.bond0,
            chassis_id: "00:1c:73:00:00:01"}]
why:
  description: Why neighbours cannot be read; empty if they can.
  type: str
  returned: success
  sample: ""
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.links.neighbours import read
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run


def main() -> None:
    module = begin(AnsibleModule, {}, supports_check_mode=True)
    run(module, lambda: {"changed": False, **read(System())})


if __name__ == "__main__":
    main()
