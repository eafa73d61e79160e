#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cdi
short_description: Write disk images into volumes by CDI
version_added: 0.2.0
description:
  - Applies the operator of the Containerized Data Importer and one object of the kind CDI to a cluster, and waits until
    it is deployed in this version.
  - With O(state=absent), the CDI object goes first, while its operator runs, then the operator, its kind and its
    namespace. It is refused while there are DataVolumes, DataImportCrons or DataSources.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.cdi_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  remove_cloud:
    description: The consent to lose all images with a removal, which is O(config.cloud).
    type: str
    default: ""
  wait:
    description: Whether to wait until CDI runs. A cluster without nodes needs V(false).
    type: bool
    default: true
seealso:
  - module: groundup.cloud.kubevirt
"""

EXAMPLES = r"""
- name: Import disk images
  groundup.cloud.cdi:
    kubeconfig: ~/.kube/rack1
    config:
      cloud: rack1
      manifest:
        path: ~/manifests/cdi-operator.yaml
        sha256: "{{ cdi_sha256 }}"
      scratch_storage_class: rook-ceph-block
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create CDI cdi"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.cdi import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.cdi import CONFIG

OPTIONS = {"remove_cloud": {"type": "str", "default": ""}, "wait": {"type": "bool", "default": True}}


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG, LAYER), **OPTIONS}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER, beside={"remove_cloud": module.params["remove_cloud"]}))


if __name__ == "__main__":
    main()
