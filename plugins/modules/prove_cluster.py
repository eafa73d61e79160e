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
  - groundup.cloud.proved_virtual_machines
options:
  kubeconfig:
    description: An administrator's kubeconfig with inline certificates, as kubeadm writes it.
    type: path
    required: true
  endpoint:
    description: Address and port that the API must answer at, for example C(10.30.0.10:8443).
    type: str
    required: true
  forwards_to:
    description: Addresses and ports to which an external load balancer at O(endpoint) has to forward, for messages.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  existing:
    description: Others run the cluster. Its other nodes may be as they are, and no pods are started in it.
    type: bool
    default: false
    version_added: 0.2.0
  dual_stack:
    description: Pods and services have addresses of both IP versions, and have to be reached by both.
    type: bool
    default: false
    version_added: 0.2.0
  version:
    description: Version that every node must have, without a leading v.
    type: str
    required: true
  nodes:
    description: Names of the nodes that must exist, and no others.
    type: list
    elements: str
    required: true
  domain:
    description: DNS domain of the cluster.
    type: str
    default: cluster.local
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
  pools:
    description:
      - Ranges of addresses that services of type LoadBalancer get without asking, each FIRST-LAST or a subnet. One
        service is made and reached from the host where this runs, if O(layers) has C(load_balancer).
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  attachments:
    description:
      - Attachments of pods, as the role P(groundup.cloud.multus#role) makes them, if O(layers) has C(attachments). A
        pod on each of their nodes has to fetch from that of the next node by its further interface.
    type: list
    elements: dict
    default: []
    version_added: 0.2.0
    suboptions:
      name:
        description: Name of the attachment.
        type: str
        required: true
      namespace:
        description: A namespace that has it.
        type: str
        default: default
      mtu:
        description: MTU that the interfaces of pods must have in bytes.
        type: int
        required: true
      nodes:
        description: Names of the nodes that have its interface.
        type: list
        elements: str
        required: true
  promises:
    description:
      - What providers that users bring promise, by layer, as a list of words of the reference of promises. Proofs of
        these are carried out, and what is not among them is returned as not promised.
    type: dict
    default: {}
    version_added: 0.2.0
  storage:
    description:
      - What the storage by the role P(groundup.cloud.rook_ceph#role) has to be, if O(layers) has C(storage).
      - Ceph is asked by a pod in the namespace C(rook-ceph), and pods use volumes, file systems and buckets in a
        namespace of their own. Both are removed afterwards, with all volumes.
    type: dict
    version_added: 0.2.0
    suboptions:
      external:
        description: The identity of a Ceph cluster that others run, of which nothing else is known.
        type: str
      nodes:
        description: The machines that store.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Name of the node., type: str, required: true}
          disks:
            description: Its disks.
            type: list
            elements: dict
            required: true
            suboptions:
              serial: {description: Serial number., type: str}
              wwn:
                description: World wide name. Ceph does not tell it, so disks without a serial number are counted.
                type: str
              metadata:
                description: Whether it holds metadata of others, and is no OSD.
                type: bool
                default: false
      monitors:
        description: How many monitors there are. Needed unless the cluster is external, as O(storage.failure_domain).
        type: int
      failure_domain:
        description: What each copy is in another one of, in the words of Ceph's map, such as C(host).
        type: str
      pools:
        description: Pools of Ceph, each with its copies or chunks.
        type: dict
        required: true
      block:
        description: Storage classes of volumes of blocks. Snapshots, clones and expansion are tried with the first one.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the storage class.
            type: str
            required: true
          kept:
            description: Whether what it makes outlives its claims. What a proof makes does not.
            type: bool
            default: false
      file:
        description: Storage classes of file systems that several nodes share.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the storage class.
            type: str
            required: true
          kept:
            description: Whether what it makes outlives its claims. What a proof makes does not.
            type: bool
            default: false
      object:
        description: Storage classes of buckets.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the storage class.
            type: str
            required: true
          kept:
            description: Whether what it makes outlives its claims. What a proof makes does not.
            type: bool
            default: false
          tls:
            description: Whether its gateways are reached by TLS.
            type: bool
            default: false
      snapshots:
        description: Whether there are snapshots.
        type: bool
        default: true
      encrypted_disks:
        description: Whether disks are encrypted, which is proved on their machines.
        type: bool
        default: false
      encrypted_traffic:
        description: Whether what Ceph and its clients send is encrypted.
        type: bool
        default: false
      patience:
        description: Seconds for each wait.
        type: int
        default: 300
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
from ansible_collections.groundup.cloud.plugins.module_utils.prove import attached, cluster, virtual_machines_wanted
from ansible_collections.groundup.cloud.plugins.module_utils.prove.stored import OPTION, Stored
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import Proof
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    "kubeconfig": {"type": "path", "required": True},
    "endpoint": {"type": "str", "required": True},
    "forwards_to": {"type": "list", "elements": "str", "default": []},
    "existing": {"type": "bool", "default": False},
    "dual_stack": {"type": "bool", "default": False},
    "version": {"type": "str", "required": True},
    "nodes": {"type": "list", "elements": "str", "required": True},
    "domain": {"type": "str", "default": "cluster.local"},
    "image": {"type": "str", "default": "groundup.cloud/probe:1"},
    "patience": {"type": "int", "default": 300},
    "layers": {"type": "dict", "default": {}},
    "pools": {"type": "list", "elements": "str", "default": []},
    "attachments": attached.OPTION,
    "promises": {"type": "dict", "default": {}},
    "storage": OPTION,
    "virtual_machines": virtual_machines_wanted.OPTION,
}


def proofs(kubeconfig: str, expected: cluster.Expected) -> list[Proof]:
    try:
        return cluster.cluster_proofs(cluster.connected(kubeconfig, expected), expected)
    except (KubeError, OSError) as error:
        return cluster.without_credentials(expected, f"there are no credentials to ask it with: {said(error)}")


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    params = dict(module.params)
    apart = ("kubeconfig", "attachments", "storage", "virtual_machines")
    kubeconfig, offered, stored, machines = (params.pop(name) for name in apart)
    attachments = tuple(attached.Offered(**one | {"nodes": tuple(one["nodes"])}) for one in offered)

    def act() -> Result:
        lists = {name: tuple(params[name]) for name in ("nodes", "pools", "forwards_to")}
        expected = cluster.Expected(
            **params | lists,
            attachments=attachments,
            storage=Stored.of(stored) if stored else None,
            virtual_machines=virtual_machines_wanted.VirtualMachines.of(machines) if machines else None,
        )
        found = cluster.in_check_mode(expected) if module.check_mode else proofs(kubeconfig, expected)
        return {"changed": False, "proofs": [proof.as_dict() for proof in found]}

    run(module, act)


if __name__ == "__main__":
    main()
