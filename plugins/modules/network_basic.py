#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: network_basic
short_description: Connect the pods of a node with the reference CNI plugins and routes
version_added: 0.1.0
description:
  - Pods are connected to a bridge on their node, nodes reach each other's pods by routes in the network they share, and
    what leaves the pods' subnet is masqueraded. Routes and rules survive a reboot; others are not changed.
  - A node that has another network is refused, unless it is one of those whose leftovers are removed.
  - There are no network policies. Choose another provider where pods must not reach each other.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: Shows every file that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.network_basic_config
options:
  node:
    description: Name of this node.
    type: str
    required: true
  nodes:
    description:
      - For every node by name its C(pod_cidr) and C(address), and where pods have addresses of both IP versions
        C(second_pod_cidr) and C(second_address), as returned by
        M(groundup.cloud.kubernetes_node_settings). A node without C(pod_cidr) gets nothing.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Connect the pods of this node
  groundup.cloud.network_basic:
    config:
      pods: 10.64.0.0/14
      interface: bond0.30
      mtu: 9000
    node: node1
    nodes:
      node1: {pod_cidr: 10.64.0.0/24, address: 10.30.0.21}
      node2: {pod_cidr: 10.64.1.0/24, address: 10.30.0.22}
"""

RETURN = r"""
steps:
  description: What was done, or would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["file /etc/cni/net.d/10-groundup-basic.conflist", "hook pod-network"]
seconds:
  description: How long reading, planning and applying took on the host.
  returned: success
  type: float
  sample: 0.42
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.layers.network_basic import bring
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_basic import CONFIG

SPEC = {
    "config": CONFIG,
    "node": {"type": "str", "required": True},
    "nodes": {"type": "dict", "required": True},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    wanted = {**given(module.params["config"]), "node": module.params["node"], "nodes": module.params["nodes"]}
    run(module, lambda: bring(wanted, check=module.check_mode, warn=module.warn))


if __name__ == "__main__":
    main()
