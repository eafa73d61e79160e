#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_probe
short_description: Find the layers of a cluster that differ from their desired state, in one call
version_added: 0.1.0
description:
  - Compares the objects of several layers with a cluster, by the API server's own judgement, and changes nothing. A
    layer whose workloads are not ready differs as well.
  - A layer that can't be compared, as before there is a cluster, differs, and its step has the reason.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Never changes anything.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.kubernetes_access
options:
  layers:
    description: The layers to compare, in their order, as in the variable C(groundup_layers) of the inventory.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the layer.
        type: str
        required: true
      role:
        description: The role that configures it, with or without the name of the collection.
        type: str
        required: true
      input:
        description: Name of the variable that holds the role's input.
        type: str
        required: true
      api:
        description: The layer is objects of the Kubernetes API. Not used here.
        type: bool
        default: true
      follows:
        description: Layers whose change on any machine means that this one has to run. Not used here.
        type: list
        elements: str
        default: []
  inputs:
    description: The inputs of the roles, by the names of their variables.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Find the layers that differ
  groundup.cloud.cluster_probe:
    kubeconfig: ~/.kube/rack1
    layers:
      - {name: policies, role: groundup.cloud.network_policies, input: network_policies_config}
    inputs:
      network_policies_config: "{{ network_policies_config }}"
  register: probe
"""

RETURN = r"""
differs:
  description: Layers that differ, in the order given.
  returned: success
  type: list
  elements: str
  sample: [policies]
steps:
  description: What each layer would do; an error where it could not be compared.
  returned: success
  type: dict
  sample: {"policies": ["change DaemonSet kube-system/kube-network-policies"]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import probe
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

LAYER = {
    "name": {"type": "str", "required": True},
    "role": {"type": "str", "required": True},
    "input": {"type": "str", "required": True},
    "api": {"type": "bool", "default": True},
    "follows": {"type": "list", "elements": "str", "default": []},
}
SPEC = {
    **OPTIONS,
    "layers": {"type": "list", "elements": "dict", "required": True, "options": LAYER},
    "inputs": {"type": "dict", "required": True},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def look() -> Result:
        access = {name: module.params[name] for name in OPTIONS}
        return {"changed": False, **probe(module.params["layers"], module.params["inputs"], access)}

    run(module, look)


if __name__ == "__main__":
    main()
