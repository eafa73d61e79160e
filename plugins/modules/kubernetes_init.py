#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_init
short_description: Initialize a Kubernetes cluster, or finish an interrupted initialization
version_added: 0.1.0
description:
  - Runs C(kubeadm init) as a unit of systemd, so that it continues when the connection or the controller is lost. The
    next run waits for it, and continues an initialization that was interrupted, by a power cut for example.
  - Makes the key that encrypts Secrets at rest, and deletes the bootstrap token when kubeadm has ended.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says that a cluster would be initialized, and changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
"""

EXAMPLES = r"""
- name: Initialize the cluster
  groundup.cloud.kubernetes_init:
    config: "{{ kubernetes_config }}"
  when: inventory_hostname == plan.init
"""

RETURN = r"""
resumed:
  description: Whether an earlier run had begun it.
  returned: success
  type: bool
  sample: false
steps:
  description: What was done, or in check mode would be done, for people; empty where there is nothing to do.
  returned: success
  type: list
  elements: str
  sample: [initialize the cluster]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.kube.control_plane import perform
from ansible_collections.groundup.cloud.plugins.module_utils.kube.shell import run
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
}


def main() -> None:
    run(begin(AnsibleModule, SPEC, supports_check_mode=True), perform)


if __name__ == "__main__":
    main()
