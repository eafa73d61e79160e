#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: network_flannel
short_description: Connect pods by flannel's overlay
version_added: 0.1.0
description:
  - Applies the objects of flannel to a cluster, and waits until its daemon runs on every node. Pods of all nodes are
    connected by tunnels of VXLAN.
  - Objects of an earlier release that the present one does not have are removed. With O(state=absent) the daemon is
    removed; M(groundup.cloud.network_leftovers) removes what it left on nodes.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.network_flannel_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
"""

EXAMPLES = r"""
- name: Connect the pods of a cluster
  groundup.cloud.network_flannel:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/kube-flannel.yml
        sha256: 5d1cfa4b8a1ac3a2f9f7a8b6c1d53d9be9c2f0cd1c7c38a5f6d2c0a1e4b7f890
      pods: 10.64.0.0/14
      mtu: 8950
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create DaemonSet kube-flannel/kube-flannel-ds"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.network_flannel import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_flannel import CONFIG


def main() -> None:
    module = begin(AnsibleModule, spec(CONFIG), supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
