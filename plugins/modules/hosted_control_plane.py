#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: hosted_control_plane
short_description: Run the control plane of a Kubernetes cluster as processes of this host
version_added: 0.1.0
description:
  - Unpacks etcd, kube-apiserver, kube-controller-manager and kube-scheduler from the images of a bundle, lets kubeadm
    make certificates, kubeconfigs, command lines and the objects that joining nodes read, and runs the servers below
    C(root) of O(kubernetes) as a directory of their own (C(chroot)). The endpoint's address is added to the interface
    of this host that is in its network.
  - Certificates that end within C(renew_days) of O(kubernetes) are renewed, and the servers started with them.
  - A run after one that was killed continues from where that one ended. Settings that a cluster has for life are
    refused.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Returns the steps and performs none.
    support: full
  diff_mode:
    description: Shows what differs of each step.
    support: full
extends_documentation_fragment:
  - groundup.cloud.hosted_control_plane_config
options:
  kubernetes:
    description: The input C(kubernetes_config) of P(groundup.cloud.kubernetes#role), with C(root) set.
    type: dict
    required: true
  state:
    description: Whether the control plane runs. V(absent) stops it and leaves its data.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Run the control plane on this host
  groundup.cloud.hosted_control_plane:
    config: "{{ hosted_control_plane_config }}"
    kubernetes: "{{ kubernetes_config }}"
"""

RETURN = r"""
renewed:
  description: Whether certificates were, or would be, renewed, so that copies of C(admin.conf) have to be made again.
  returned: success
  type: bool
  sample: false
steps:
  description: What was done, or would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["start etcd, kube-apiserver, kube-controller-manager, kube-scheduler"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.hosted.control_plane import perform
from ansible_collections.groundup.cloud.plugins.module_utils.hosted.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked
from ansible_collections.groundup.cloud.plugins.module_utils.specs.hosted_control_plane import CONFIG
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG as KUBERNETES

SPEC = {
    "config": CONFIG,
    "kubernetes": {"type": "dict", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    params = module.params

    def act() -> Result:
        kubernetes = checked("kubernetes", KUBERNETES, params["kubernetes"])
        return perform(parse(given(params["config"]), kubernetes), params["state"], module.check_mode)

    run(module, act)


if __name__ == "__main__":
    main()
