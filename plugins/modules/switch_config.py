#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: switch_config
short_description: Bring VLANs, ports and link aggregations of a switch to what is described
version_added: 0.1.0
description:
  - Compares the running configuration of the named ports with the wanted one and changes what differs in one
    transaction. Ports, aggregations and VLANs that are not named are left alone.
  - A way back is armed on the device before the change and disarmed when the peers that answered before answer again.
  - Ports of a machine whose address was seen on another port are not touched; they are reported in RV(miscabled).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: Shows every setting that differs.
    support: full
options:
  switch:
    description: The switch, as in the variable of the role P(groundup.cloud.switch#role).
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the switch; with Open vSwitch, of the bridge.
        type: str
        required: true
      platform:
        description: Which driver to use.
        type: str
        choices: [openvswitch]
        required: true
      connection:
        description: How to reach it. Open vSwitch needs O(switch.connection.database).
        type: dict
        required: true
        suboptions:
          database:
            description: OVSDB connection method, such as C(unix:/run/openvswitch/db.sock).
            type: str
          control:
            description: Control socket of ovs-vswitchd; by default C(vswitchd.ctl) beside a C(unix:) database.
            type: str
          address:
            description: Management address, for platforms that have one.
            type: str
          username:
            description: Who to log in as, for platforms that ask.
            type: str
          password:
            description: Password of O(switch.connection.username).
            type: str
          tls:
            description: C(ca_file) or C(fingerprint) that the switch's certificate is checked against.
            type: dict
      mtu:
        description: Largest MTU that the switch carries, in bytes.
        type: int
        default: 9216
      mlag_peer:
        description: Name of the other switch of an MLAG pair, if this is one of a pair.
        type: str
      vlans:
        description: VLANs of the rack, each with C(id) and C(name).
        type: list
        elements: dict
        default: []
      ports:
        description:
          - Ports that are in no aggregation, with C(name), C(mode), C(native), C(vlans), C(mtu) and C(description).
        type: list
        elements: dict
        default: []
      lags:
        description:
          - Link aggregations, with C(name), C(members), C(native), C(vlans), C(mtu), C(lacp), C(mlag), C(description).
        type: list
        elements: dict
        default: []
      cabling:
        description: Cables of the model, each with C(port), C(machine), C(nic) and C(mac).
        type: list
        elements: dict
        default: []
      confirm:
        description: C(peers), addresses that must answer after a change if they did before; C(timeout) in seconds.
        type: dict
        default: {}
"""

EXAMPLES = r"""
- name: Give node1 its aggregation
  groundup.cloud.switch_config:
    switch:
      name: leaf1
      platform: openvswitch
      connection: {database: "unix:/run/openvswitch/db.sock"}
      lags:
        - name: node1
          members: [Ethernet1, Ethernet2]
          native: 10
          vlans: [10, 20]
          mtu: 9000
          lacp: {mode: active, rate: fast, fallback: true, fallback_port: Ethernet1}
"""

RETURN = r"""
steps:
  description: What was changed, or would be in check mode, in words.
  type: list
  elements: str
  returned: success
  sample: [change lag node1]
miscabled:
  description: Cables that contradict the model; their ports were not touched.
  type: list
  elements: str
  returned: success
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run

DICTS = {"type": "list", "elements": "dict", "default": []}
CONNECTION = {
    **{name: {"type": "str"} for name in ("database", "control", "address", "username")},
    "password": {"type": "str", "no_log": True},
    "tls": {"type": "dict"},
}
OPTIONS = {
    "name": {"type": "str", "required": True},
    "platform": {"type": "str", "choices": ["openvswitch"], "required": True},
    "connection": {"type": "dict", "required": True, "options": CONNECTION},
    "mtu": {"type": "int", "default": 9216},
    "mlag_peer": {"type": "str"},
    "vlans": DICTS,
    "ports": DICTS,
    "lags": DICTS,
    "cabling": DICTS,
    "confirm": {"type": "dict", "default": {}},
}


def main() -> None:
    spec = {"switch": {"type": "dict", "required": True, "options": OPTIONS}}
    module = AnsibleModule(spec, supports_check_mode=True)
    try:
        outcome = run(module.params["switch"], check=module.check_mode)
    except FabricError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=outcome.changed,
        diff=outcome.plan.diff(),
        steps=outcome.steps,
        miscabled=[mistake.text for mistake in outcome.mistakes],
    )


if __name__ == "__main__":
    main()
