#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_node_settings
short_description: Set labels and taints of nodes
version_added: 0.1.0
description:
  - Compares the live nodes with what is wanted and patches those that differ. What others put on a node stays; what
    this module set and is no longer wanted goes. Runs on a control plane.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: Shows what differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
options:
  nodes:
    description: Wanted C(labels) and C(taints) by name of the node.
    type: dict
    required: true
  timeout:
    description: Seconds to wait until the named nodes are registered.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Label the nodes
  groundup.cloud.kubernetes_node_settings:
    config: "{{ kubernetes_config }}"
    nodes:
      node1: {labels: {topology.kubernetes.io/zone: r1}, taints: []}
"""

RETURN = r"""
nodes:
  description: All live nodes, each with C(ready), C(pod_cidr), C(address), C(version), C(labels), C(taints), and its
    C(revision).
  returned: success
  type: dict
  sample: {"node1": {"ready": true, "pod_cidr": "10.64.0.0/24", "address": "10.30.0.21"}}
patches:
  description: What was changed, by node.
  returned: success
  type: dict
  sample: {}
steps:
  description: What was done, or in check mode would be done, for people; empty where there is nothing to do.
  returned: success
  type: list
  elements: str
  sample: [label node node2]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.kube.nodes import perform
from ansible_collections.groundup.cloud.plugins.module_utils.kube.shell import run
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
    "nodes": {"type": "dict", "required": True},
    "timeout": {"type": "int", "default": 300},
}


def main() -> None:
    run(begin(AnsibleModule, SPEC, supports_check_mode=True), perform)


if __name__ == "__main__":
    main()
