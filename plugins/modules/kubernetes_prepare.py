#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_prepare
short_description: Install kubelet, kubeadm and the load balancer of control planes
version_added: 0.1.0
description:
  - Installs kubelet, kubeadm and kubectl by sha256 from the bundle; on a control plane also the endpoint of the API
    (keepalived and haproxy), kubeadm's configuration and the audit policy.
  - Refuses a machine on which C(kubeadm) would fail (CPUs, memory, ports, files of another cluster, swap, clock),
    another version than that of the running cluster, and settings that a cluster has for life. Then nothing is changed.
  - A worker that is a ready node and whose kubelet would be restarted, and one of several control planes, are left as
    they are until it is their turn, so that one bad change does not take all of them.
  - Reads the real state first and changes only what differs. What makes the machine a member is done by
    M(groundup.cloud.kubernetes_init) and M(groundup.cloud.kubernetes_join).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: Shows what differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
options:
  clock:
    description:
      - The controller's time in seconds since 1970. A machine that is no node yet is refused where its clock differs so
        much that certificates and tokens would not be valid.
    type: float
  in_turn:
    description:
      - It is the turn of this machine, so it is changed; a control plane only when all others are healthy. Without it,
        a machine that has to wait for its turn is left as it is, and RV(postponed) is true.
      - Where its kubelet was restarted and its node was ready before, the cluster has to have it as a ready node again.
    type: bool
    default: false
  watched:
    description:
      - Other machines are changed after this one. After a restart of its kubelet, its node has to stay ready for longer
        than the cluster needs to notice a silent kubelet (60 seconds, 150 on slow machines), with no new shortage of
        memory, disk or process ids. A worker whose node is not ready is refused.
    type: bool
    default: false
    version_added: 0.2.0
  replaced:
    description: Control planes that join again in this run, which can't be healthy before.
    type: list
    elements: str
    default: []
  reset:
    description:
      - Consent to reset a machine that has the state of a cluster which does not have it as a node. Without it, a node
        that would get another name, and a worker that would get another address or endpoint, are refused.
    type: bool
    default: false
    version_added: 0.2.0
"""

EXAMPLES = r"""
- name: Install kubelet and kubeadm
  groundup.cloud.kubernetes_prepare:
    config: "{{ kubernetes_config }}"
    clock: "{{ now().timestamp() }}"
"""

RETURN = r"""
steps:
  description: What was done, or would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["file /etc/haproxy/haproxy.cfg", "systemctl reload haproxy.service"]
member:
  description: Whether this is one of several control planes of a cluster that was made.
  returned: success
  type: bool
  sample: false
postponed:
  description: Whether this machine differs and waits for its turn.
  returned: success
  type: bool
  sample: false
kubelet:
  description: What tells kubelets with different settings apart; empty for one that has none of its own.
  returned: success
  type: str
  sample: ""
  version_added: 0.2.0
serves:
  description: Whether the servers of a control plane that waits for its turn answer; true on every other host.
  returned: success
  type: bool
  sample: true
seconds:
  description: How long reading, planning and applying took on the host.
  returned: success
  type: float
  sample: 0.42
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.layers.kubernetes_host import prepare
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
    "clock": {"type": "float"},
    "in_turn": {"type": "bool", "default": False},
    "watched": {"type": "bool", "default": False},
    "replaced": {"type": "list", "elements": "str", "default": []},
    "reset": {"type": "bool", "default": False},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    params = module.params
    more = {name: params[name] for name in ("clock", "in_turn", "watched", "replaced", "reset")}

    def act() -> Result:
        config = checked("kubernetes", CONFIG, given(params["config"]))
        return prepare(config, check=module.check_mode, warn=module.warn, **more)

    run(module, act)


if __name__ == "__main__":
    main()
