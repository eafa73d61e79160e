#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: host_network
short_description: Configure bonds, VLANs, bridges, addresses and routes of a host, with an automatic rollback
version_added: 0.1.0
description:
  - Writes files for systemd-networkd, or profiles for NetworkManager, and compares the links themselves, so that a link
    changed by hand is corrected.
  - A change is armed with a timer on the host and with a unit for its next boot, switched, and proved, that is links
    and LACP are as wanted and a peer on each VLAN answers. A connection that is opened after this proof confirms it.
    Otherwise the host restores its previous configuration by itself.
  - If NICs are absent or cables contradict the model, the module fails before it changes anything.
notes:
  - The host changes its network and the controller confirms the change over a new connection, both in one task.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: Shows every file and link setting that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.host_network_config
options:
  prove:
    description:
      - Identifier of the change whose network is to be proved. The action on the controller sets it, and confirms the
        change afterwards; do not use it in a playbook.
    type: str
"""

EXAMPLES = r"""
- name: Bond both ports and put two networks on them
  groundup.cloud.host_network:
    config:
      bond:
        mac: "52:54:00:00:01:01"
        members:
          - {name: nic0, mac: "52:54:00:00:01:01"}
          - {name: nic1, mac: "52:54:00:00:01:02"}
        mtu: 9000
      addresses:
        - {network: provision, address: 10.10.0.21/24, mtu: 1500}
        - {network: cluster, vlan: 30, address: 10.30.0.21/24, mtu: 9000}
      peers:
        cluster: [10.30.0.1, 10.30.0.22]

- name: Give storage a bond of its own, and leave the NIC that boots alone
  groundup.cloud.host_network:
    config:
      backend: networkmanager
      links:
        - name: bond0
          bond:
            members:
              - {name: nic0, mac: "52:54:00:00:01:01"}
              - {name: nic1, mac: "52:54:00:00:01:02"}
        - name: bond1
          bond:
            mode: active-backup
            members:
              - {name: nic2, mac: "52:54:00:00:01:03"}
              - {name: nic3, mac: "52:54:00:00:01:04"}
      addresses:
        - {network: management, link: bond0, vlan: 20, address: 10.20.0.21/24, gateway: 10.20.0.1}
        - {network: storage, link: bond1, vlan: 40, address: 10.40.0.21/24, mtu: 9000}
      peers:
        management: [10.20.0.1]
        storage: [10.40.0.22]
"""

RETURN = r"""
steps:
  description: Steps that were done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: ["file /etc/systemd/network/10-groundup-bond0.30.netdev", "link bond0.30 device"]
unproven:
  description: Networks in which no peer is named, so that it is unknown whether they work.
  returned: when a change was confirmed
  type: list
  elements: str
  sample: []
seconds:
  description: How long the part on the host took.
  returned: success
  type: float
  sample: 0.6
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.layers import host_network
from ansible_collections.groundup.cloud.plugins.module_utils.links.proof import prove
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked
from ansible_collections.groundup.cloud.plugins.module_utils.specs.host_network import CONFIG

PATIENCE = 0.6  # part of confirm_timeout, after which the host rolls the change back by itself
SPEC = {"config": CONFIG, "prove": {"type": "str"}}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    config, change = given(module.params["config"]), module.params["prove"]

    def act() -> Result:
        wanted = checked("host_network", CONFIG, config)
        if change:
            return prove(wanted, change, patience=PATIENCE * wanted["confirm_timeout"])
        return host_network.run(wanted, check=module.check_mode, warn=module.warn)

    run(module, act)


if __name__ == "__main__":
    main()
