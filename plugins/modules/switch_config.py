#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: switch_config
short_description: Configure VLANs, ports, link aggregations and BGP neighbours of a switch
version_added: 0.1.0
description:
  - Compares the running configuration of the named ports with the wanted one and changes what differs in one
    transaction. Ports, aggregations, VLANs and BGP neighbours that are not named are left alone.
  - The device rolls a change back by itself after O(config.confirm.timeout) unless it is confirmed. It is confirmed if
    the peers that answered before the change answer again.
  - A switch with the platform V(unmanaged) is neither read nor changed; RV(by_hand) says what people have to configure.
  - Ports of a machine whose address was seen on another port are not touched; they are reported in RV(miscabled).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: Shows every setting that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.switch_config
options:
  phase:
    description:
      - V(exact) brings the switch to what is wanted at once, whoever uses what it takes away.
      - V(widen) keeps beside it what machines that live use at present (VLANs, MTU, members, the fallback of LACP), so
        that they can change first; RV(remains) says what is left. A change for which there is no such order is refused.
      - V(narrow) brings it to what is wanted once the machines have changed.
      - A machine lives if it answers at O(config.cabling[].address), or if the switch sees it.
    type: str
    choices: [exact, widen, narrow]
    default: exact
    version_added: 0.2.0
  keep:
    description: With the phase V(narrow), machines that have not changed yet; their ports stay as they are.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  cut_consent:
    description: Machines that may be cut. Their ports are brought to what is wanted at once, in each phase.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
"""

EXAMPLES = r"""
- name: Configure the aggregation of node1
  groundup.cloud.switch_config:
    config:
      name: leaf1
      platform: openvswitch
      connection: {database: "unix:/run/openvswitch/db.sock"}
      lags:
        - name: node1
          members: [Ethernet1, Ethernet2]
          native: 10
          vlans: [10, 20]
          mtu: 9000
          lacp: {mode: active, rate: fast, fallback: true, fallback_port: Ethernet1}

- name: Configure what the machines will need, and take away nothing that they use
  groundup.cloud.switch_config:
    config: "{{ switch_config }}"
    phase: widen
"""

RETURN = r"""
steps:
  description: Steps that were done, or would be done in check mode.
  type: list
  elements: str
  returned: success
  sample: [change lag node1]
miscabled:
  description: Cables that contradict the model; their ports were not touched.
  type: list
  elements: str
  returned: success
  sample: []
remains:
  description: Steps that are left for the phase V(narrow), once machines have changed.
  type: list
  elements: str
  returned: success
  sample: [change lag node1]
  version_added: 0.2.0
by_hand:
  description: Lines of a table of what people have to configure on an unmanaged switch; of other switches nothing.
  type: list
  elements: str
  returned: success
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.order import Consent, Phase
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run as configure
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.switch import CONFIG

NAMES = {"type": "list", "elements": "str", "default": []}
SPEC = {
    "config": CONFIG,
    "phase": {"type": "str", "choices": [str(phase) for phase in Phase], "default": str(Phase.EXACT)},
    "keep": NAMES,
    "cut_consent": NAMES,
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def act() -> Result:
        config, phase = given(module.params["config"]), Phase(module.params["phase"])
        consent = Consent(frozenset(module.params["keep"]), frozenset(module.params["cut_consent"]))
        outcome = configure(config, check=module.check_mode, phase=phase, consent=consent)
        return {
            "changed": outcome.changed,
            "diff": outcome.plan.diff(),
            "steps": outcome.steps,
            "miscabled": [mistake.text for mistake in outcome.mistakes],
            "remains": outcome.remains,
            "by_hand": outcome.by_hand,
        }

    run(module, act)


if __name__ == "__main__":
    main()
