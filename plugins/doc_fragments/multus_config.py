# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/multus/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role multus."""

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
      manifest:
        description: The manifest C(multus-daemonset-thick.yml) as Multus releases it.
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
      dynamic_networks:
        description:
        - The manifest C(dynamic-networks-controller.yaml) as multus-dynamic-networks-controller
          releases it. With it, a pod that runs gets and loses interfaces as its annotation changes.
          Without it, the controller is not applied.
        type: dict
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
      timings:
        description: C(slow) for machines whose CPU is emulated or overloaded. Containers have
          fifteen minutes to start, and probes wait longer for an answer and start programs once
          a minute at most.
        type: str
        choices: [default, slow]
        default: default
      api:
        description:
        - Address and port of the API, as C(10.30.0.10:8443), for the daemon, which is in the
          network of its node. A node without a default route reaches no address of a service,
          through which it would go without this.
        type: str
      attachments:
        description: The attachments that pods may name.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the attachment.
            type: str
            required: true
          namespaces:
            description:
            - Namespaces whose pods may name it. One that does not exist is made; none is ever
              removed.
            type: list
            elements: str
            default:
            - default
          plugin:
            description:
            - How pods are connected. With C(macvlan), each pod has a MAC address of its own on
              the node's interface, which stays as it is; pods and their own node do not reach
              each other there. With C(bridge), pods are ports of the node's bridge, as virtual
              machines need it. With C(kube_ovn), they are ports of Kube-OVN's switch, in the
              subnet whose C(attachment) is NAMESPACE/NAME in M(groundup.cloud.network_kube_ovn),
              under policies, and only one namespace may be given.
            type: str
            choices: [macvlan, bridge, kube_ovn]
            required: true
          interface:
            description:
            - The interface of the nodes above which pods are, or with C(bridge) the bridge. It
              has this name on each node that is to have such pods. A bridge is made by the role
              M(groundup.cloud.host_network), for one; a node without it makes one that leads
              nowhere. Required, but not with C(kube_ovn).
            type: str
          mtu:
            description: MTU of the pods' interface in bytes. That of the node's interface by
              default.
            type: int
          addresses:
            description:
            - Where addresses come from. With C(none), the interface has none, and the pod or
              virtual machine gives itself one. With C(pod), it has those that C(ips) in the pod's
              annotation names, such as C(["10.40.0.200/24"]), and a pod that names none does
              not start.
            type: str
            choices: [none, pod]
            default: none
"""
