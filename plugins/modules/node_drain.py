#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: node_drain
short_description: Move virtual machines and pods away from a node, or let the scheduler use it again
version_added: 0.2.0
description:
  - Cordons a node and empties it - first VMs of KubeVirt, then pods. Pods are evicted, so PodDisruptionBudgets are
    respected. Pods of DaemonSets and static pods stay.
  - An eviction of a VM whose C(evictionStrategy) is C(LiveMigrate), C(LiveMigrateIfPossible) or C(External), its own or
    that of the KubeVirt object, makes KubeVirt migrate it. A VM that can't be migrated is named with the reason, and
    O(unmovable_vms) says what is done then.
  - All that forbids the drain is said at once, before anything is changed. At the deadline the error says what is still
    on the node and why - the budget that holds a pod, the state of a migration, since when. The node stays cordoned
    then, and a later run of the same task takes up where it ended.
  - A node that was cordoned here has the annotation C(groundup.cloud/cordoned). A node that somebody else has cordoned
    is drained, and never uncordoned. Evacuations of VMs that are still on the node are ended when it is uncordoned.
  - Clusters without KubeVirt and without Ceph are drained as well.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Names what would be evicted, and by dry runs what a PodDisruptionBudget would hold now.
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.kubernetes_access
options:
  name:
    description: Name of the node.
    type: str
    required: true
    aliases: [node]
  state:
    description: Whether the node is emptied, or used again.
    type: str
    choices: [drained, uncordoned]
    default: drained
  force:
    description:
      - Consent to evict pods that no controller starts again, and with O(unmovable_vms=restart) to shut down VMs that
        no VirtualMachine starts again.
    type: bool
    default: false
  delete_emptydir_data:
    description:
      - Consent to lose the data that pods have in C(emptyDir) volumes. Launcher pods of VMs need none.
    type: bool
    default: false
  unmovable_vms:
    description:
      - What is done where a VM can't be migrated.
      - V(refuse) changes nothing at all and fails with the reason of each.
      - V(leave) goes on with everything else. The VMs are in RV(left), and RV(drained) is false.
      - V(restart) shuts them down in the end as their guests allow it. Those whose C(runStrategy) is C(Always) start
        elsewhere.
    type: str
    choices: [refuse, leave, restart]
    default: refuse
  grace_period:
    description: Seconds that pods have to end, instead of their own C(terminationGracePeriodSeconds).
    type: int
  ceph_gate:
    description:
      - Ask whether Ceph is healthy enough before anything is changed, as M(groundup.cloud.ceph_health) does. Without
        O(ceph_gate.command) it is asked only where the cluster has a C(CephCluster) of Rook that is not
          external.
      - It is not asked about a node that is drained already.
    type: dict
    suboptions:
      command:
        description:
          - The program C(ceph) with what comes before its arguments. By default it is run in Rook's toolbox by
            C(kubectl), with O(kubeconfig) and O(context).
        type: list
        elements: str
      accept:
        description: Names of health checks that may be raised.
        type: list
        elements: str
        default: []
      clean:
        description: All placement groups have to be active and clean.
        type: bool
        default: true
      osds:
        description: At least so many OSDs have to be up and in.
        type: int
        default: 0
      used_at_most:
        description: How many percent of its space the fullest OSD may use.
        type: int
        default: 100
      timeout:
        description: Seconds to wait for it. With V(0), the cluster is judged once.
        type: int
        default: 0
      settle:
        description: Seconds for which nothing may be missing before the wait ends.
        type: int
        default: 10
      connect_timeout:
        description: Seconds for which C(ceph) tries to reach a monitor.
        type: int
        default: 20
  timeout:
    description: Seconds for everything but the wait of O(ceph_gate).
    type: int
    default: 1800
    aliases: [wait_timeout]
seealso:
  - module: groundup.cloud.ceph_health
  - module: groundup.cloud.vm_migrate
"""

EXAMPLES = r"""
- name: Show what would leave a node, and what would hold the drain
  groundup.cloud.node_drain:
    name: node3
    delete_emptydir_data: true
  check_mode: true
  diff: true

- name: Empty a node before its maintenance, if Ceph can bear the loss of a machine
  groundup.cloud.node_drain:
    name: node3
    delete_emptydir_data: true
    ceph_gate: {used_at_most: 80}
    timeout: 3600

- name: Empty a node, and shut down VMs that can't be migrated, so that they start elsewhere
  groundup.cloud.node_drain:
    kubeconfig: ~/.kube/rack1
    name: node3
    delete_emptydir_data: true
    unmovable_vms: restart

- name: Let the scheduler use the node again, unless somebody else has cordoned it
  groundup.cloud.node_drain:
    name: node3
    state: uncordoned
"""

RETURN = r"""
node:
  description: Name of the node.
  returned: always
  type: str
  sample: node3
drained:
  description: Whether nothing is on the node but what stays on every node. In check mode, whether it is so now.
  returned: with state=drained, also at a failure
  type: bool
  sample: true
cordoned_here:
  description: Whether the node is cordoned by this module, in check mode whether it would be.
  returned: success
  type: bool
  sample: true
steps:
  description: What was done, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["cordon node3", "move VirtualMachineInstance shop/db", "evict pod shop/web-7d4f"]
pods:
  description: Pods that were on the node, and what was done with each, V(evicted) or V(stays), and why.
  returned: with state=drained
  type: list
  elements: dict
  sample: [{namespace: shop, name: web-7d4f, action: evicted, why: ""}]
virtual_machines:
  description: VMs that were on the node, and what was done with each, V(moved), V(restarted) or V(left), and why.
  returned: with state=drained
  type: list
  elements: dict
  sample: [{namespace: shop, name: db, action: moved, why: ""}]
moved:
  description: VMs that left the node, and where each runs now; C(to) is empty where one does not run.
  returned: with state=drained outside of check mode, also at a failure
  type: list
  elements: dict
  sample: [{namespace: shop, name: db, from: node3, to: node1}]
left:
  description: What is still on the node, by consent or at a failure.
  returned: with state=drained, also at a failure
  type: list
  elements: dict
  sample: []
blocked:
  description: Evictions that the API server would refuse now, with the budgets that forbid them.
  returned: with state=drained in check mode
  type: list
  elements: str
  sample: []
ceph:
  description: Whether Ceph was C(asked), whether it is C(healthy), and what is C(missing).
  returned: where O(ceph_gate) is given and there is something to do
  type: dict
  sample: {asked: true, healthy: true, missing: []}
seconds:
  description: How long the drain took.
  returned: with state=drained outside of check mode
  type: float
  sample: 48.3
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.vms.drain import perform

GATE = {
    "command": {"type": "list", "elements": "str"},
    "accept": {"type": "list", "elements": "str", "default": []},
    "clean": {"type": "bool", "default": True},
    "osds": {"type": "int", "default": 0},
    "used_at_most": {"type": "int", "default": 100},
    "timeout": {"type": "int", "default": 0},
    "settle": {"type": "int", "default": 10},
    "connect_timeout": {"type": "int", "default": 20},
}
SPEC = {
    **OPTIONS,
    "name": {"type": "str", "required": True, "aliases": ["node"]},
    "state": {"type": "str", "choices": ["drained", "uncordoned"], "default": "drained"},
    "force": {"type": "bool", "default": False},
    "delete_emptydir_data": {"type": "bool", "default": False},
    "unmovable_vms": {"type": "str", "choices": ["refuse", "leave", "restart"], "default": "refuse"},
    "grace_period": {"type": "int"},
    "ceph_gate": {"type": "dict", "options": GATE},
    "timeout": {"type": "int", "default": 1800, "aliases": ["wait_timeout"]},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
