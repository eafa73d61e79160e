#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: host_probe
short_description: Find the layers of a host that differ from their desired state, in one call
version_added: 0.1.0
description:
  - Compares the real state of several layers with the input of their roles and changes nothing, so that later plays run
    only where something differs.
  - Fails where something is wanted that must not, or cannot, be done on the host, such as another version of
    Kubernetes, or a control plane on a machine with too little memory. In check mode the reason is among the steps.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Never changes anything.
    support: full
  diff_mode:
    description: Shows every file and setting that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.layers
  - groundup.cloud.logins
options:
  kubernetes:
    description:
      - Input of the role P(groundup.cloud.kubernetes#role), where its layer is not among O(layers). Whether the host is
        one of several control planes follows from it.
    type: dict
    default: {}
    version_added: 0.2.0
  reset:
    description:
      - Consent to reset a machine that has the state of a cluster which does not have it as a node. It may have another
        name, another address and another endpoint then.
    type: bool
    default: false
    version_added: 0.2.0
  bare:
    description:
      - The host has no operating system yet; return what would be done on it. Run it on the controller.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Find the layers that differ
  groundup.cloud.host_probe:
    layers:
      - {name: host_base, role: groundup.cloud.host_base, input: host_base_config}
    inputs:
      host_base_config:
        ntp_servers: [10.10.0.1]
        sysctls: {vm.max_map_count: "262144"}
  register: probe

- name: Put the host in a group for each layer that differs
  ansible.builtin.group_by:
    key: "differs_{{ item }}"
  loop: "{{ probe.differs }}"
"""

RETURN = r"""
differs:
  description: Layers that differ, in the order given.
  returned: success
  type: list
  elements: str
  sample: [host_base]
ready:
  description:
    - Whether the servers of such a control plane answer. It is read only where a layer differs, and true on every
      other host.
  returned: success
  type: bool
  sample: true
refused:
  description: What is wanted and must not, or cannot, be done on the host, each with its reason.
  returned: failure because of it
  type: list
  elements: str
  sample: ["kubernetes_config.version is 1.37.0, and the cluster runs 1.36.3"]
serves:
  description: Whether the host is one of several control planes of a cluster.
  returned: success
  type: bool
  sample: false
short:
  description: Shortages, such as DiskPressure, that the node of such a worker reports.
  returned: success
  type: list
  elements: str
  sample: []
  version_added: 0.2.0
steps:
  description: What each layer would do; an error where it could not be read.
  returned: success
  type: dict
  sample: {"host_base": ["sysctl vm.swappiness"], "host_network": []}
worker:
  description:
    - Whether the host is a worker whose node has to stay ready, since it is, or since the API does not tell. It is read
      only where a layer differs.
  returned: success
  type: bool
  sample: false
  version_added: 0.2.0
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import foresee, probe
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.entries import LAYERS
from ansible_collections.groundup.cloud.plugins.module_utils.specs.logins import LOGINS

SPEC = {
    **LAYERS,
    "logins": LOGINS,
    "kubernetes": {"type": "dict", "default": {}},
    "reset": {"type": "bool", "default": False},
    "bare": {"type": "bool", "default": False},
}


def judged(found: Result, check: bool) -> Result:
    """The result, as a failure where something was refused, unless a plan only shows it."""
    refused = found.pop("refused")
    if not refused or check:
        return found
    return {**found, "refused": refused, "failed": True, "msg": "\n".join(refused)}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    layers, inputs = module.params["layers"], module.params["inputs"]
    secrets = {"container_runtime": {"logins": module.params["logins"]}}
    more = {name: module.params[name] for name in ("kubernetes", "reset")}
    if module.params["bare"]:
        run(module, lambda: {"changed": True, "differs": [], "steps": foresee(layers, inputs, secrets)})
    run(
        module,
        lambda: judged(
            {"changed": False, **probe(layers, inputs, module.warn, secrets=secrets, **more)},
            module.check_mode,
        ),
    )


if __name__ == "__main__":
    main()
