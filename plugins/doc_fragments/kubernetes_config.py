# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/kubernetes/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role kubernetes."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The machine and its cluster. The same for all machines but C(node).
    type: dict
    required: true
    suboptions:
      cluster:
        description: Name of the cluster.
        type: str
        required: true
      version:
        description: Version of Kubernetes, as in C(1.36.3).
        type: str
        required: true
      files:
        description:
        - What is installed, by name, each with C(url) and C(sha256). Either C(kubernetes), one
          program that is all three, or C(kubeadm), C(kubelet) and C(kubectl).
        type: dict
        required: true
      endpoint:
        description: Where the API is reached.
        type: dict
        required: true
        suboptions:
          address:
            description:
            - Address that keepalived moves between control planes, of the network of C(interface),
              or that of an external load balancer. Only the latter may have a C(name) alone.
            type: str
          name:
            description:
            - DNS name by which nodes and kubeconfigs know the endpoint, instead of its address.
              Every machine and the controller have to resolve it; the copy of the kubeconfig
              on a controller that does not has the address.
            type: str
          load_balancer:
            description:
            - Who forwards connections to the API servers. For C(external), one of your own that
              forwards TCP to port 6443 of all control planes whose C(/readyz) answers; haproxy
              and keepalived are not installed then. It has to be there before the cluster is
              made, and is waited for.
            type: str
            choices: [control_planes, external]
            default: control_planes
          interface:
            description: Interface of this machine in the network of the nodes. Required unless
              C(root) is set or the load balancer is external.
            type: str
          port:
            description: Port of the API at this address.
            type: int
            default: 8443
          router_id:
            description: VRRP router id, unique in that network. By default the last part of the
              address.
            type: int
      pods:
        description: Subnet of all pods, or one of each IP version with a comma between, that
          of the nodes' C(address) first.
        type: str
        required: true
      services:
        description: Subnet of service addresses, or two like those of C(pods).
        type: str
        required: true
      domain:
        description: DNS domain of services.
        type: str
        default: cluster.local
      node:
        description: This machine.
        type: dict
        required: true
        suboptions:
          name:
            description: Name of the node; the name in the inventory.
            type: str
            required: true
          address:
            description: Address of the node in the network of the nodes.
            type: str
            required: true
          second_address:
            description: Its address of the second IP version there, where C(pods) has two.
            type: str
          control_plane:
            description: Whether it is a control plane. Only C(taints) prevent workloads on it.
            type: bool
            required: true
          labels:
            description: Labels of the node. Labels that others set stay.
            type: dict
            default: {}
          taints:
            description: Taints of the node.
            type: list
            elements: dict
            default: []
            suboptions:
              key:
                description: Key of the taint.
                type: str
                required: true
              value:
                description: Value of the taint.
                type: str
              effect:
                description: Effect of the taint.
                type: str
                choices: [NoSchedule, PreferNoSchedule, NoExecute]
                required: true
          kubelet:
            description:
            - Fields of C(KubeletConfiguration) (C(kubelet.config.k8s.io/v1beta1)) for this machine's
              kubelet, merged over what C(kubeadm) gives to all nodes, in a file of its own below
              C(/etc/kubernetes/kubelet.conf.d). Names, types and choices are checked, and the
              kubelet reads them before it is restarted.
            - Refused are fields on which others depend, such as C(cgroupDriver), C(port), C(clusterDomain)
              and C(registerWithTaints).
            type: dict
            default: {}
      control_planes:
        description: Addresses of all control planes by name.
        type: dict
        required: true
      api_names:
        description:
        - Further DNS names and addresses at which clients reach the API. They are in the certificates
          of all API servers. Where they change, C(kubeadm) makes these certificates anew on one
          control plane after another, and the servers restart.
        type: list
        elements: str
        default: []
      image_repository:
        description: Registry of Kubernetes' images; the container runtime may use a mirror of
          it.
        type: str
        default: registry.k8s.io
      proxy_mode:
        description: Backend of kube-proxy; C(none) for a cluster without it, whose network brings
          packets for services to their pods. A cluster keeps it for life, so a change is refused.
        type: str
        choices: [nftables, iptables, none]
        default: nftables
      encryption:
        description: Encrypt Secrets at rest.
        type: bool
        default: true
      audit:
        description: Write an audit log to C(/var/log/kubernetes/audit).
        type: bool
        default: true
      timings:
        description:
        - C(slow) suits machines whose CPU is emulated or overloaded, with longer leases of leaders
          and nodes, longer elections of etcd, longer timeouts of kubeadm, of health checks and
          of the endpoint; a control plane may have one CPU.
        type: str
        choices: [default, slow]
        default: default
      renew_days:
        description:
        - Certificates of a control plane with fewer days left are renewed by a run; C(kubeadm)
          makes them for a year. The kubelet renews its own. From 1 to 300.
        type: int
        default: 90
      root:
        description:
        - Directory below which the files of the control plane are. Another one than C(/) names
          the host of a hosted control plane (P(groundup.cloud.hosted_control_plane#role)), on
          which this role itself does not run.
        type: path
        default: /
      kubeconfig:
        description:
        - Kubeconfig of a cluster that others run, and that C(kubeadm) made. Machines join it
          as workers, and nothing of it is changed but the token of a run and the labels and taints
          of these nodes. It is read on the only host in C(control_planes), which is the controller
          and no node. Wants C(endpoint.load_balancer=external).
        - It holds one cluster and one login, both inline. Its user has to be allowed to create,
          patch and delete Secrets and to read ConfigMaps in C(kube-system), and to list and patch
          nodes.
        - C(pods), C(services) and C(domain) have to be those of the cluster. C(version) is at
          most that of its API server, and at most three minor versions older.
        type: path
"""
