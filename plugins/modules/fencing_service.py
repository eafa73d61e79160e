#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: fencing_service
short_description: Run the service that fences machines which are lost
version_added: 0.2.0
description:
  - Runs a program on this host that looks at all nodes of a cluster every few seconds, fences machines that are lost
    and returns those that are back. It judges as M(groundup.cloud.node_fence) does, without anybody's consent.
  - In the cluster the program has an account of its own, with the rights that it needs and no others.
  - The program, its configuration and its kubeconfig are compared with what is wanted, and it is started again where
    something differs. Nothing that it does is lost then, since each look goes on from the living state.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Returns the steps and performs none.
    support: full
  diff_mode:
    description: Shows what differs of each step, without credentials.
    support: full
extends_documentation_fragment:
  - groundup.cloud.vm_ha_config
  - groundup.cloud.attributes
options:
  kubeconfig:
    description:
      - Text of an administrator's kubeconfig, with certificates or a token in it, as kubeadm writes it. With it the
        account of the program in the cluster is made, renewed and removed. It is not written to this host.
      - Empty where there is no cluster yet; only a check can be made then.
    type: str
    default: ""
  state:
    description:
      - Whether the service runs. V(absent) also removes its credentials, and its account where O(kubeconfig) is given.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Fence machines that are lost
  groundup.cloud.fencing_service:
    config: "{{ vm_ha_config }}"
    kubeconfig: "{{ lookup('ansible.builtin.file', '~/.kube/rack1') }}"
  delegate_to: provisioner
"""

RETURN = r"""
steps:
  description: What was done, or would be done, in order.
  type: list
  elements: str
  returned: success
  sample: [restart vm-ha]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.ha.service import perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked, filled
from ansible_collections.groundup.cloud.plugins.module_utils.specs.vm_ha import CONFIG

SPEC = {
    "config": CONFIG,
    "kubeconfig": {"type": "str", "default": "", "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    params = module.params

    def act() -> Result:
        config = filled(CONFIG, checked("vm_ha", CONFIG, given(params["config"])))
        return perform(config, params["kubeconfig"], params["state"], module.check_mode)

    run(module, act)


if __name__ == "__main__":
    main()
