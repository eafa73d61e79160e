#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_images
short_description: Keep golden images of virtual machines
version_added: 0.2.0
description:
  - Applies a namespace with images of disks, which everybody with an account may clone, and instance types and
    preferences of virtual machines, and waits until all images are imported.
  - An image whose entry changes is imported anew, and offered when that has succeeded. The import before stays until
    O(remove_data) names it.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.vm_images_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  remove_data:
    description:
      - Consents to remove imports, the DataVolumes and DataImportCrons of images that are no longer wanted, and with
        O(state=absent) the namespace.
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
  wait:
    description:
      - Whether to wait until all images are imported. Without it, a later run offers them. A cluster without nodes
        needs V(false).
    type: bool
    default: true
seealso:
  - module: groundup.cloud.cdi
  - module: groundup.cloud.vm_image
"""

EXAMPLES = r"""
- name: Keep an image of Debian
  groundup.cloud.vm_images:
    kubeconfig: ~/.kube/rack1
    config:
      images:
        - name: debian-13
          source:
            http: https://images.example.net/debian-13-genericcloud-amd64.qcow2
            sha256: "{{ debian_sha256 }}"
          size: 10Gi
          storage_class: rook-ceph-block

- name: Remove an import that is no longer offered
  groundup.cloud.vm_images:
    kubeconfig: ~/.kube/rack1
    config: "{{ vm_images_config }}"
    remove_data:
      - {kind: DataVolume, name: debian-13-0f8d2c6b7a91, namespace: golden-images}
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create DataSource golden-images/debian-13"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.vm_images import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import REMOVE_DATA, act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.vm_images import CONFIG

OPTIONS = {"remove_data": REMOVE_DATA, "wait": {"type": "bool", "default": True}}


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG), **OPTIONS}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER, module.params["remove_data"]))


if __name__ == "__main__":
    main()
