#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_node_ready
short_description: Check that the node of this worker stays ready after a change
version_added: 0.2.0
description:
  - Waits until the cluster has this machine as a ready node, by a report of the kubelet that runs now. Fails with what
    the node lacks, and the end of the kubelet's journal.
  - The machine reads its Node itself, with the credentials of its kubelet. So a change that cuts it off from the API is
    found as well.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Nothing was changed before this in check mode, so nothing is read.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
options:
  done:
    description: What was changed, for the error.
    type: str
    default: it was changed
  short:
    description: Shortages, such as DiskPressure, that the node reported before the change.
    type: list
    elements: str
    default: []
  watched:
    description:
      - Whether other machines wait for this one. Then the node has to be ready for longer than the cluster takes to
        notice a silent kubelet, which is a minute (150 seconds on slow machines), without a break.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Check that the node stays ready
  groundup.cloud.kubernetes_node_ready:
    config: "{{ kubernetes_config }}"
    done: its layer host_base was changed
    watched: true
"""

RETURN = r"""
steps:
  description: Always empty, since the module changes nothing.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.kube.kubelet_node import perform
from ansible_collections.groundup.cloud.plugins.module_utils.kube.shell import run
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
    "done": {"type": "str", "default": "it was changed"},
    "short": {"type": "list", "elements": "str", "default": []},
    "watched": {"type": "bool", "default": False},
}


def main() -> None:
    run(begin(AnsibleModule, SPEC, supports_check_mode=True), perform)


if __name__ == "__main__":
    main()
