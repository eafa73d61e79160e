#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: node_fence_info
short_description: Read which nodes are lost, fenced, and back
version_added: 0.2.0
description:
  - Reads all nodes of a cluster, their Leases, and what M(groundup.cloud.node_fence) wrote on them. It asks no
    management controller and changes nothing.
  - Where O(until) or O(emptied) is given, it first waits for the node O(name), and fails with what is missing.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.kubernetes_access
options:
  stale_after:
    description: Seconds without the condition Ready, and without a renewed Lease, after which a node counts as lost.
    type: int
    default: 90
  name:
    description: The node that is waited for.
    type: str
  until:
    description: Wait until the node has one of these standings; see RV(nodes).
    type: list
    elements: str
    choices: [healthy, unready, lost, fenced, back, unproven]
  emptied:
    description:
      - Wait until no pod is bound to the node, and no pod of the cluster waits for a node. Pods of DaemonSets and
        static pods stay with their node, and are left out.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait.
    type: int
    default: 900
"""

EXAMPLES = r"""
- name: Read which nodes are lost
  groundup.cloud.node_fence_info:
    kubeconfig: ~/.kube/rack1
  register: standing

- name: Wait until a node is back in service
  groundup.cloud.node_fence_info:
    kubeconfig: ~/.kube/rack1
    name: node2
    until: [healthy]

- name: Show them
  ansible.builtin.debug:
    var: standing.lost
"""

RETURN = r"""
nodes:
  description:
    - All nodes by name. C(standing) is V(healthy), V(unready) (not for long enough), V(lost), V(fenced), V(back) (Ready
      with another boot than the one that was fenced) or V(unproven) (out of service and Ready, without a proof that its
      machine was power-cycled).
    - C(unready) and C(silent) are the seconds without the condition Ready and without a renewed Lease, null where there
      is no condition or no Lease; C(control_plane) says whether it is one; C(record) is as that of
      M(groundup.cloud.node_fence).
  type: dict
  returned: success
  sample: {node2: {standing: lost, unready: 140, silent: 182, control_plane: false, record: {}}}
lost:
  description: Names of nodes that may be fenced without consent.
  type: list
  elements: str
  returned: success
  sample: [node2]
back:
  description: Names of nodes that may be returned.
  type: list
  elements: str
  returned: success
  sample: []
paused_by:
  description: Who pauses fencing; empty where nobody does.
  type: str
  returned: success
  sample: ""
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.perform import info
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.standing import STANDINGS
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {
    **OPTIONS,
    "stale_after": {"type": "int", "default": 90},
    "name": {"type": "str"},
    "until": {"type": "list", "elements": "str", "choices": list(STANDINGS)},
    "emptied": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 900},
}


def main() -> None:
    named = [("emptied", True, ["name"])]
    by = {"until": ["name"]}
    module = begin(AnsibleModule, SPEC, supports_check_mode=True, required_by=by, required_if=named)
    run(module, lambda: info(module.params))


if __name__ == "__main__":
    main()
