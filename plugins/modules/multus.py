#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: multus
short_description: Give pods further interfaces by Multus
version_added: 0.2.0
description:
  - Applies the objects of Multus and attachments (NetworkAttachmentDefinition) to a cluster, and waits until its daemon
    runs on every node. A pod gets an interface for each attachment that its annotation names.
  - Objects of an earlier release or configuration that the present one does not have are removed, namespaces excepted.
    With O(state=absent), Multus is removed with its attachments and their CRD; M(groundup.cloud.network_leftovers)
    removes what it left on nodes.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.multus_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  release_attachments:
    description:
      - The consent to remove attachments that pods have, which do not start again without them, and to remove those
        that others made with a removal of Multus.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until Multus runs. A cluster without nodes needs V(false).
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Let pods have an interface in the storage network
  groundup.cloud.multus:
    kubeconfig: ~/.kube/rack1
    config:
      manifest:
        path: ~/manifests/multus-daemonset-thick.yml
        sha256: 2d622f697809644a12704497bbf5c3256adc1e7f5b5504655e4993743651b585
      attachments:
        - {name: storage, plugin: macvlan, interface: bond0.40, mtu: 9000, addresses: pod}

# A pod of the namespace default has it by this annotation:
#   k8s.v1.cni.cncf.io/networks: '[{"name": "storage", "ips": ["10.40.0.200/24"]}]'

- name: Remove Multus and all attachments
  groundup.cloud.multus:
    kubeconfig: ~/.kube/rack1
    state: absent
    config:
      manifest:
        path: ~/manifests/multus-daemonset-thick.yml
        sha256: 2d622f697809644a12704497bbf5c3256adc1e7f5b5504655e4993743651b585
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create NetworkAttachmentDefinition default/storage"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.multus import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.multus import CONFIG

WAIT = {"type": "bool", "default": True}


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG, LAYER), "wait": WAIT}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
