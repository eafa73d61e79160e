#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: network_basic_routes
short_description: Route a host that is no node to the pods of a cluster
version_added: 0.1.0
description:
  - Sets one route for the pods of each node, through the node's address, and removes those of nodes that are gone.
    Routes of others are left alone. On nodes, M(groundup.cloud.network_basic) does this.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Returns the steps and performs none.
    support: full
  diff_mode:
    description: Shows each route before and after.
    support: full
options:
  nodes:
    description: The nodes by name, each with C(pod_cidr) and C(address), as the cluster has them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Route the host of the hosted control plane to the pods
  groundup.cloud.network_basic_routes:
    nodes:
      node1: {pod_cidr: 10.64.0.0/24, address: 10.30.0.21}
"""

RETURN = r"""
steps:
  description: What was done, or would be done, in order.
  returned: success
  type: list
  elements: str
  sample: [route 10.64.0.0/24 via 10.30.0.21]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.layers.network_basic_routes import perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {"nodes": {"type": "dict", "required": True}}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params["nodes"], module.check_mode))


if __name__ == "__main__":
    main()
