#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: node_fence
short_description: Fence a node that is lost by its machine's management controller, or bring it back
version_added: 0.2.0
description:
  - Cuts the power of the machine, verifies that it is off, and sets the taint C(node.kubernetes.io/out-of-service) on
    its node. Only then do pods and virtual machines with volumes start elsewhere, so that nothing is written twice.
  - Off is verified by two readings, between which a kubelet that runs would renew its Lease. If it does, the controller
    is that of another machine, nothing is tainted, and the error says so.
  - The taint is removed once the node is Ready with another boot id than the one that was fenced, which proves that the
    machine was power-cycled.
  - Every step is planned from the living state, and annotations of the node say who fenced which boot. So a run that
    ended anywhere is continued by the next one.
attributes:
  check_mode:
    description: Reads everything, the controller's answer as well, and says what would be done.
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.bmc_options
  - groundup.cloud.bmc.identity
  - groundup.cloud.kubernetes_access
options:
  name:
    description: Name of the node.
    type: str
    required: true
  state:
    description:
      - V(fenced) - its machine is off, and its pods may start elsewhere.
      - V(returned) - its machine is on, the node is Ready after another boot, and pods may start there.
    type: str
    choices: [fenced, returned]
    required: true
  consent:
    description:
      - Name of the node, as consent to cut its power at once. Without it, only a node that is lost for O(stale_after)
        is fenced.
      - A node that is Ready is refused in any case, unless it has the taint and was not power-cycled.
    type: str
  confirmed_off:
    description:
      - Name of the node, as the word of a person who has looked at its machine and taken its power away. It is for a
        controller that does not answer, as after a loss of power, and is refused where the controller says otherwise,
        or where the kubelet still renews its Lease.
    type: str
  stale_after:
    description:
      - Seconds for which a node has to be without the condition Ready, and without a renewed Lease, until it is fenced
        without O(consent).
    type: int
    default: 90
  minimum_healthy:
    description:
      - Percent of the cluster's nodes that have to be healthy before power is cut. Where many nodes are lost at once, a
        switch is the cause more often than the machines.
      - Whatever it is, a control plane is left alone while another one is not healthy, and where no majority of them
        would be left.
    type: int
    default: 51
  by:
    description: Who fences, for the record on the node. By default the account and the host of this module.
    type: str
  wait_timeout:
    description: Seconds in which a machine that is brought back has to be Ready.
    type: int
    default: 900
notes:
  - In the cluster it needs the rights to C(get), C(list) and C(patch) nodes, to C(get) and C(list) Leases in
    C(kube-node-lease), to C(get) and C(create) Leases in C(kube-system), of which it creates none but asks in a dry run
    for the server's time, and to C(list) pods.
seealso:
  - module: groundup.cloud.node_fence_pause
  - module: groundup.cloud.bmc_power
"""

EXAMPLES = r"""
- name: Fence node2, which is lost
  groundup.cloud.node_fence:
    name: node2
    state: fenced
    consent: node2
    protocol: redfish
    address: 10.20.0.102
    username: admin
    password: "{{ vault_bmc }}"
    tls:
      fingerprint: 7c:3a:...
    identity:
      serial: ABC1234
    kubeconfig: ~/.kube/rack1
  delegate_to: localhost

- name: Let its pods go though its controller does not answer, since its plugs are pulled
  groundup.cloud.node_fence:
    name: node2
    state: fenced
    confirmed_off: node2
    protocol: redfish
    address: 10.20.0.102
    username: admin
    password: "{{ vault_bmc }}"
  delegate_to: localhost

- name: Bring node2 back
  groundup.cloud.node_fence:
    name: node2
    state: returned
    protocol: redfish
    address: 10.20.0.102
    username: admin
    password: "{{ vault_bmc }}"
  delegate_to: localhost
"""

RETURN = r"""
steps:
  description: What was done, or would be done in check mode.
  type: list
  elements: str
  returned: success
  sample: ["record who fences node2", "cut the power of node2"]
power_before:
  description: Power of the machine before, V(not known) where its controller gave no answer.
  type: str
  returned: success
  sample: "on"
record:
  description:
    - What the node says of its fencing - C(by), C(at), C(boot_id), and C(how), which is V(bmc) or V(confirmed). Empty
      where it is not fenced.
  type: dict
  returned: success
  sample: {by: ops@deploy1, at: "2026-11-29T03:04:05.000000Z", boot_id: 2b6e, how: bmc}
bound:
  description:
    - Pods that are bound to the fenced node still, at most 50, each with C(namespace), C(name), C(phase), C(ending),
      C(reason) and, where it runs a virtual machine, C(vm). Pods of DaemonSets and static pods are left out.
  type: list
  elements: dict
  returned: success
  sample: [{namespace: shop, name: db-0, phase: Running, ending: true, reason: ""}]
waiting:
  description: Pods of the cluster that have no node yet, at most 50, as in RV(bound), with the scheduler's C(reason).
  type: list
  elements: dict
  returned: success
  sample: [{namespace: shop, name: db-0, phase: Pending, ending: false, reason: 0/3 nodes are available}]
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.arguments import BMC, IDENTITY
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.perform import fence
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    **BMC,
    **IDENTITY,
    **OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["fenced", "returned"], "required": True},
    "consent": {"type": "str"},
    "confirmed_off": {"type": "str"},
    "stale_after": {"type": "int", "default": 90},
    "minimum_healthy": {"type": "int", "default": 51},
    "by": {"type": "str"},
    "wait_timeout": {"type": "int", "default": 900},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def act() -> Result:
        result = fence(module.params, module.check_mode)
        if "missing_library" in result:
            result["msg"] = missing_required_lib(result["missing_library"])
        return result

    run(module, act)


if __name__ == "__main__":
    main()
