#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: machine_deployed_info
short_description: Find the machines that are deployed and answer, in one call for all
version_added: 0.1.0
description:
  - Reads the records of deployments on the provisioner, and logs in to each machine whose deployment was confirmed,
    with its expected host key. A machine that answers with the identity of its deployment needs no
    M(groundup.cloud.machine_deploy), which would find the same for one machine in a process of its own.
  - Says nothing about the other machines. M(groundup.cloud.machine_deploy) deploys them, switches them on, or fails
    with the reason.
  - Runs on the provisioner (C(delegate_to)). The controller logs in to as many machines side by side as the run has
    forks, and stores their host keys.
attributes:
  check_mode:
    description: Stores host keys on the controller in check mode as well, as they are copies.
    support: full
  diff_mode:
    support: none
extends_documentation_fragment:
  - groundup.cloud.attributes
options:
  state_dir:
    description: Directory of the provisioner's state, the same as for role C(provisioner).
    type: path
    required: true
  machines:
    description:
      - Inventory names of the machines. Of each, C(machine_config) and C(machine_ssh) are read, the inputs of role
        C(machine). Without C(machine_ssh), C(ansible_host), C(ansible_user) and C(ansible_ssh_private_key_file) say how
        the controller logs in.
    type: list
    elements: str
    required: true
  known_hosts:
    description: File on the controller that gets the machines' host keys.
    type: str
    required: true
author: groundup.cloud founders (@groundup-cloud)
"""

EXAMPLES = r"""
- name: Find the machines that are deployed and answer
  groundup.cloud.machine_deployed_info:
    state_dir: /var/lib/groundup/rack1
    machines: "{{ ansible_play_hosts }}"
    known_hosts: ~/.local/state/groundup/rack1/known_hosts
  delegate_to: provisioner
  run_once: true
  register: found

- name: Leave the play on machines that need no deployment
  ansible.builtin.meta: end_host
  when: inventory_hostname in found.answering
"""

RETURN = r"""
answering:
  description: Machines that are deployed and answer with the host key and the identity of their deployment.
  type: list
  elements: str
  returned: success
  sample: [node1, node2]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.machines.deployed import settled
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {
    "state_dir": {"type": "path", "required": True},
    "machines": {"type": "list", "elements": "str", "required": True},
    "known_hosts": {"type": "str", "required": True, "no_log": False},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    state, machines = module.params["state_dir"], module.params["machines"]
    # The action plugin of the same name logs in to these, and returns those that answer.
    run(module, lambda: {"changed": False, "deployed": settled(state, machines)})


if __name__ == "__main__":
    main()
