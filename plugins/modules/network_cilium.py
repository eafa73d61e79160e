#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: network_cilium
short_description: Connect pods by Cilium's BPF programs
version_added: 0.2.0
description:
  - Applies the objects of Cilium to a cluster, with the definitions of its kinds, and waits until it runs on every
    node.
  - Objects of an earlier release that the present one does not have are removed. With O(state=absent) Cilium is
    removed with what its operator has written on nodes of the cluster; the kernels of nodes keep what it set until
    their boot.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs, without the values of Secrets.
    support: full
extends_documentation_fragment:
  - groundup.cloud.network_cilium_config
  - groundup.cloud.kubernetes_access
options:
  passwords:
    description: Passwords of sessions with routers, by the name of the peer.
    type: dict
    default: {}
  state:
    description:
      - Whether pods are connected. V(absent) removes Cilium with its kinds, taints and leases. It is refused while
        there are objects of these kinds that others have made, unless O(remove_data) consents to that.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description: Whether to wait until it runs on every node. What is removed is waited for in any case.
    type: bool
    default: true
  timeout:
    description: Seconds for everything.
    type: int
    default: 900
  remove_data:
    description:
      - Consent to remove with Cilium the objects of its kinds that others have made, such as CiliumNetworkPolicies.
        Without it, O(state=absent) is refused while there are any.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Connect the pods of a cluster
  groundup.cloud.network_cilium:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/cilium.yaml
        sha256: 5d1cfa4b8a1ac3a2f9f7a8b6c1d53d9be9c2f0cd1c7c38a5f6d2c0a1e4b7f890
      definitions: "{{ cilium_definitions }}"
      pods: 10.64.0.0/14
      mtu: 8950

- name: Remove Cilium and all its policies
  groundup.cloud.network_cilium:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/cilium.yaml
        sha256: 5d1cfa4b8a1ac3a2f9f7a8b6c1d53d9be9c2f0cd1c7c38a5f6d2c0a1e4b7f890
      definitions: "{{ cilium_definitions }}"
      pods: 10.64.0.0/14
    state: absent
    remove_data: true
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create DaemonSet kube-system/cilium"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.network_cilium import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_cilium import CONFIG


def main() -> None:
    wait = {"wait": {"type": "bool", "default": True}}
    module = begin(AnsibleModule, {**spec(CONFIG, LAYER), **wait}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
