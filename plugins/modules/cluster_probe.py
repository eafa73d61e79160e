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
  - Fails if a layer must not be brought about in this cluster, such as a second network; with check mode, only its step
    says so.
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
  - groundup.cloud.layers
  - groundup.cloud.kubernetes_access
options:
  absent:
    description: Names of the layers whose objects are to be removed. Such a layer differs as long as there is one.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  secrets:
    description: The secrets of the roles that have some, by the names of their variables.
    type: dict
    default: {}
    version_added: 0.2.0
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
refused:
  description: What is wanted and must not be done to the cluster, such as a second network, each with its reason.
  returned: failure because of it
  type: list
  elements: str
  sample: ["there is the network flannel (DaemonSet kube-flannel/kube-flannel-ds), and custom is wanted"]
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
from ansible_collections.groundup.cloud.plugins.module_utils.specs.entries import LAYERS

SPEC = {
    **OPTIONS,
    **LAYERS,
    "absent": {"type": "list", "elements": "str", "default": []},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
}


def judged(found: Result, check: bool) -> Result:
    """The result, as a failure where something was refused, unless a plan only shows it."""
    refused = found.pop("refused")
    if not refused or check:
        return found
    return {**found, "refused": refused, "failed": True, "msg": "\n".join(refused)}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def look() -> Result:
        params = module.params
        access = {name: params[name] for name in OPTIONS}
        found = probe(params["layers"], params["inputs"], access, params["secrets"], params["absent"])
        return judged({"changed": False, **found}, module.check_mode)

    run(module, look)


if __name__ == "__main__":
    main()
