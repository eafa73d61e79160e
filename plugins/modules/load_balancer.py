#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: load_balancer
short_description: Give services of type LoadBalancer addresses by MetalLB
version_added: 0.2.0
description:
  - Applies the objects of MetalLB, its pools and its announcements to a cluster, and waits until its speaker runs on
    every node. Pools are applied once MetalLB's webhook answers.
  - Objects of an earlier release or configuration that the present one does not have are removed. With
    O(state=absent), MetalLB is removed with its pools and CRDs.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.load_balancer_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  passwords:
    description: Passwords of sessions with routers (RFC 2385), by the name of the peer.
    type: dict
    default: {}
  release_addresses:
    description:
      - The consent that services lose addresses which are no longer in any pool, and that a removal of MetalLB takes
        pools with it which others made.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until MetalLB runs. A cluster without nodes needs V(false), and O(config.webhooks=false).
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Give services addresses that nodes announce by ARP
  groundup.cloud.load_balancer:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/metallb-native.yaml
        sha256: bf25feebb7582ca7df845efd52ffbc2960d6cbf4cfc972f47fded9f788b67f0b
      pools:
        - {name: services, addresses: [10.30.0.200-10.30.0.220]}
      layer2:
        - {name: services, pools: [services], interfaces: [bond0.30]}

- name: Announce addresses to a router by BGP
  groundup.cloud.load_balancer:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/metallb-native.yaml
        sha256: bf25feebb7582ca7df845efd52ffbc2960d6cbf4cfc972f47fded9f788b67f0b
      pools:
        - {name: internet, addresses: [203.0.113.0/28]}
      peers:
        - {name: tor1, address: 10.30.0.1, as_number: 64512, own_as_number: 64600}
      bgp:
        - {name: internet, pools: [internet]}
    passwords:
      tor1: "{{ vault_tor1 }}"
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create IPAddressPool metallb-system/services"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.load_balancer import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.load_balancer import CONFIG

WAIT = {"type": "bool", "default": True}


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG, LAYER), "wait": WAIT}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
