#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ceph_osd
short_description: Drain, remove, replace or take back OSDs of a Ceph cluster
version_added: 0.2.0
description:
  - Takes OSDs away in the order out, drained, stopped, purged, and goes on to the next step only when Ceph itself says
    that it may (C(safe-to-destroy), and all placement groups clean; for dead disks C(ok-to-stop), and all active).
  - Each run reads the state from Ceph and goes on from there, so it may be interrupted at any time, and run again.
  - All OSDs are judged before the first is touched. Refused are OSDs without whose space the others would be nearly
    full, without which a pool would have fewer failure domains than copies, and OSDs while others are being drained.
    While placement groups recover, it waits.
  - Nothing is taken away unless O(consent) names the OSD or its machine.
  - It runs the program C(ceph) of O(command), with a key that may write (C(mon 'allow *') C(mgr 'allow *')), such as
    that of Rook's toolbox.
author: groundup.cloud founders (@groundup-cloud)
extends_documentation_fragment:
  - groundup.cloud.kubernetes_access
attributes:
  check_mode:
    description:
      - Says what would be done. A missing consent is said in C(refused) and what is waited for in C(missing); neither
        is an error then.
    support: full
  diff_mode:
    description: Shows the state of each OSD before, and each step.
    support: full
options:
  command:
    description:
      - The program C(ceph) with what comes before its arguments, so that it may run in Rook's toolbox or in cephadm's
        shell.
    type: list
    elements: str
    default: [ceph]
  osds:
    description: The OSDs, each by its id, by its machine and the serial number of a disk, or all of a machine.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Its number.
        type: int
      host:
        description: Its machine as C(ceph osd tree) shows it. Without O(osds[].serial), all OSDs of it are meant.
        type: str
      serial:
        description:
          - Serial number of its disk. That of a disk with metadata of several OSDs means all of these.
        type: str
  state:
    description:
      - V(out) moves all data away and ends when that is done.
      - V(removed) then stops the OSD and purges it. Its id is free for any other. A machine whose OSDs are all named
        by O(osds[].host) is also taken out of the CRUSH map.
      - V(destroyed) stops it after its data has moved, and keeps its id and place for a new disk, which
        C(ceph-volume lvm create --osd-id) gives it. Rook 1.20 can't do that, so it is refused with O(rook).
      - V(in) takes it back, up to where it has not been destroyed or purged.
    type: str
    choices: [out, removed, destroyed, in]
    required: true
  consent:
    description:
      - Ids of OSDs, or names of machines, that may be taken away. Give it for one run, with C(-e), and not in files.
    type: list
    elements: str
    default: []
  lost:
    description:
      - Ids of OSDs whose disk is dead. They have to be down. Nothing can be moved away from them, so they are stopped,
        purged or destroyed once the other copies serve all data, which is that Ceph says C(ok-to-stop) and all
        placement groups are active, for ten seconds.
      - Without it, Ceph first makes new copies elsewhere, which is safer. It is needed where there is no elsewhere,
        as with three machines and three copies.
    type: list
    elements: int
    default: []
  rook:
    description:
      - The CephCluster, where Rook runs the OSDs. It is reached by O(kubeconfig) and the options beside it.
      - The module stops daemons of Rook by their Deployment. Other daemons it does not stop, and says how.
      - Before it stops a daemon, Rook is kept from looking after this CephCluster (the label
        C(ceph.rook.io/do-not-reconcile)), since it would make an OSD again from what is on the disk. A run with
        O(erased) takes that back.
      - Refused are OSDs whose disk the CephCluster still lists.
    type: dict
    suboptions:
      namespace:
        description: Its namespace.
        type: str
        default: rook-ceph
      cluster:
        description: Its name.
        type: str
        default: rook-ceph
  erased:
    description:
      - The disks of the OSDs have been erased, as by M(groundup.cloud.disk_wipe), or pulled, or are dead. Rook may
        look after the cluster, now or again.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to wait for Ceph, in all. Moving the data of a disk takes hours. A run that ends early fails with what
        is missing, and the next one goes on.
    type: int
    default: 3600
  connect_timeout:
    description: Seconds for which C(ceph) tries to reach a monitor, for each of its calls.
    type: int
    default: 20
seealso:
  - module: groundup.cloud.ceph_health
  - module: groundup.cloud.ceph_maintenance
  - module: groundup.cloud.disk_wipe
"""

EXAMPLES = r"""
- name: Remove the OSD of a disk
  groundup.cloud.ceph_osd:
    osds: [{host: node3, serial: S45NNA0M123456}]
    state: removed
    consent: "{{ ceph_osd_consent | default([]) }}" # -e '{"ceph_osd_consent": ["osd.7"]}'
    timeout: 86400

- name: Keep the id of a dead disk for the disk that replaces it
  groundup.cloud.ceph_osd:
    osds: [{id: 7}]
    state: destroyed
    lost: [7]
    consent: [7]

- name: Remove all OSDs of a machine that Rook runs
  groundup.cloud.ceph_osd:
    command: [kubectl, -n, rook-ceph, exec, -i, deploy/rook-ceph-tools, --, ceph]
    kubeconfig: ~/.kube/rack1
    rook: {}
    osds: [{host: node5}]
    state: removed
    consent: [node5]
  delegate_to: localhost
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be. In failures, what was done before.
  returned: always, unless C(ceph) could not be run
  type: list
  elements: str
  sample: ["osd.7: mark out, so that its data moves to others"]
missing:
  description: What is waited for; in check mode and in failures.
  returned: always, unless C(ceph) could not be run
  type: list
  elements: str
  sample: ["osd.7 on node3: is not drained; it has 12 PGs, 340.2 GiB of data"]
refused:
  description: In check mode, the consent that is missing; empty otherwise.
  returned: success
  type: list
  elements: str
  sample: []
osds:
  description:
    - The OSDs with C(id), C(host), C(disks) (model and serial number) and C(state), such as V(up and in), V(down and
      out), V(destroyed), or V(none) after it was purged.
  returned: always, unless C(ceph) could not be run
  type: list
  elements: dict
  sample: [{id: 7, host: node3, disks: [SAMSUNG_MZ7LH960_S45NNA0M123456], state: none}]
gone:
  description: What was named and is no OSD, as after it was removed.
  returned: always, unless C(ceph) could not be run
  type: list
  elements: str
  sample: []
held:
  description: OSDs whose disks are to be erased before Rook looks after the cluster again.
  returned: always, unless C(ceph) could not be run
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd import perform
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_osds import daemons
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

NAMES = {"type": "list", "elements": "str"}
SPEC = {
    **OPTIONS,
    "command": {**NAMES, "default": ["ceph"]},
    "osds": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"id": {"type": "int"}, "host": {"type": "str"}, "serial": {"type": "str"}},
        "required_one_of": [("id", "host")],
        "mutually_exclusive": [("id", "host")],
        "required_by": {"serial": ("host",)},
    },
    "state": {"type": "str", "choices": ["out", "removed", "destroyed", "in"], "required": True},
    "consent": {**NAMES, "default": []},
    "lost": {"type": "list", "elements": "int", "default": []},
    "rook": {
        "type": "dict",
        "options": {
            "namespace": {"type": "str", "default": "rook-ceph"},
            "cluster": {"type": "str", "default": "rook-ceph"},
        },
    },
    "erased": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 3600},
    "connect_timeout": {"type": "int", "default": 20},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params, module.check_mode, daemons=daemons(module.params)))


if __name__ == "__main__":
    main()
