#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: rook_ceph_power
short_description: Stop and start all of a Ceph cluster in order
version_added: 0.2.0
description:
  - Stops Rook's operator, then gateways, metadata servers, OSDs, managers and at last monitors, as before all machines
    are switched off, and starts them the other way round. Each group is waited for.
  - It refuses to stop while volumes are attached to nodes, or Ceph is not healthy with all placement groups clean.
    C(noout) is set meanwhile, unless somebody else has set it.
  - A run that was interrupted is taken up by the next one. Only what was stopped by this module is started.
  - The namespace is C(rook-ceph). CSI drivers go on, and make no volumes while Ceph is stopped.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: What would prevent a stop fails as it would without check mode.
    support: full
  diff_mode:
    description: Shows the replicas of each Deployment.
    support: full
extends_documentation_fragment:
  - groundup.cloud.kubernetes_access
options:
  command:
    description:
      - The program C(ceph) with what comes before its arguments, so that it may run in Rook's toolbox.
    type: list
    elements: str
    default: [ceph]
  state:
    description: V(stopped) or V(running).
    type: str
    choices: [stopped, running]
    required: true
  timeout:
    description: Seconds until everything has to be stopped, or started and healthy.
    type: int
    default: 1800
  connect_timeout:
    description: Seconds for which C(ceph) tries to reach a monitor, for each of its calls.
    type: int
    default: 20
seealso:
  - module: groundup.cloud.ceph_maintenance
  - module: groundup.cloud.ceph_health
"""

EXAMPLES = r"""
- name: Stop all of Ceph, by Rook's toolbox
  groundup.cloud.rook_ceph_power:
    kubeconfig: ~/.kube/rack1
    command: [kubectl, -n, rook-ceph, exec, -i, deploy/rook-ceph-tools, --, ceph]
    state: stopped
  delegate_to: localhost
"""

RETURN = r"""
steps:
  description: What was stopped or started, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [stop Deployment rook-ceph/rook-ceph-operator]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_power import perform
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {
    **OPTIONS,
    "command": {"type": "list", "elements": "str", "default": ["ceph"]},
    "state": {"type": "str", "choices": ["stopped", "running"], "required": True},
    "timeout": {"type": "int", "default": 1800},
    "connect_timeout": {"type": "int", "default": 20},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
