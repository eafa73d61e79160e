#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ceph_health
short_description: Check that a Ceph cluster is healthy enough to go on, or wait until it is
version_added: 0.2.0
description:
  - Reads the health of a Ceph cluster with its reasons, states of placement groups, monitors, OSDs, space and slow
    operations, and fails with what is missing unless it is as wanted. With O(timeout), it waits for that.
  - It is the gate before and after each step of a change, such as the restart of a machine with OSDs.
  - Changes nothing. It runs the program C(ceph) of O(command), with a key that may read (C(mon 'allow r')
    C(mgr 'allow r')).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description:
      - Judges the cluster once. What is missing is returned and is no error, as what was to be done before has not been
        done.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
options:
  command:
    description:
      - The program C(ceph) with what comes before its arguments, so that it may run in Rook's toolbox or in cephadm's
        shell.
    type: list
    elements: str
    default: [ceph]
  accept:
    description:
      - Names of health checks that may be raised, such as V(OSDMAP_FLAGS) while C(noout) is set. Checks that somebody
        has muted in Ceph count as accepted.
      - Accept V(OSD_DOWN) or V(MON_DOWN) also where Ceph has noticed that an OSD is down, or a monitor out of quorum,
        and has not raised the check yet.
    type: list
    elements: str
    default: []
  clean:
    description: All placement groups have to be active and clean. They may be scrubbed meanwhile.
    type: bool
    default: false
  osds:
    description: At least so many OSDs have to be up and in.
    type: int
    default: 0
  used_at_most:
    description: How many percent of its space the fullest OSD may use.
    type: int
    default: 100
  timeout:
    description: Seconds to wait. With V(0), the cluster is judged once.
    type: int
    default: 0
  settle:
    description:
      - Seconds for which nothing may be missing before a wait ends. Managers count placement groups every five seconds,
        so all of them may seem to be clean for a while after an OSD has gone or come.
      - It is not used without O(timeout).
    type: int
    default: 10
  forecast:
    description:
      - Also say what happens when the machine dies whose loss is the worst (C(machine_loss)). It takes four more calls
        of C(ceph), once, and is no part of what is judged.
    type: bool
    default: true
  connect_timeout:
    description: Seconds for which C(ceph) tries to reach a monitor, for each of its calls.
    type: int
    default: 20
"""

EXAMPLES = r"""
- name: Check that nothing is wrong before a machine is drained
  groundup.cloud.ceph_health:
    clean: true
    used_at_most: 80

- name: Wait until all data is where it should be, while noout is set
  groundup.cloud.ceph_health:
    accept: [OSDMAP_FLAGS]
    clean: true
    osds: 12
    timeout: 3600

- name: The same by Rook's toolbox
  groundup.cloud.ceph_health:
    command: [kubectl, -n, rook-ceph, exec, -i, deploy/rook-ceph-tools, --, ceph]
    clean: true
  delegate_to: localhost

- name: The same by cephadm
  groundup.cloud.ceph_health:
    command: [cephadm, shell, --, ceph]
    clean: true
"""

RETURN = r"""
healthy:
  description: Whether nothing is missing. It is false only in check mode and in failures.
  returned: always, unless C(ceph) could not be run
  type: bool
  sample: true
missing:
  description: What is missing, as text; empty otherwise.
  returned: always, unless C(ceph) could not be run
  type: list
  elements: str
  sample: ["OSD_DOWN: 1 osds down (osd.2 (root=default,host=node3) is down)"]
fsid:
  description: The cluster. This and all that follows is not there where the cluster does not answer.
  returned: when it answers
  type: str
  sample: 8f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d
status:
  description: Ceph's own word, V(HEALTH_OK), V(HEALTH_WARN) or V(HEALTH_ERR).
  returned: when it answers
  type: str
  sample: HEALTH_OK
checks:
  description: Raised checks with C(name), C(severity), C(summary), C(count), C(detail), and whether they are C(muted).
  returned: when it answers
  type: list
  elements: dict
  sample: []
mons:
  description: Names of monitors in C(quorum) and C(out_of_quorum).
  returned: when it answers
  type: dict
  sample: {quorum: [a, b, c], out_of_quorum: []}
active_manager:
  description: Whether a manager is active. All figures are old without one.
  returned: when it answers
  type: bool
  sample: true
osds:
  description: Their C(total) number, how many are C(up_and_in), and the names of those that are C(down) and C(out).
  returned: when it answers
  type: dict
  sample: {total: 3, up_and_in: 3, down: [], out: []}
pgs:
  description:
    - C(total) number of placement groups, their number by C(states), whether all are C(clean), and percent of the
      objects' copies that are missing (C(degraded_percent)) or not where they should be (C(misplaced_percent)).
  returned: when it answers
  type: dict
  sample: {total: 33, states: {active+clean: 33}, clean: true, degraded_percent: 0.0, misplaced_percent: 0.0}
space:
  description:
    - Raw bytes in C(total), C(used) and C(available), C(used_percent), and the C(fullest) OSD with its C(used_percent).
  returned: when it answers
  type: dict
  sample: {total: 6442450944, used: 913195008, available: 5529255936, used_percent: 14.2,
           fullest: {osd: osd.0, used_percent: 14.2}}
machine_loss:
  description:
    - What happens when the C(machine) dies whose loss is the worst, after Ceph has made all copies anew. It holds
      C(used) raw bytes now.
    - C(placed_again) is whether there is a place for all copies, below C(nearfull_percent), at which Ceph warns.
      C(fullest) is the OSD that would be the fullest. C(too_few_domains) names the pools that would have fewer failure
      domains than copies; their data stays, with a copy less. It is always so with three machines and three copies.
    - It is reckoned from the data, weights and rules of pools, and from how unevenly OSDs are filled now.
  returned: when it answers, with O(forecast)
  type: dict
  sample: {machine: node3, used: 4123168604160, fullest: {osd: osd.2, used_percent: 71.4}, nearfull_percent: 85.0,
           too_few_domains: [], placed_again: true}
slow_operations:
  description: Their C(count), and the C(daemons) that have them.
  returned: when it answers
  type: dict
  sample: {count: 0, daemons: []}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.gate import perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

NAMES = {"type": "list", "elements": "str"}
SPEC = {
    "command": {**NAMES, "default": ["ceph"]},
    "accept": {**NAMES, "default": []},
    "clean": {"type": "bool", "default": False},
    "osds": {"type": "int", "default": 0},
    "used_at_most": {"type": "int", "default": 100},
    "timeout": {"type": "int", "default": 0},
    "settle": {"type": "int", "default": 10},
    "forecast": {"type": "bool", "default": True},
    "connect_timeout": {"type": "int", "default": 20},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
