#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: network_custom
short_description: Connect pods by a network of one's own
version_added: 0.2.0
description:
  - Applies the manifests of a network that this collection does not know to a cluster, all of them as one set, and
    waits until their workloads are ready.
  - Objects of an earlier run that the manifests no longer have are removed, except what holds data.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.network_custom_config
  - groundup.cloud.kubernetes_access
options:
  state:
    description: Whether the objects exist. V(absent) removes them, and nodes keep what the network has set on them.
    type: str
    choices: [present, absent]
    default: present
  remove_data:
    description:
      - Consents to remove objects that hold something which is lost with them. These are namespaces, CRDs, volumes,
        claims, and custom resources.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: Kind of the object.
        type: str
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
      namespace:
        description: Namespace of the object, if it has one.
        type: str
  timeout:
    description: Seconds for everything.
    type: int
    default: 900
"""

EXAMPLES = r"""
- name: Connect the pods of a cluster
  groundup.cloud.network_custom:
    kubeconfig: ~/.kube/rack1
    config:
      manifests:
        - path: ~/antrea
      images:
        - docker.io/antrea/antrea-agent-ubuntu:v2.4.3
        - docker.io/antrea/antrea-controller-ubuntu:v2.4.3

- name: Remove it, with its namespace
  groundup.cloud.network_custom:
    kubeconfig: ~/.kube/rack1
    config: {}
    state: absent
    remove_data:
      - {kind: Namespace, name: antrea}
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create DaemonSet kube-system/antrea-agent"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.network_custom import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import REMOVE_DATA, act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_custom import CONFIG


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG), "remove_data": REMOVE_DATA}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER, module.params["remove_data"]))


if __name__ == "__main__":
    main()
