#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_stream
short_description: Send a stream of pings and measure how it is interrupted
version_added: 0.2.0
description:
  - Sends a ping every ten milliseconds until M(groundup.cloud.prove_pull_result) ends it, and returns which of them
    were not answered. Run it in the background (C(async)) on a peer of the machine whose link
    M(groundup.cloud.prove_pull) pulls.
  - Changes nothing.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Sends nothing but pings, so check mode makes no difference.
    support: full
options:
  address:
    description: IPv4 address that is pinged.
    type: str
    required: true
  token:
    description: Name of the stream, as the other modules have it; letters, digits, dots, dashes and underscores.
    type: str
    required: true
  seconds:
    description: Seconds after which the stream ends by itself.
    type: float
    default: 600
"""

EXAMPLES = r"""
- name: Ping node1 from its neighbour
  groundup.cloud.prove_stream:
    address: 10.30.0.21
    token: node1-bond0-0
  delegate_to: node2
  async: 660
  poll: 0
  register: job
"""

RETURN = r"""
stream:
  description:
    - C(sent), the packets from the first one that was answered; C(gaps), the packets in a row without an answer, each
      with C(lost) and C(ms), which is null where no later packet was answered.
  type: dict
  returned: success
  sample: {sent: 1830, gaps: [{lost: 12, ms: 121.4}]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.prove.pull import pinged
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {
    "address": {"type": "str", "required": True},
    "token": {"type": "str", "required": True, "no_log": False},
    "seconds": {"type": "float", "default": 600},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: {"changed": False, "stream": pinged(**module.params).as_dict()})


if __name__ == "__main__":
    main()
