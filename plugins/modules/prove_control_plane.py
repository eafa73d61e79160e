#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_control_plane
short_description: Prove the health of etcd and the encryption of Secrets on a control plane
version_added: 0.1.0
description:
  - etcd's health with every member, and that a Secret is encrypted in etcd (one is created and deleted).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Makes no Secret in check mode; that proof is returned as not tried.
    support: full
options:
  host:
    description: Name of the machine, as it appears in the proofs.
    type: str
    required: true
  members:
    description: Number of etcd members that the model has.
    type: int
    required: true
  root:
    description: Directory below which the files of the control plane are, other than C(/) where it is hosted.
    type: path
    default: /
"""

EXAMPLES = r"""
- name: Prove this control plane
  groundup.cloud.prove_control_plane:
    host: "{{ inventory_hostname }}"
    members: 3
"""

RETURN = r"""
proofs:
  description: The proofs, as those of M(groundup.cloud.prove_host).
  type: list
  elements: dict
  returned: success
  sample: [{name: "node1: etcd is healthy with every member", layer: kubernetes, ok: true, seconds: 0.1}]
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Kubeconfig, connect
from ansible_collections.groundup.cloud.plugins.module_utils.kube.paths import ADMIN_CONF
from ansible_collections.groundup.cloud.plugins.module_utils.prove.control_plane import control_plane_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    "host": {"type": "str", "required": True},
    "members": {"type": "int", "required": True},
    "root": {"type": "path", "default": "/"},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    params = module.params

    def act() -> Result:
        root = Path(params["root"])
        proofs = control_plane_proofs(
            params["host"],
            lambda: connect(Kubeconfig.read(root / ADMIN_CONF.lstrip("/")), timeout=60),
            params["members"],
            root=root,
            check=module.check_mode,
        )
        return {"changed": False, "proofs": [proof.as_dict() for proof in proofs]}

    run(module, act)


if __name__ == "__main__":
    main()
