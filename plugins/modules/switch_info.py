#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: switch_info
short_description: Read ports, aggregations, LLDP neighbours and tables of a switch
version_added: 0.2.0
description:
  - Asks the switch what it sees, by the connection that M(groundup.cloud.switch_config) uses, and returns it in one
    form for all platforms. Nothing is changed.
  - Ports and aggregations of O(config) have its names, others those of the switch.
  - What a platform does not tell is null, and RV(untold) says why a whole section is.
  - A switch with the platform V(unmanaged) is refused, since nobody logs in to it.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Reads only, so check mode makes no difference.
    support: full
  diff_mode:
    description: Nothing is changed.
    support: none
extends_documentation_fragment:
  - groundup.cloud.switch_config
options:
  gather:
    description:
      - The sections to read. Each needs requests of its own on most platforms, and a MAC table may be long.
      - >-
        V(ports): state, speed, MTU, counters and optics of physical ports. V(lags): aggregations with their LACP
        partners. V(vlans): VLANs that exist. V(lldp): LLDP neighbours. V(macs): the MAC table. V(stp): states of a
        spanning tree.
    type: list
    elements: str
    choices: [ports, lags, vlans, lldp, macs, stp]
    default: [ports, lags, vlans, lldp, macs, stp]
"""

EXAMPLES = r"""
- name: Read all of leaf1
  groundup.cloud.switch_info:
    config: "{{ switch_config }}"
  register: seen

- name: Ask a switch that is in no model who its neighbours are
  groundup.cloud.switch_info:
    config:
      name: leaf9
      platform: eos
      connection: {address: 10.10.0.9, username: cloud, password: "{{ vault_leaf9 }}"}
    gather: [lldp]
"""

RETURN = r"""
name:
  description: Name of the switch.
  type: str
  returned: success
ports:
  description: Physical ports, as people count them.
  type: list
  elements: dict
  returned: success
  contains:
    name: {description: Name of the port., type: str}
    admin_up: {description: Whether it is switched on in the configuration., type: bool}
    up: {description: Whether it has a link., type: bool}
    speed: {description: Speed in Mbit/s., type: int}
    mtu: {description: "MTU in bytes, as the platform counts it.", type: int}
    description: {description: Its description., type: str}
    errors_in: {description: Frames received with errors., type: int}
    errors_out: {description: Frames that could not be sent., type: int}
    discards_in: {description: Received frames that were dropped., type: int}
    discards_out: {description: Frames to send that were dropped., type: int}
    optics:
      description: "C(type) of the transceiver, and C(rx_dbm) and C(tx_dbm), its lanes' powers in dBm; else null."
      type: dict
  sample: [{name: Ethernet1, admin_up: true, up: true, speed: 25000, mtu: 9214, description: node1.bond0,
            errors_in: 0, errors_out: 0, discards_in: 0, discards_out: 0,
            optics: {type: 25GBASE-SR, rx_dbm: [-1.8], tx_dbm: [-0.9]}}]
lags:
  description: Link aggregations.
  type: list
  elements: dict
  returned: success
  contains:
    name: {description: Its name in O(config) or on the switch., type: str}
    device: {description: Its name on the switch., type: str}
    up: {description: Whether it has a link., type: bool}
    members:
      description: >-
        Member C(port), the system ID of its LACP C(partner) or null, and whether it carries traffic (C(up)).
      type: list
      elements: dict
  sample: [{name: node1, device: Port-Channel1, up: true,
            members: [{port: Ethernet1, partner: "52:54:00:04:01:00", up: true}]}]
vlans:
  description: VLANs with C(id) and C(name).
  type: list
  elements: dict
  returned: success
  sample: [{id: 10, name: provision}]
lldp:
  description: LLDP neighbours.
  type: list
  elements: dict
  returned: success
  contains:
    port: {description: The port of this switch., type: str}
    system: {description: System name of the neighbour., type: str}
    chassis_id: {description: Its chassis identifier., type: str}
    port_id: {description: Its port identifier., type: str}
    port_id_kind: {description: "What that is: V(mac), V(name), V(local) or V(other).", type: str}
    port_description: {description: Description of its port., type: str}
  sample: [{port: Ethernet1, system: node1, chassis_id: "52:54:00:04:01:00", port_id: nic0, port_id_kind: name,
            port_description: null}]
macs:
  description: The MAC table with C(vlan), C(mac), and C(place), which is a port or an aggregation.
  type: list
  elements: dict
  returned: success
  sample: [{vlan: 20, mac: "52:54:00:04:01:00", place: node1}]
stp:
  description: C(state) and C(role) of C(place), a port or an aggregation, in each C(instance) of a spanning tree.
  type: list
  elements: dict
  returned: success
  sample: [{place: node1, instance: MST0, state: forwarding, role: designated}]
untold:
  description: Why a section that was asked for is null.
  type: dict
  returned: success
  sample: {vlans: "Open vSwitch has no table of VLANs: one exists where a port carries it"}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.facts import SECTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.look import look
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.switch import CONFIG

GATHER = {"type": "list", "elements": "str", "choices": list(SECTIONS), "default": list(SECTIONS)}


def main() -> None:
    module = begin(AnsibleModule, {"config": CONFIG, "gather": GATHER}, supports_check_mode=True)
    config = given(module.params["config"])
    run(module, lambda: {"changed": False, **look(config, module.params["gather"]).as_dict()})


if __name__ == "__main__":
    main()
