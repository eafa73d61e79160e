#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_example
short_description: Run one application of a virtual machine and containers
version_added: 0.2.0
description:
  - Applies the namespace C(groundup-example) with a virtual machine that holds a small database, pods that are its
    front end, a policy that lets only these reach it, and a Service. It waits until the front end gets the database's
    answer.
  - It is refused where no disk can be made of the golden image.
  - With O(state=absent), the namespace is removed with all that is in it.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs.
    support: full
  diff_mode:
    description: Shows every object that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.vm_example_config
  - groundup.cloud.kubernetes_access
  - groundup.cloud.cluster_layer
options:
  wait:
    description: Whether to wait until the application answers. A cluster without nodes needs V(false).
    type: bool
    default: true
seealso:
  - module: groundup.cloud.vm_images
  - module: groundup.cloud.vm_info
"""

EXAMPLES = r"""
- name: Run the application with a disk of Debian's image
  groundup.cloud.vm_example:
    kubeconfig: ~/.kube/rack1
    config:
      image: debian-13
      size: 10Gi
      storage_class: rook-ceph-block
      service: LoadBalancer

- name: Take it away
  groundup.cloud.vm_example:
    kubeconfig: ~/.kube/rack1
    config: {image: debian-13, size: 10Gi}
    state: absent
"""

RETURN = r"""
url:
  description:
    - Where clients outside the cluster reach the front end. Empty as long as it has no address, and in check mode.
  returned: success
  type: str
  sample: http://10.20.0.150/
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create VirtualMachine groundup-example/database"]
objects:
  description: All objects, as M(groundup.cloud.kubernetes_objects) returns them.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.vm_example import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.run import act, spec
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.vm_example import CONFIG


def main() -> None:
    module = begin(AnsibleModule, {**spec(CONFIG), "wait": {"type": "bool", "default": True}}, supports_check_mode=True)
    run(module, lambda: act(module, LAYER))


if __name__ == "__main__":
    main()
