#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: konnectivity
short_description: Let an API server without routes to pods reach them through konnectivity
version_added: 0.2.0
description:
  - Applies a DaemonSet of agents to a cluster, its account, and the permission of konnectivity-server to review the
    tokens of agents, and waits until an agent on every node is connected to the server.
  - The server runs beside the API server; M(groundup.cloud.hosted_control_plane) runs it.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.konnectivity_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  wait:
    description: Whether to wait until the agents are connected. A cluster without nodes needs V(false).
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Let the API server reach pods in an overlay
  groundup.cloud.konnectivity:
    kubeconfig: ~/.kube/rack1
    config:
      server: 10.30.0.10:8091
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create DaemonSet kube-system/konnectivity-agent"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.konnectivity import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.konnectivity import CONFIG

WAIT = {"type": "bool", "default": True}


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG, LAYER), "wait": WAIT}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
