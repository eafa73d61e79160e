#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_membership
short_description: Read the membership of a machine in its cluster
version_added: 0.1.0
description:
  - Reads the machine's own files and, on a control plane, nodes and etcd members through the API, in one call. Changes
    nothing. With C(config.kubeconfig), on the host that acts on a cluster of others, it fails where machines can't join
    that cluster. P(groundup.cloud.kubernetes_plan#filter) makes the plan from all machines' observations.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Reads only, so check mode makes no difference.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
options:
  wait:
    description: Seconds to wait for an API that does not answer, on machines that belong to a cluster.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Read the membership of the machine
  groundup.cloud.kubernetes_membership:
    config: "{{ kubernetes_config }}"
  register: membership
"""

RETURN = r"""
observation:
  description: >-
    State of this machine: C(joined), C(admin), C(etcd_data), the last C(attempt), C(stale), C(due), and C(cluster)
    with C(version), C(nodes) and C(etcd) members, null when no API answered; then C(error) says why.
  returned: success
  type: dict
  sample: {"name": "node1", "control_plane": true, "joined": false, "cluster": null, "error": ""}
settings:
  description: The O(config) that was given, for tasks of other hosts that act through this one.
  returned: success
  type: dict
  sample: {"cluster": "rack1", "version": "1.36.3"}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.kube.existing import perform
from ansible_collections.groundup.cloud.plugins.module_utils.kube.shell import run
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
    "wait": {"type": "int", "default": 60},
}


def main() -> None:
    run(begin(AnsibleModule, SPEC, supports_check_mode=True), perform)


if __name__ == "__main__":
    main()
