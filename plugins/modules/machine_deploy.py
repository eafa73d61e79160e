#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: machine_deploy
short_description: Deploy an operating system on a machine unless it is deployed
version_added: 0.1.0
description:
  - Arms the boot service for one deployment, starts the machine from the network through its management controller,
    follows the ramdisk while it writes the image, disarms, starts the machine from its disk, and ends when it answers
    over SSH with the host key and the identity that were made for it.
  - Every step is stored on the provisioner before it is done. The next run continues a run that was killed at any
    point; a machine that is deployed is never written again unless O(reinstall) says so.
  - Runs on the provisioner (C(delegate_to)); the controller checks SSH and stores the host keys.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.machine_config
options:
  state_dir:
    description: Directory of the provisioner's state, the same as for role C(provisioner).
    type: path
    required: true
  known_hosts:
    description:
      - File on the controller that gets the machine's host key. Written in check mode as well, as it is a copy.
    type: str
    required: true
  host_network:
    description: Input of role C(host_network); the machine starts with the files that this role would write.
    type: dict
  ca_file:
    description: Certificate authority of the provisioner, on the provisioner; the machine will trust it.
    type: path
  reinstall:
    description: Deploy again though it is deployed; its root disk is erased.
    type: bool
    default: false
  wipe:
    description: Erase the root disk of a machine that was never deployed, and restart the machine if it is on.
    type: bool
    default: false
  wipe_storage:
    description: Erase the storage disks.
    type: bool
    default: false
  run:
    description: Names the run; attempts are counted within it. Set by the action plugin.
    type: str
    default: by hand
  patience:
    description: Seconds until a call returns to show progress. Set by the action plugin.
    type: float
    default: 10.0
  host:
    description: Result of the last check over SSH. Set by the action plugin.
    type: dict
    suboptions:
      state:
        description: One of C(same), C(silent), C(other), C(denied).
        type: str
      detail:
        description: Why.
        type: str
requirements:
  - requests >= 2.31 and urllib3 >= 2.1 (Redfish)
  - ipmitool (IPMI)
author: groundup.cloud founders (@groundup-cloud)
"""

EXAMPLES = r"""
- name: Deploy node1
  groundup.cloud.machine_deploy:
    machine: "{{ machine }}"
    ssh:
      address: 10.20.0.21
    state_dir: /var/lib/groundup/rack1
    known_hosts: ~/.local/state/groundup/rack1/known_hosts
  delegate_to: provisioner
"""

RETURN = r"""
stage:
  description: Stage of the machine.
  type: str
  returned: success
  sample: deployed
line:
  description: The same for people, in check mode what would be done.
  type: str
  returned: success
  sample: writing 45 % 31s
deployed:
  description: The deployment on its disk (deploy_id, host_key, machine_id, image, image_sha256, disk_serial), if any.
  type: dict
  returned: success
steps:
  description: What was done, or in check mode would be done, for people; empty where there is nothing to do.
  type: list
  elements: str
  returned: success
timeline:
  description: When the machine entered each stage, in seconds from the task's start.
  type: list
  elements: dict
  returned: success
evidence:
  description: The last events and the state that the management controller reports, one line each.
  type: list
  elements: str
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.groundup.cloud.plugins.module_utils.layers.host_network import network_files
from ansible_collections.groundup.cloud.plugins.module_utils.machines.arguments import DEPLOY
from ansible_collections.groundup.cloud.plugins.module_utils.machines.deploy import step
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run


def main() -> None:
    module = begin(AnsibleModule, DEPLOY, supports_check_mode=True)

    def act() -> Result:
        result = step(module.params, module.check_mode, network_files)
        if "missing_library" in result:
            result["msg"] = missing_required_lib(result["missing_library"])
        return result

    run(module, act)


if __name__ == "__main__":
    main()
