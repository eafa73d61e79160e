#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: disk_info
short_description: List the disks of a host with all their ids, what is on them, who uses them, and their health
version_added: 0.2.0
description:
  - Reads serial numbers, WWNs, size, kind and transport of every disk, partition tables with the backup GPT, signatures
    of file systems, LVM, MD and Ceph, with the copies of BlueStore's label, the Ceph cluster and OSD to which a disk
    belongs, what uses the disk, and what the disk says of its health.
  - Changes nothing. It needs root and the program C(blkid).
  - A disk that can't be read is listed with the reason in C(problem).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Reads only, so check mode makes no difference.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
options:
  disks:
    description: Read only these disks. It fails where none or several disks match. All disks by default.
    type: list
    elements: dict
    default: []
    suboptions:
      serial:
        description: Serial number of the disk, in any notation that C(lsblk) and C(/dev/disk/by-id) have.
        type: str
      wwn:
        description: World wide name of the disk. With O(disks[].serial), both must be those of one disk.
        type: str
  health:
    description: Also read SMART and NVMe health, where C(smartctl) or C(nvme) is installed.
    type: bool
    default: true
seealso:
  - module: groundup.cloud.disk_wipe
"""

EXAMPLES = r"""
- name: List all disks
  groundup.cloud.disk_info:
  register: found

- name: Show disks that belong to a Ceph cluster
  ansible.builtin.debug:
    msg: "{{ found.disks | selectattr('ceph') | map(attribute='serial') }}"

- name: Read one disk
  groundup.cloud.disk_info:
    disks:
      - {serial: S45NNA0M123456}
"""

RETURN = r"""
disks:
  description: The disks, sorted by name, or in the order of O(disks).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The kernel's name, which may be another one after the next start.
      type: str
      sample: sdb
    path:
      description: The device node.
      type: str
      sample: /dev/sdb
    number:
      description: Major and minor number.
      type: str
      sample: "8:16"
    size:
      description: Size in bytes.
      type: int
      sample: 960197124096
    sector:
      description: Size of a logical sector in bytes.
      type: int
      sample: 512
    model:
      description: The model.
      type: str
      sample: SAMSUNG MZ7LH960
    serial:
      description: The first of C(serials), null if there is none.
      type: str
      sample: S45NNA0M123456
    serials:
      description: Serial numbers by all sources.
      type: list
      elements: str
      sample: [S45NNA0M123456]
    wwn:
      description: The first of C(wwns), null if there is none.
      type: str
      sample: naa.5002538e40a1b2c3
    wwns:
      description: WWNs by all sources.
      type: list
      elements: str
      sample: [naa.5002538e40a1b2c3]
    links:
      description: Its names in C(/dev/disk/by-id).
      type: list
      elements: str
      sample: [/dev/disk/by-id/wwn-0x5002538e40a1b2c3]
    rotational:
      description: Whether it has turning platters.
      type: bool
      sample: false
    transport:
      description: How it is connected, such as V(nvme), V(sata), V(sas), V(usb) or V(virtio); empty if unknown.
      type: str
      sample: sata
    read_only:
      description: Whether it is write-protected.
      type: bool
      sample: false
    blank:
      description: Whether nothing is on it and nothing uses it.
      type: bool
      sample: false
    data:
      description: What is on it and who uses it, as text. Not there where C(problem) is set, as all that follows.
      type: list
      elements: str
      sample: [ceph_bluestore on sdb]
    signatures:
      description: Signatures with C(device), C(usage), C(type), C(label), C(uuid) and C(subsystem) (LUKS).
      type: list
      elements: dict
      sample: [{device: sdb, usage: other, type: ceph_bluestore, label: "", uuid: "", subsystem: ""}]
    gpt:
      description: C(guid), whether there is a valid C(primary) GPT, or a backup at the end without it (C(backup_only)).
      type: dict
      sample: {guid: "", primary: false, backup_only: false}
    bluestore:
      description:
        - Labels of BlueStore with their C(offset) in bytes, C(osd_uuid), C(size), C(description), C(fsid), C(osd), and
          whether they are C(damaged).
      type: list
      elements: dict
      sample: [{offset: 0, osd_uuid: 11112222-3333-4444-8555-666677778888, size: 960197124096, description: main,
                fsid: 8f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d, osd: "7", damaged: false}]
    partitions:
      description: Partitions with C(name), C(number), C(start), C(size) in bytes, and C(type) and C(label) by the GPT.
      type: list
      elements: dict
      sample: []
    holders:
      description: Block devices on it, with C(name), and C(label) by the device mapper.
      type: list
      elements: dict
      sample: []
    mounts:
      description: Mounted file systems, with C(device) and C(point).
      type: list
      elements: dict
      sample: []
    swap:
      description: Devices with swap space in use.
      type: list
      elements: str
      sample: []
    claimed:
      description: Whether the kernel refuses exclusive use though none of the above uses it.
      type: bool
      sample: false
    processes:
      description: Processes that have it or a partition open.
      type: list
      elements: str
      sample: ["open in process 4711 (ceph-osd)"]
    ceph:
      description: Each trace of an OSD, with C(fsid), C(osd) and C(source); C(fsid) and C(osd) are empty if not known.
      type: list
      elements: dict
      sample: [{fsid: 8f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d, osd: "7", source: BlueStore label at 0 GiB of sdb}]
    health:
      description:
        - C(source), C(passed), C(reasons) and C(values); C(passed) is null where nothing is known, and C(why_not) says
          why. Null without O(health).
      type: dict
      sample: {source: smartctl, passed: true, reasons: [], values: {temperature: 31}, why_not: ""}
    problem:
      description: Why it could not be read; empty otherwise.
      type: str
      sample: ""
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.disks.inventory import inventory
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

STR = {"type": "str"}
DISK = {"serial": STR, "wwn": STR}
SPEC = {
    "disks": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": DISK,
        "required_one_of": [("serial", "wwn")],
    },
    "health": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    params = module.params
    run(module, lambda: {"changed": False, "disks": inventory(params["disks"], params["health"])})


if __name__ == "__main__":
    main()
