# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_flannel/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role network_flannel."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The network.
    type: dict
    required: true
    suboptions:
      manifest:
        description: The manifest C(kube-flannel.yml) as flannel releases it.
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
      timings:
        description: C(slow) for machines whose CPU is emulated or overloaded. Containers have
          fifteen minutes to start, and probes wait longer for an answer and start programs once
          a minute at most.
        type: str
        choices: [default, slow]
        default: default
        version_added: 0.2.0
      api:
        description:
        - Address and port of the API, as C(10.30.0.10:8443), for daemons in the network of their
          node. A node without a default route reaches no address of a service, through which
          they would go without this.
        type: str
      pods:
        description: Subnet of all pods, as the cluster has it, or one of IPv4 and one of IPv6
          with a comma between.
        type: str
        required: true
      mtu:
        description: MTU of pods, at most 50 bytes less than that of the network between the nodes,
          and 70 with IPv6.
        type: int
        default: 1450
"""
