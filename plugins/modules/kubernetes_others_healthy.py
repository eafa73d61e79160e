#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_others_healthy
short_description: Check that the other control planes are healthy, before this one is changed
version_added: 0.1.0
description:
  - Waits until every other member of etcd is started, votes and answers, and its API server is ready. Fails where one
    is not after two minutes (15 on slow machines), with its name and the reason.
  - Returns at once on a machine that is no control plane, on the only one, on the host of a hosted control plane, and
    on one that does not serve itself, of which any change is a repair, unless O(serving=true).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Nothing is changed after this in check mode, so nothing is read.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
options:
  consequence:
    description: What is not done if they are not healthy, as the beginning of the error.
    type: str
    default: this control plane is not changed
  replaced:
    description: Control planes that join again in this run, which can't be healthy before.
    type: list
    elements: str
    default: []
  serving:
    description:
      - Whether this control plane has to serve as well, as before one that O(replaced) names is erased.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Check that the other control planes are healthy
  groundup.cloud.kubernetes_others_healthy:
    config: "{{ kubernetes_config }}"
    consequence: its network is not changed
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
from ansible_collections.groundup.cloud.plugins.module_utils.kube.members import perform
from ansible_collections.groundup.cloud.plugins.module_utils.kube.shell import run
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
    "consequence": {"type": "str", "default": "this control plane is not changed"},
    "replaced": {"type": "list", "elements": "str", "default": []},
    "serving": {"type": "bool", "default": False},
}


def main() -> None:
    run(begin(AnsibleModule, SPEC, supports_check_mode=True), perform)


if __name__ == "__main__":
    main()
