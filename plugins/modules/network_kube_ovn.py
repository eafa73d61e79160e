#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: network_kube_ovn
short_description: Connect pods and virtual machines by Kube-OVN's overlay
version_added: 0.2.0
description:
  - Applies the objects of Kube-OVN to a cluster, and waits until it runs on every node. Pods of all nodes are connected
    by tunnels of Geneve, under the policies of the cluster.
  - OVN's databases accept only clients with the certificate of the Secret C(kube-ovn-tls), which is made at the first
    run, and anew less than 60 days before it ends.
  - Objects of an earlier release that the present one does not have are removed.
author: groundup.cloud founders (@groundup-cloud)
requirements:
  - openssl (OpenSSL 3) on the host where the module runs, to make the certificate
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs, without the values of Secrets.
    support: full
extends_documentation_fragment:
  - groundup.cloud.network_kube_ovn_config
  - groundup.cloud.kubernetes_access
options:
  state:
    description:
      - Whether pods are connected. V(absent) removes Kube-OVN with its finalizers and annotations, and nodes keep what
        it set until their boot. It is refused while there are objects of Kube-OVN that users have made.
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
"""

EXAMPLES = r"""
- name: Connect the pods of a cluster
  groundup.cloud.network_kube_ovn:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/kube-ovn.yml
        sha256: 5d1cfa4b8a1ac3a2f9f7a8b6c1d53d9be9c2f0cd1c7c38a5f6d2c0a1e4b7f890
      pods: 10.64.0.0/14
      services: 10.96.0.0/16
      mtu: 8900
      databases:
        - {node: node1, address: 10.30.0.21}
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create DaemonSet kube-system/ovs-ovn"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.network_kube_ovn import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_kube_ovn import CONFIG


def main() -> None:
    wait = {"wait": {"type": "bool", "default": True}}
    module = begin(AnsibleModule, {**spec(CONFIG), **wait}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
