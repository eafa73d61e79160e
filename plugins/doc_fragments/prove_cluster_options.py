# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/prove/meta/argument_specs.yml; change that file, not this one.
"""Options of modules that take the input of the role prove."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  endpoint: {description: Address and port that the API must answer at., type: str, required: true}
  forwards_to: {description: 'Addresses and ports to which an external load balancer has to forward,
      for messages.', type: list, elements: str, default: [], version_added: 0.2.0}
  existing: {description: 'Others run the cluster. Its other nodes may be as they are, and no
      pods are started in it.', type: bool, default: false, version_added: 0.2.0}
  dual_stack: {description: 'Pods and services have addresses of both IP versions, and have to
      be reached by both.', type: bool, default: false, version_added: 0.2.0}
  version: {description: 'Version that every node must have, without a leading v.', type: str,
    required: true}
  nodes: {description: 'Names of the nodes that must exist, and no others.', type: list, elements: str,
    required: true}
  domain: {description: DNS domain of services., type: str, default: cluster.local}
  pod_mtu: {description: MTU that the first interface of pods must have in bytes. It is not judged
      without it., type: int, version_added: 0.2.0}
  pools: {description: ['Ranges of addresses that services of type LoadBalancer get without asking,
        each FIRST-LAST or a subnet.'], type: list, elements: str, default: []}
  attachments:
    description: Attachments of pods that the nodes offer, as the role multus makes them.
    type: list
    elements: dict
    default: []
    version_added: 0.2.0
    suboptions:
      name: {description: Name of the attachment., type: str, required: true}
      namespace: {description: A namespace that has it., type: str, default: default}
      mtu: {description: MTU that the interfaces of pods must have in bytes., type: int, required: true}
      nodes: {description: Names of the nodes that have its interface., type: list, elements: str,
        required: true}
  subnets:
    description:
    - Subnets of Kube-OVN in which pods have their first interface. Pods in each reach each other,
      and do not reach those of subnets that are C(closed).
    type: list
    elements: dict
    version_added: 0.2.0
    suboptions:
      name: {description: Name of the subnet., type: str, required: true}
      subnet: {description: Its addresses., type: str, required: true}
      nodes: {description: Names of the nodes on which its pods may be. Up to eight of them are
          tried., type: list, elements: str, required: true}
      mtu: {description: 'MTU that the interfaces of its pods must have in bytes, where that is
          known.', type: int}
      closed: {description: Names of subnets whose pods must not be reached from it., type: list,
        elements: str, default: []}
  storage:
    description:
    - What the storage by the role P(groundup.cloud.rook_ceph#role) has to be, if C(layers) has
      C(storage).
    - Ceph is asked by a pod in the namespace C(rook-ceph), and pods use volumes, file systems
      and buckets in a namespace of their own. Both are removed afterwards, with all volumes.
    type: dict
    version_added: 0.2.0
    suboptions:
      external: {description: 'The identity of a Ceph cluster that others run, as C(ceph fsid)
          prints it. Nothing is known of its machines, monitors and pools.', type: str}
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
              wwn: {description: 'World wide name. Ceph does not tell it, so disks without a serial
                  number are counted.', type: str}
              metadata: {description: 'Whether it holds metadata of others, and is no OSD.', type: bool,
                default: false}
      monitors: {description: 'How many monitors there are. Needed unless the cluster is external,
          as C(failure_domain).', type: int}
      failure_domain: {description: 'What each copy is in another one of, in the words of Ceph''s
          map, such as C(host).', type: str}
      pools: {description: 'Pools of Ceph, each with its copies or chunks.', type: dict, required: true}
      block:
        description: Storage classes of volumes of blocks. Snapshots, clones and expansion are
          tried with the first one.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Name of the storage class., type: str, required: true}
          kept: {description: Whether what it makes outlives its claims. What a proof makes does
              not., type: bool, default: false}
      file:
        description: Storage classes of file systems that several nodes share.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Name of the storage class., type: str, required: true}
          kept: {description: Whether what it makes outlives its claims. What a proof makes does
              not., type: bool, default: false}
      object:
        description: Storage classes of buckets.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Name of the storage class., type: str, required: true}
          kept: {description: Whether what it makes outlives its claims. What a proof makes does
              not., type: bool, default: false}
          tls: {description: Whether its gateways are reached by TLS., type: bool, default: false}
      snapshots: {description: Whether there are snapshots., type: bool, default: true}
      encrypted_disks: {description: 'Whether disks are encrypted, which is proved on their machines.',
        type: bool, default: false}
      encrypted_traffic: {description: Whether what Ceph and its clients send is encrypted., type: bool,
        default: false}
      patience: {description: Seconds for each wait., type: int, default: 300}
  virtual_machines:
    description:
    - What the virtual machines by the roles P(groundup.cloud.kubevirt#role), P(groundup.cloud.cdi#role)
      and P(groundup.cloud.vm_images#role) have to be, if C(layers) has C(virtual_machines).
    - One is made of the first golden image with Linux, in a namespace of its own, and removed
      afterwards with its volumes. Its guest needs cloud-init. Without such an image, proofs with
      a virtual machine are not tried.
    type: dict
    version_added: 0.2.0
    suboptions:
      kubevirt: {description: 'Version of KubeVirt, without a leading v.', type: str, required: true}
      cdi: {description: 'Version of CDI, without a leading v.', type: str, required: true}
      nodes: {description: Machines that run virtual machines., type: list, elements: str, required: true}
      images:
        description: Golden images.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Name of the image., type: str, required: true}
          size: {description: Size of a disk of it., type: str, required: true}
          storage_class: {description: Storage class of such a disk. That of the cluster by default.,
            type: str}
          preference: {description: Preference of its virtual machines., type: str, default: general.linux}
      images_namespace: {description: The namespace of golden images., type: str, default: golden-images}
      bridge: {description: Whether virtual machines are bound to the network of pods with the
          address of their pod., type: bool, default: false}
      shared: {description: 'Whether several machines can use a disk at once, so that virtual
          machines are migrated.', type: bool, default: false}
      snapshots: {description: Whether the storage of their disks has snapshots., type: bool,
        default: false}
      emulation: {description: Whether QEMU emulates their CPUs. Then what they show is reported
          as shown on a double., type: bool, default: false}
      restartable_only: {description: Whether each has to find room on other machines when one
          is lost. Else it is a warning where one does not., type: bool, default: false}
      patience: {description: Seconds for each wait., type: int, default: 600}
"""
