#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_controller
short_description: Bring the kinds of volume snapshots and their controller
version_added: 0.2.0
description:
  - Applies the kinds of snapshots and their controller to a cluster, and waits until the controller runs.
  - A controller of somebody else is left as it is, with a warning. Two of them are an error.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.snapshot_controller_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  remove_snapshots:
    description: The consent that a removal takes all snapshots with it.
    type: bool
    default: false
  wait:
    description: Whether to wait until the controller runs. A cluster without nodes needs V(false).
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Let volumes have snapshots
  groundup.cloud.snapshot_controller:
    kubeconfig: ~/.kube/rack1
    config:
      manifests: "{{ snapshot_manifests }}" # of each of the five files: path and sha256
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create Deployment kube-system/snapshot-controller"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them; none where it was left alone.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.snapshot_controller import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.snapshot_controller import CONFIG

WAIT = {"type": "bool", "default": True}


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG, LAYER), "wait": WAIT}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
