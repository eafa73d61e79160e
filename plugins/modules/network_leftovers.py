#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: network_leftovers
short_description: Refuse a second network of pods on a node, and remove what one has left
version_added: 0.2.0
description:
  - Fails if pods of this node are connected by another network than the wanted one, by its CNI configuration or a
    daemon that runs. Nothing is changed then.
  - Removes files, units, interfaces, tables of nftables and routes of networks by consent, and warns of others.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be removed and removes nothing.
    support: full
  diff_mode:
    description: Shows everything that would be removed.
    support: full
extends_documentation_fragment:
  - groundup.cloud.network_leftovers_config
"""

EXAMPLES = r"""
- name: Remove what flannel has left on a node whose pods are to be connected by routes
  groundup.cloud.network_leftovers:
    config:
      provider: basic
      remove: [flannel]
"""

RETURN = r"""
steps:
  description: What was removed, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["remove interface flannel.1", "remove /etc/cni/net.d/10-flannel.conflist"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.layers.network_leftovers import perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_leftovers import CONFIG


def main() -> None:
    module = begin(AnsibleModule, {"config": CONFIG}, supports_check_mode=True)

    def act() -> Result:
        result = perform(module.params["config"], check=module.check_mode)
        for text in result.pop("warnings"):
            module.warn(text)
        return result

    run(module, act)


if __name__ == "__main__":
    main()
