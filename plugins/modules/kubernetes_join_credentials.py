#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_join_credentials
short_description: Issue or withdraw the credentials with which machines join a cluster
version_added: 0.1.0
description:
  - Makes a bootstrap token, and where control planes join uploads their certificates encrypted, or deletes both.
    They expire by themselves after 15 minutes, 45 on slow machines. Runs on a control plane, or with
    C(config.kubeconfig) on the host that acts on a cluster of others, where it makes and deletes its token and nothing
    else.
  - Removes etcd members whose machines will join again.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
  - groundup.cloud.kubernetes.join_credentials
options:
  state:
    description: Whether the credentials are valid or withdrawn.
    type: str
    choices: [present, absent]
    default: present
  certificates:
    description: Upload the certificates that control planes need.
    type: bool
    default: false
  stale_members:
    description: Members of etcd to remove, each with C(id) and C(name).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Issue join credentials
  groundup.cloud.kubernetes_join_credentials:
    config: "{{ kubernetes_config }}"
    token: "{{ credentials.token }}"
    certificate_key: "{{ credentials.key }}"
    certificates: true
"""

RETURN = r"""
discovery:
  description: C(server) and C(ca), base64 of PEM, for M(groundup.cloud.kubernetes_join). Nothing in it is secret.
  returned: success
  type: dict
  sample: {"server": "https://10.30.0.10:8443", "ca": "LS0t…"}
removed:
  description: Members removed from etcd.
  returned: success
  type: list
  elements: str
  sample: []
steps:
  description: What was done, or in check mode would be done, for people; empty where there is nothing to do.
  returned: success
  type: list
  elements: str
  sample: [remove etcd member node3]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.kube.join_credentials import perform
from ansible_collections.groundup.cloud.plugins.module_utils.kube.shell import run
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
    "token": {"type": "str", "required": True, "no_log": True},
    "certificate_key": {"type": "str", "required": True, "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "certificates": {"type": "bool", "default": False},
    "stale_members": {"type": "list", "elements": "dict", "default": []},
}


def main() -> None:
    run(begin(AnsibleModule, SPEC, supports_check_mode=True), perform)


if __name__ == "__main__":
    main()
