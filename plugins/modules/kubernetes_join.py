#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_join
short_description: Join a machine to a Kubernetes cluster
version_added: 0.1.0
description:
  - Runs C(kubeadm join) as a unit of systemd; a run that finds it still running waits for it. Secrets reach kubeadm in
    a file that only root reads and that is removed when it has ended.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says that the machine would join, and changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
  - groundup.cloud.kubernetes.join_credentials
options:
  discovery:
    description: As returned by M(groundup.cloud.kubernetes_join_credentials).
    type: dict
    required: true
  encryption:
    description: Text of the cluster's C(EncryptionConfiguration). Control planes need it where encryption is on.
    type: str
    default: ""
  reset:
    description: Reset the Kubernetes state of the machine first (C(kubeadm reset)).
    type: bool
    default: false
  finished:
    description: The live cluster shows that an earlier run's join succeeded; record that and do nothing else.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Join the cluster
  groundup.cloud.kubernetes_join:
    config: "{{ kubernetes_config }}"
    token: "{{ credentials.token }}"
    certificate_key: "{{ credentials.key }}"
    discovery: "{{ issued.discovery }}"
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
  sample: [join the cluster]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.kube.join import perform
from ansible_collections.groundup.cloud.plugins.module_utils.kube.shell import run
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
    "token": {"type": "str", "required": True, "no_log": True},
    "certificate_key": {"type": "str", "required": True, "no_log": True},
    "discovery": {"type": "dict", "required": True},
    "encryption": {"type": "str", "default": "", "no_log": True},
    "reset": {"type": "bool", "default": False},
    "finished": {"type": "bool", "default": False},
}


def main() -> None:
    run(begin(AnsibleModule, SPEC, supports_check_mode=True), perform)


if __name__ == "__main__":
    main()
