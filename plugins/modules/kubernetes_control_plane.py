#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_control_plane
short_description: Update the configuration of a running control plane
version_added: 0.1.0
description:
  - Where the manifests of API server, controller manager and scheduler were changed by hand, or the configuration of
    the cluster in the model since, C(kubeadm) writes them again and stores the configuration in the cluster. Waits
    until the API server of this machine serves again. The manifest of etcd is written where it is the only member.
  - Where the certificate of the API server has other names than the configuration wants, C(kubeadm) makes it anew, and
    the server is restarted. The old one stays until the new one is there.
  - Where a certificate ends within C(renew_days), C(kubeadm) renews all of them, and the servers are restarted.
  - Changes nothing unless all other control planes are healthy.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what differs and changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
extends_documentation_fragment:
  - groundup.cloud.kubernetes_config
options:
  replaced:
    description: Control planes that join again in this run, which can't be healthy before.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Update the control plane
  groundup.cloud.kubernetes_control_plane:
    config: "{{ kubernetes_config }}"
  throttle: 1
"""

RETURN = r"""
stale:
  description: >-
    What was not as it should be: names of static pods, C(cluster) for the configuration itself, C(audit policy), or
    C(names of the API's certificate).
  returned: success
  type: list
  elements: str
  sample: [cluster]
renewed:
  description: Certificates for which a renewal was due.
  returned: success
  type: list
  elements: str
  sample: [pki/apiserver.crt]
steps:
  description: What was done, or in check mode would be done, for people; empty where there is nothing to do.
  returned: success
  type: list
  elements: str
  sample: [update the configuration of cluster]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.kube.refresh import perform
from ansible_collections.groundup.cloud.plugins.module_utils.kube.shell import run
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin
from ansible_collections.groundup.cloud.plugins.module_utils.specs.kubernetes import CONFIG

SPEC = {
    "config": CONFIG,
    "replaced": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    run(begin(AnsibleModule, SPEC, supports_check_mode=True), perform)


if __name__ == "__main__":
    main()
