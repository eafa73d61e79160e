#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ceph_maintenance
short_description: Keep the OSDs of a machine in while they are stopped for a while
version_added: 0.2.0
description:
  - Begins the maintenance of a machine, or of another part of the CRUSH map, if the cluster is healthy and Ceph says
    that all its OSDs may be stopped (C(ok-to-stop)). Until it ends, their data stays where it is, as each of them has
    the flag C(noout). Other OSDs are marked out as always.
  - The end removes exactly the flags that the beginning set, whatever the state of the cluster, also after a crash.
    For which OSDs they were set is kept in the store of Ceph's monitors, not on this host.
  - A second machine is refused while one is in maintenance.
  - It runs the program C(ceph) of O(command), with a key that may write (C(mon 'allow *') C(mgr 'allow *')), such as
    that of Rook's toolbox.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: What would prevent the beginning is returned in C(missing) and is no error.
    support: full
  diff_mode:
    description: Shows the flags.
    support: full
options:
  command:
    description:
      - The program C(ceph) with what comes before its arguments, so that it may run in Rook's toolbox or in cephadm's
        shell.
    type: list
    elements: str
    default: [ceph]
  bucket:
    description: Name of the machine, rack or zone as C(ceph osd tree) shows it.
    type: str
    required: true
  state:
    description: V(present) begins the maintenance, V(absent) ends it.
    type: str
    choices: [present, absent]
    default: present
  accept:
    description: Names of health checks that may be raised when it begins.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds to wait until it may begin. With V(0), the cluster is judged once.
    type: int
    default: 0
  connect_timeout:
    description: Seconds for which C(ceph) tries to reach a monitor, for each of its calls.
    type: int
    default: 20
seealso:
  - module: groundup.cloud.ceph_health
  - module: groundup.cloud.ceph_osd
notes:
  - There is no C(norebalance) here. Ceph has it for the whole cluster only, and data of OSDs that are down and stay in
    is not moved anyway.
"""

EXAMPLES = r"""
- name: Begin the maintenance of a machine
  groundup.cloud.ceph_maintenance:
    bucket: node3
    timeout: 1800

- name: End it, by Rook's toolbox
  groundup.cloud.ceph_maintenance:
    command: [kubectl, -n, rook-ceph, exec, -i, deploy/rook-ceph-tools, --, ceph]
    bucket: node3
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [set noout for osd.3]
missing:
  description: What is missing before the maintenance may begin; in check mode and in failures.
  returned: always, unless C(ceph) could not be run
  type: list
  elements: str
  sample: []
osds:
  description: Ids of the OSDs that have the flag by this maintenance, or had it until it ended.
  returned: success
  type: list
  elements: int
  sample: [3]
since:
  description: When the maintenance began, in UTC; empty where there was none.
  returned: success
  type: str
  sample: "2026-11-29T10:20:00Z"
foreign_flags:
  description: Flags that this module has not set, before this run. They are left as they are.
  returned: success
  type: list
  elements: str
  sample: ["noout of node2", "norebalance of the whole cluster"]
in_maintenance:
  description: All that was in maintenance before this run.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.maintenance import perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

NAMES = {"type": "list", "elements": "str"}
SPEC = {
    "command": {**NAMES, "default": ["ceph"]},
    "bucket": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "accept": {**NAMES, "default": []},
    "timeout": {"type": "int", "default": 0},
    "connect_timeout": {"type": "int", "default": 20},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
