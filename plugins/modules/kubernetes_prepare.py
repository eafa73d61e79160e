#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_prepare
short_description: Install kubelet, kubeadm and the load balancer of control planes
version_added: 0.1.0
description:
  - Installs kubelet, kubeadm and kubectl by sha256 from the bundle; on a control plane also the endpoint of the API
    (keepalived and haproxy), kubeadm's configuration and the audit policy.
  - Reads the real state first and changes only what differs. What makes the machine a member is done by
    M(groundup.cloud.kubernetes_init) and M(groundup.cloud.kubernetes_join).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: Shows what differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
"""

EXAMPLES = r"""
- name: Install kubelet and kubeadm
  groundup.cloud.kubernetes_prepare:
    config: "{{ kubernetes_config }}"
"""

RETURN = r"""
steps:
  description: What was done, or would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["file /etc/haproxy/haproxy.cfg", "systemctl reload haproxy.service"]
seconds:
  description: How long reading, planning and applying took on the host.
  returned: success
  type: float
  sample: 0.42
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.layers.kubernetes_host import prepare
from ansible_collections.groundup.cloud.plugins.module_utils.shell import given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG


def main() -> None:
    module = AnsibleModule({"config": CONFIG}, supports_check_mode=True)
    config = given(module.params["config"])
    run(module, lambda: prepare(config, check=module.check_mode, warn=module.warn))


if __name__ == "__main__":
    main()
