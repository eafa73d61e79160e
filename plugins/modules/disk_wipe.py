#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: disk_wipe
short_description: Erase disks that are named by serial number or WWN
version_added: 0.2.0
description:
  - Erases all signatures of disks, so that they are blank for everybody, among them both GPTs, LVM, MD, file systems,
    and every copy of Ceph's BlueStore label, and proves afterwards that nothing is left. Blocks are discarded where
    the disk supports it. A disk that is blank is left as it is.
  - It needs root and the programs C(blkid) and C(wipefs).
  - It is no erasure of confidential data. Blocks without a signature stay readable unless the disk discards them.
  - Nothing is erased unless the machine is named in O(consent). All disks are judged before the first one is erased.
  - Refused are disks that are mounted, that hold the running system, that swap space, device mapper, MD or a process
    uses, that belong to an OSD of a living cluster, or of which two sources disagree, such as the kernel and udev on
    the serial number, or the kernel and the disk on its partitions.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description:
      - Says what would be erased. A missing consent is no error then, and is said in C(refused).
    support: full
  diff_mode:
    description: Shows for each disk what is on it.
    support: full
options:
  disks:
    description: The disks, by serial number, WWN or both. A name such as C(sdb) can't be given.
    type: list
    elements: dict
    required: true
    suboptions:
      serial:
        description: Serial number of the disk, in any notation that C(lsblk) and C(/dev/disk/by-id) have.
        type: str
      wwn:
        description: World wide name of the disk. With O(disks[].serial), both must be those of one disk.
        type: str
  machine:
    description: Name of this machine, with which O(consent) is compared.
    type: str
    required: true
  consent:
    description:
      - Names of the machines whose disks may lose all that is on them. Give it for one run, with C(-e), and not in
        files.
    type: list
    elements: str
    default: []
  living_clusters:
    description:
      - Ceph clusters, by fsid, whose OSDs are never erased. V([]) says that no cluster lives.
      - While a cluster is named here, a disk of an OSD whose cluster can't be found out is refused as well.
    type: list
    elements: str
    required: true
  discard:
    description: Discard all blocks first. A disk without support for it is only erased.
    type: bool
    default: true
seealso:
  - module: groundup.cloud.disk_info
"""

EXAMPLES = r"""
- name: Erase a disk of a cluster that does not exist any more
  groundup.cloud.disk_wipe:
    machine: "{{ inventory_hostname }}"
    consent: "{{ disk_wipe_consent | default([]) }}" # -e '{"disk_wipe_consent": ["node3"]}'
    living_clusters: []
    disks:
      - {serial: S45NNA0M123456}

- name: Erase disks on a machine beside a cluster that lives
  groundup.cloud.disk_wipe:
    machine: "{{ inventory_hostname }}"
    consent: [node3]
    living_clusters: [8f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d]
    disks:
      - {wwn: "0x5002538e40a1b2c3"}
"""

RETURN = r"""
steps:
  description: What was erased, or in check mode would be, one line for each disk that is not blank.
  returned: success
  type: list
  elements: str
  sample: ["erase sdb: ceph_bluestore on sdb"]
refused:
  description: In check mode, the consent that is missing; empty otherwise.
  returned: success
  type: list
  elements: str
  sample: []
disks:
  description:
    - The disks that were erased, with C(name), what was C(erased), whether it was C(discarded), and why not
      (C(not_discarded)). Empty in check mode.
  returned: success
  type: list
  elements: dict
  sample: [{name: sdb, erased: [ceph_bluestore on sdb], discarded: true, not_discarded: ""}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.disks.wiping import perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

STR = {"type": "str"}
NAMES = {"type": "list", "elements": "str"}
DISK = {"serial": STR, "wwn": STR}
SPEC = {
    "disks": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": DISK,
        "required_one_of": [("serial", "wwn")],
    },
    "machine": {"type": "str", "required": True},
    "consent": {**NAMES, "default": []},
    "living_clusters": {**NAMES, "required": True},
    "discard": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
