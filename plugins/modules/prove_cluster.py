#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: prove_cluster
short_description: Prove nodes, versions, pods, services and DNS of a Kubernetes cluster
version_added: 0.1.0
description:
  - Reads the nodes through the cluster's endpoint, then starts a server and a client pod on every node, in
    a namespace that is deleted afterwards, and collects the clients' results for each other, of a Service and of DNS.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Starts no pods in check mode; its proofs are returned as not tried.
    support: full
extends_documentation_fragment:
  - groundup.cloud.prove_cluster_options
options:
  kubeconfig:
    description: An administrator's kubeconfig with inline certificates, as kubeadm writes it.
    type: path
    required: true
  image:
    description: Image with busybox's applets on its path.
    type: str
    default: groundup.cloud/probe:1
  layers:
    description:
      - The layers of the cloud, each with the provider that the model chose or null. Only proofs that these owe are
        carried out, and what the providers do not promise is returned as not promised. All proofs without it.
    type: dict
    default: {}
  promises:
    description:
      - What providers that users bring promise, by layer, as a list of words of the reference of promises. Proofs of
        these are carried out, and what is not among them is returned as not promised.
    type: dict
    default: {}
    version_added: 0.2.0
  patience:
    description: Seconds to wait for pods.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Prove the cluster
  groundup.cloud.prove_cluster:
    kubeconfig: /etc/kubernetes/admin.conf
    endpoint: 10.30.0.10:8443
    version: 1.36.3
    nodes: [node1, node2, node3]
"""

RETURN = r"""
proofs:
  description: The proofs, as those of M(groundup.cloud.prove_host).
  type: list
  elements: dict
  returned: success
  sample: [{name: "pods resolve a service by name", layer: kubernetes, ok: true, seconds: 0.1, evidence: "3 answers"}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.errors import said
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.prove import (
    attached,
    cluster,
    tenants,
    virtual_machines_wanted,
)
from ansible_collections.groundup.cloud.plugins.module_utils.prove.stored import Stored
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import Proof
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.prove_cluster import CLUSTER

SPEC = {
    "kubeconfig": {"type": "path", "required": True},
    "image": {"type": "str", "default": "groundup.cloud/probe:1"},
    "patience": {"type": "int", "default": 300},
    "layers": {"type": "dict", "default": {}},
    "promises": {"type": "dict", "default": {}},
    **CLUSTER,
}


def proofs(kubeconfig: str, expected: cluster.Expected) -> list[Proof]:
    try:
        return cluster.cluster_proofs(cluster.connected(kubeconfig, expected), expected)
    except (KubeError, OSError) as error:
        return cluster.without_credentials(expected, f"there are no credentials to ask it with: {said(error)}")


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    params = dict(module.params)
    apart = ("kubeconfig", "attachments", "subnets", "storage", "virtual_machines")
    kubeconfig, offered, subnets, stored, machines = (params.pop(name) for name in apart)
    attachments = tuple(attached.Offered(**one | {"nodes": tuple(one["nodes"])}) for one in offered)

    def act() -> Result:
        lists = {name: tuple(params[name]) for name in ("nodes", "pools", "forwards_to")}
        expected = cluster.Expected(
            **params | lists,
            attachments=attachments,
            subnets=tuple(map(tenants.PodSubnet.of, subnets)),
            storage=Stored.of(stored) if stored else None,
            virtual_machines=virtual_machines_wanted.VirtualMachines.of(machines) if machines else None,
        )
        found = cluster.in_check_mode(expected) if module.check_mode else proofs(kubeconfig, expected)
        return {"changed": False, "proofs": [proof.as_dict() for proof in found]}

    run(module, act)


if __name__ == "__main__":
    main()
