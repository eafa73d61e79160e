#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: network_calico
short_description: Connect pods by Calico, with BGP or VXLAN
version_added: 0.2.0
description:
  - Applies the objects of Calico to a cluster, with the settings of its pools of addresses and of BGP, and waits until
    its daemon runs on every node. Without encapsulation, nodes and routers exchange routes to pods by BGP; with VXLAN,
    pods of all nodes are connected by tunnels.
  - Objects of an earlier release that the present one does not have are removed. With O(state=absent) Calico is
    removed, and nodes keep what it set until their boot.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs, without the values of Secrets.
    support: full
extends_documentation_fragment:
  - groundup.cloud.network_calico_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  passwords:
    description: Passwords of sessions with routers, by the name of the peer.
    type: dict
    default: {}
  remove_data:
    description:
      - Consent to remove with Calico its custom resource definitions, and all objects of these kinds with them, such as
        GlobalNetworkPolicies of users. Without it, O(state=absent) is refused.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Connect the pods of a cluster, and announce them to two switches
  groundup.cloud.network_calico:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/calico.yaml
        sha256: 5d1cfa4b8a1ac3a2f9f7a8b6c1d53d9be9c2f0cd1c7c38a5f6d2c0a1e4b7f890
      pods: 10.64.0.0/14
      mtu: 9000
      nat: false
      bgp:
        as_number: 64512
        peers:
          - {name: tor1, address: 10.30.0.1, as_number: 64601}
          - {name: tor2, address: 10.30.0.2, as_number: 64602}
    passwords:
      tor1: "{{ vault_tor1 }}"
      tor2: "{{ vault_tor2 }}"

- name: Remove Calico and all its policies
  groundup.cloud.network_calico:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/calico.yaml
        sha256: 5d1cfa4b8a1ac3a2f9f7a8b6c1d53d9be9c2f0cd1c7c38a5f6d2c0a1e4b7f890
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
  sample: ["create DaemonSet kube-system/calico-node"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.network_calico import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_calico import CONFIG


def main() -> None:
    module = begin(AnsibleModule, spec(CONFIG, LAYER), supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
