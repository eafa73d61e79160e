#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: host_base
short_description: Configure packages, kernel, time and firewall of a Debian host for a Kubernetes node
version_added: 0.1.0
description:
  - Packages, kernel modules, sysctls, time, limits, swap, names, certificates, journal and firewall in one plan.
  - Reads the real state first and changes only what differs; a run that was interrupted is finished by the next one.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: Shows every file and setting that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.host_base_config
"""

EXAMPLES = r"""
- name: Prepare a node
  groundup.cloud.host_base:
    config:
      ntp_servers: [10.10.0.1]
      kernel_modules: [vhost_net]
      hosts: {node1: 10.30.0.21, node2: 10.30.0.22}
      firewall: {enabled: true, trusted: [10.10.0.0/24, 10.30.0.0/24, 10.64.0.0/14]}
"""

RETURN = r"""
steps:
  description: What was done, or would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["file /etc/chrony/chrony.conf", "systemctl restart chrony.service"]
seconds:
  description: How long reading, planning and applying took on the host.
  returned: success
  type: float
  sample: 0.42
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.host.layer import run_layer
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.layers.host_base import renderer
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked
from ansible_collections.groundup.cloud.plugins.module_utils.specs.host_base import CONFIG


def main() -> None:
    module = begin(AnsibleModule, {"config": CONFIG}, supports_check_mode=True)

    def act() -> Result:
        wanted = checked("host_base", CONFIG, given(module.params["config"]))
        return run_layer(renderer(System()), wanted, check=module.check_mode, warn=module.warn)

    run(module, act)


if __name__ == "__main__":
    main()
