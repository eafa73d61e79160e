#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: rook_ceph
short_description: Store blocks, files and objects in Ceph, which Rook runs on the disks of machines
version_added: 0.2.0
description:
  - Applies Rook, a Ceph cluster on named disks, its pools and their storage classes to a cluster, and waits until Ceph
    runs and each disk is an OSD.
  - It logs in to no machine. What disks are called there, and what is on them, is what M(groundup.cloud.disk_info)
    found; a disk that is in use, has data, or belongs to another Ceph cluster is refused.
  - Pools and stores that the configuration no longer has are left, unless O(remove_data) names them. With
    O(state=absent), Ceph is removed with everything in it, once no volume, bucket or snapshot of users is left.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.rook_ceph_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  disks:
    description:
      - For each node of O(config.nodes), what M(groundup.cloud.disk_info) returned as C(disks)
        for its disks, in the order of O(config.nodes[].disks).
      - Without it, all disks must be known to the cluster from a run before.
    type: dict
    default: {}
  secrets:
    description:
      - C(export) is what Rook's C(create-external-cluster-resources.py) printed at an external cluster
        (O(config.external)), with C(--format bash) or C(--format json).
      - C(keys) has the key of each given certificate in PEM, by the name of the object store.
    type: dict
    default: {}
  remove_cloud:
    description: The consent to a removal, which is O(config.cloud).
    type: str
    default: ""
  remove_data:
    description: Consents to remove objects that hold data and are no longer in O(config).
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: Kind of the object, such as V(CephBlockPool).
        type: str
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
      namespace:
        description: Its namespace, V(rook-ceph).
        type: str
  wait:
    description: Whether to wait until Ceph stores. A cluster without nodes needs V(false).
    type: bool
    default: true
seealso:
  - module: groundup.cloud.disk_info
  - module: groundup.cloud.disk_wipe
  - module: groundup.cloud.ceph_health
"""

EXAMPLES = r"""
- name: Look up the disks of a machine
  groundup.cloud.disk_info:
    disks: [{serial: S45NNA0M123456}]
  delegate_to: node1
  register: node1

# The other machines likewise.
- name: Store blocks on three machines
  groundup.cloud.rook_ceph:
    kubeconfig: ~/.kube/rack1
    config:
      cloud: rack1
      manifests: "{{ rook_manifests }}" # of each of the four files: path and sha256
      nodes:
        - {node: node1, disks: [{id: {serial: S45NNA0M123456}}]}
        - {node: node2, disks: [{id: {serial: S45NNA0M123457}}]}
        - {node: node3, disks: [{id: {serial: S45NNA0M123458}}]}
      public_networks: [10.40.0.0/24]
      pools:
        - {name: block, default: true}
    disks:
      node1: "{{ node1.disks }}"
      node2: "{{ node2.disks }}"
      node3: "{{ node3.disks }}"

- name: Use a pool of an external Ceph cluster
  groundup.cloud.rook_ceph:
    kubeconfig: ~/.kube/rack1
    config:
      cloud: rack1
      manifests: "{{ rook_manifests }}"
      external: {fsid: 797f411a-aafe-11ec-a254-fa163e1539f5}
      pools:
        - {name: vms, pool: replicated_2g, default: true}
    secrets:
      export: "{{ vault_ceph_export }}"
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create CephCluster rook-ceph/rook-ceph"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.rook_ceph import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import REMOVE_DATA, act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.rook_ceph import CONFIG

OPTIONS = {
    "disks": {"type": "dict", "default": {}},
    "remove_cloud": {"type": "str", "default": ""},
    "remove_data": REMOVE_DATA,
    "wait": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG, LAYER), **OPTIONS}, supports_check_mode=True)
    beside = {"found": module.params["disks"], "remove_cloud": module.params["remove_cloud"]}
    run(module, lambda: act(module, LAYER, module.params["remove_data"], beside))


if __name__ == "__main__":
    main()
