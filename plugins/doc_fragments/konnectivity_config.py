# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/konnectivity/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role konnectivity."""

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
      server:
        description: Address and port at which agents reach konnectivity-server, as C(10.30.0.10:8091).
          The certificate of the API server has to be valid for the address.
        type: str
        required: true
      image:
        description: Image of the agent. Its minor version is that of Kubernetes.
        type: str
        default: registry.k8s.io/kas-network-proxy/proxy-agent:v0.36.0
      timings:
        description: C(slow) for machines whose CPU is emulated or overloaded. Containers have
          fifteen minutes to start, and probes wait longer for an answer.
        type: str
        choices: [default, slow]
        default: default
"""
