#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_pull
short_description: Set one link of a bond down for a few seconds, as if its cable were drawn
version_added: 0.2.0
description:
  - Waits until the stream of M(groundup.cloud.prove_stream) arrives, sets the link down for five seconds and up again,
    and waits until it is a member of the bond again.
  - A timer on the machine sets the link up after a minute, whatever becomes of the module.
  - Nothing is pulled if no other member takes part in the bond.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Is refused, since what it is for is the interruption.
    support: none
options:
  bond:
    description: Name of the bond.
    type: str
    required: true
  member:
    description: Which member, counted from 0.
    type: int
    required: true
  token:
    description: Name of the stream.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Pull the first link of bond0
  groundup.cloud.prove_pull:
    bond: bond0
    member: 0
    token: node1-bond0-0
"""

RETURN = r"""
pulled:
  description:
    - C(member), the link; C(down), seconds for which it was down, 0 if nothing was pulled; C(back), seconds until it
      was a member again; C(fault), why nothing was pulled or what is wrong afterwards, else empty.
  type: dict
  returned: success
  sample: {member: eno1, down: 5.0, back: 3.1, fault: ""}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.prove.pull import pull
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    "bond": {"type": "str", "required": True},
    "member": {"type": "int", "required": True},
    "token": {"type": "str", "required": True, "no_log": False},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC)

    def act() -> Result:
        pulled = pull(module.params["bond"], module.params["member"], module.params["token"])
        return {"changed": pulled.down > 0, "pulled": pulled.as_dict()}

    run(module, act)


if __name__ == "__main__":
    main()
