#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubevirt
short_description: Run virtual machines on the nodes of a cluster by KubeVirt
version_added: 0.2.0
description:
  - Applies KubeVirt's operator and one object of the kind KubeVirt to a cluster, and waits until it is deployed in this
    version, and each node has C(/dev/kvm) or O(config.emulation) is given.
  - It logs in to no machine. The model of CPUs follows from what M(groundup.cloud.cpu_info) found on each of
    O(config.machines), and is recorded; a model that not all of them have is refused, and so are machines whose CPUs
    have different makers.
  - A version that can't follow the deployed one is refused.
  - With O(state=absent), the KubeVirt object goes first, while its operator runs, then the operator, its kind and its
    namespace, and what KubeVirt has written on nodes. It is refused while there are virtual machines.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.kubevirt_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  cpus:
    description:
      - For each of O(config.machines), by the name of its node, what M(groundup.cloud.cpu_info) returned as C(cpus).
      - Without it, the CPUs of all of them must be known to the cluster from a run before.
    type: dict
    default: {}
  remove_cloud:
    description: The consent to lose all virtual machines with a removal, which is O(config.cloud).
    type: str
    default: ""
  wait:
    description: Whether to wait until KubeVirt runs. A cluster without nodes needs V(false).
    type: bool
    default: true
seealso:
  - module: groundup.cloud.cdi
  - module: groundup.cloud.cpu_info
"""

EXAMPLES = r"""
- name: Run virtual machines
  groundup.cloud.kubevirt:
    kubeconfig: ~/.kube/rack1
    config:
      cloud: rack1
      manifest:
        path: ~/manifests/kubevirt-operator.yaml
        sha256: "{{ kubevirt_sha256 }}"
      cpu_model: Skylake-Server-IBRS
      eviction: live_migrate
      migrations: {bandwidth: 500Mi}
    timeout: 1800

- name: Look up the CPUs of a machine
  groundup.cloud.cpu_info:
  delegate_to: node1
  register: node1

# The other machine likewise.
- name: Give virtual machines the highest model of CPUs that two machines have
  groundup.cloud.kubevirt:
    kubeconfig: ~/.kube/rack1
    config:
      cloud: rack1
      manifest:
        path: ~/manifests/kubevirt-operator.yaml
        sha256: "{{ kubevirt_sha256 }}"
      cpu_model: baseline
      machines: [{node: node1}, {node: node2}]
    cpus:
      node1: "{{ node1.cpus }}"
      node2: "{{ node2.cpus }}"

- name: Remove KubeVirt with all virtual machines
  groundup.cloud.kubevirt:
    kubeconfig: ~/.kube/rack1
    state: absent
    remove_cloud: rack1
    config:
      cloud: rack1
      manifest:
        path: ~/manifests/kubevirt-operator.yaml
        sha256: "{{ kubevirt_sha256 }}"
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create KubeVirt kubevirt/kubevirt"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.kubevirt import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubevirt import CONFIG

OPTIONS = {
    "cpus": {"type": "dict", "default": {}},
    "remove_cloud": {"type": "str", "default": ""},
    "wait": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG, LAYER), **OPTIONS}, supports_check_mode=True)
    beside = {"found_cpus": module.params["cpus"], "remove_cloud": module.params["remove_cloud"]}
    run(module, lambda: act(module, LAYER, beside=beside))


if __name__ == "__main__":
    main()
