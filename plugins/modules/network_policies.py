#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: network_policies
short_description: Enforce network policies for pods by kube-network-policies
version_added: 0.1.0
description:
  - Applies the objects of kube-network-policies of SIG Network to a cluster, and waits until its agent runs on every
    node. The agent judges the first packet of each connection by the NetworkPolicies of the cluster.
  - Objects of an earlier release that the present one does not have are removed. With O(state=absent) the agent is
    removed, and policies stay as objects.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.network_policies_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
"""

EXAMPLES = r"""
- name: Enforce network policies
  groundup.cloud.network_policies:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/kube-network-policies.yml
        sha256: 5d1cfa4b8a1ac3a2f9f7a8b6c1d53d9be9c2f0cd1c7c38a5f6d2c0a1e4b7f890
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create DaemonSet kube-system/kube-network-policies"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.network_policies import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_policies import CONFIG


def main() -> None:
    module = begin(AnsibleModule, spec(CONFIG), supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
