# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/kubevirt/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role kubevirt."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: What is applied.
    type: dict
    required: true
    suboptions:
      cloud:
        description: Name of the cloud, which a removal has to be given where there are virtual
          machines.
        type: str
        required: true
      manifest:
        description: The manifest C(kubevirt-operator.yaml) as KubeVirt releases it, of C(version).
        type: dict
        required: true
        suboptions:
          path:
            description: Its file on the host where the role runs. One of C(path) and C(url) is
              required.
            type: path
          url:
            description: Where it is downloaded from.
            type: str
          sha256:
            description: Its digest; another file is refused.
            type: str
            required: true
      version:
        description: Version of KubeVirt. It is also that of the images, which have this tag.
        type: str
        choices: [1.9.0, 1.8.4]
        default: 1.9.0
      emulation:
        description:
        - The consent to virtual machines on nodes without virtualization in hardware. Those that
          start while it is given are emulated, and ten times slower or more, on all nodes.
        type: bool
        default: false
      feature_gates:
        description: Feature gates that are on beside those of this collection. One that the version
          does not know is refused.
        type: list
        elements: str
        default: []
      cpu_model:
        description:
        - The model of CPUs that virtual machines have unless they say it, as libvirt calls it,
          such as C(Skylake-Server-IBRS). With one that all nodes have, they can be migrated between
          all of them.
        - C(baseline) is the highest one that all of C(machines) have. Another one is refused
          where not all of these have it.
        - KubeVirt's own choice is C(host-model), with which they are migrated to nodes with the
          same features only. With C(host-passthrough), none can be migrated.
        type: str
      machines:
        description:
        - The machines that run virtual machines, on which CPUs are looked up. C(baseline) needs
          them. What they have is recorded at the KubeVirt object.
        type: list
        elements: dict
        default: []
        suboptions:
          node:
            description: Name of its node in Kubernetes.
            type: str
            required: true
          host:
            description: Its inventory host. The same as C(node) by default.
            type: str
      network_binding:
        description:
        - How virtual machines that do not say it are bound to the network of pods. With C(bridge),
          they have the address of their pod, which a network must keep over a migration. With
          C(masquerade), they have another one behind it.
        type: str
        choices: [bridge, masquerade]
        default: masquerade
      eviction:
        description:
        - What becomes of virtual machines on a node that is drained. With C(live_migrate), the
          node waits until all are migrated, for which their disks have to be on storage that
          several nodes use at once. With C(live_migrate_if_possible), the others are stopped.
          With C(none), all are stopped, as on a single node.
        type: str
        choices: [live_migrate, live_migrate_if_possible, none]
        default: live_migrate_if_possible
      restartable_only:
        description:
        - Whether the API refuses virtual machines that would not start again when their host
          is lost, from those of one host alone to those of which KubeVirt starts none anew. Those
          that are there already stay, until their C(spec) is changed.
        type: bool
        default: false
      migrations:
        description: How virtual machines are migrated.
        type: dict
        default: {}
        suboptions:
          parallel:
            description: Migrations at a time in the whole cluster.
            type: int
            default: 5
          parallel_per_node:
            description: Migrations at a time away from one node.
            type: int
            default: 2
          bandwidth:
            description: Bytes in a second that one migration may take, such as C(500Mi). Unlimited
              by default.
            type: str
          by_users:
            description:
            - Whether those who have Kubernetes' role C(edit) or C(admin) of a namespace may migrate
              its virtual machines. KubeVirt gives that right to none of them, since a migration
              takes the place and the network of others.
            type: bool
            default: false
          attachment:
            description:
            - Name of a NetworkAttachmentDefinition in the namespace C(kubevirt), over which migrations
              go. It has to give an address to a pod on each node. The network of pods by default.
            type: str
          network:
            description:
            - A network of the nodes over which migrations go, for which the role makes the attachment.
              The addresses are given by Kube-OVN, which has to be the network of the cluster,
              and Multus has to be there.
            type: dict
            suboptions:
              interface:
                description: Interface of the nodes in it, with this name on each of them.
                type: str
                required: true
              mtu:
                description: MTU in bytes. That of the interface by default.
                type: int
              subnet:
                description: Its subnet, of IPv4.
                type: str
                required: true
              first:
                description: The first of the addresses for migrations, one for each node.
                type: str
                required: true
              last:
                description: The last of them.
                type: str
                required: true
              gateway:
                description: Its gateway, if it has one.
                type: str
      state_storage_class:
        description:
        - Storage class of what a virtual machine's firmware and TPM store. It has to be shared
          between nodes for a migration. The default class of the cluster by default.
        type: str
      on_control_planes:
        description: Whether KubeVirt's controllers run on nodes of the control plane. Without,
          on those of virtual machines.
        type: bool
        default: true
      timings:
        description: C(slow) for machines whose CPU is emulated or overloaded. Containers have
          fifteen minutes to start, and probes wait longer for an answer and start programs once
          a minute at most.
        type: str
        choices: [default, slow]
        default: default
      replicas:
        description: How often each of its controllers runs, two at most of its operator. One
          is enough for one node.
        type: int
        default: 2
      node_labels:
        description: Labels of the nodes on which virtual machines run. All nodes by default.
        type: dict
        default: {}
      tolerations:
        description: Taints of these nodes.
        type: list
        elements: dict
        default: []
        suboptions:
          key:
            description: Key of the taint.
            type: str
            required: true
          value:
            description: Its value.
            type: str
          effect:
            description: Its effect.
            type: str
            required: true
"""
