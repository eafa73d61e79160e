#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cpu_info
short_description: Read maker, model, features and known faults of the CPUs of a host
version_added: 0.2.0
description:
  - Reads C(/proc/cpuinfo). Changes nothing, and needs no root.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Reads only, so check mode makes no difference.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
seealso:
  - module: groundup.cloud.kubevirt
"""

EXAMPLES = r"""
- name: Look up the CPUs
  groundup.cloud.cpu_info:
  register: found

- name: Fail where guests could not use AVX-512
  ansible.builtin.assert:
    that: "'avx512f' in found.cpus.flags"
"""

RETURN = r"""
cpus:
  description: The CPUs of the host.
  returned: success
  type: dict
  contains:
    vendor:
      description: Their maker, as the CPU calls it. Empty where they are none of x86.
      type: str
      sample: GenuineIntel
    family:
      description: Number of their family.
      type: int
      sample: 6
    model:
      description: Number of their model.
      type: int
      sample: 85
    stepping:
      description: Number of their stepping.
      type: int
      sample: 7
    name:
      description: Their name.
      type: str
      sample: Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz
    microcode:
      description: The version of their microcode.
      type: str
      sample: "0x5003707"
    flags:
      description: Features that all of them have, as the kernel calls them.
      type: list
      elements: str
      sample: [aes, avx, avx2]
    bugs:
      description: Faults that one of them has, as the kernel calls them.
      type: list
      elements: str
      sample: [spectre_v1, spectre_v2]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.host.cpus import read
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run


def main() -> None:
    module = begin(AnsibleModule, {}, supports_check_mode=True)
    run(module, lambda: {"changed": False, "cpus": read().facts()})


if __name__ == "__main__":
    main()
