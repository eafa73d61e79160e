#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_nodes_ready
short_description: Wait until nodes of a cluster are ready
version_added: 0.1.0
description:
  - Waits until the named nodes are registered, have a pod network and report the condition Ready. When the time is
    over, the error names each node that is not, with the reason of its condition. Runs on a control plane.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Does not wait, since nothing makes a node ready in check mode; returns the nodes as they are.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
options:
  nodes:
    description: Names of the nodes.
    type: list
    elements: str
    required: true
  timeout:
    description: Seconds to wait.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Wait until the nodes are ready
  groundup.cloud.kubernetes_nodes_ready:
    config: "{{ kubernetes_config }}"
    nodes: [node1, node2, node3]
    timeout: 600
"""

RETURN = r"""
nodes:
  description: All live nodes, each with C(ready), C(pod_cidr), C(address), C(version), C(labels), C(taints), and its
    C(revision).
  returned: success
  type: dict
  sample: {"node1": {"ready": true, "pod_cidr": "10.64.0.0/24", "address": "10.30.0.21"}}
steps:
  description: Always empty, since the module changes nothing.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.kube.ready import perform
from ansible_collections.groundup.cloud.plugins.module_utils.kube.shell import run
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
    "nodes": {"type": "list", "elements": "str", "required": True},
    "timeout": {"type": "int", "default": 300},
}


def main() -> None:
    run(begin(AnsibleModule, SPEC, supports_check_mode=True), perform)


if __name__ == "__main__":
    main()
