# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/hosted_control_plane/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role hosted_control_plane."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: Where the programs come from and what keeps them running.
    type: dict
    required: true
    suboptions:
      bundle_dir:
        description: Directory of the bundle on this host, from whose images the programs are
          unpacked.
        type: path
        required: true
      service_manager:
        description: What keeps the servers running, units of C(systemd), or supervised C(processes)
          where there is none.
        type: str
        choices: [systemd, processes]
        default: systemd
      konnectivity:
        description:
        - The API server reaches nodes and pods through konnectivity-server, which runs beside
          it, and its agents on nodes, which P(groundup.cloud.konnectivity#role) applies. For
          clusters whose pods this host has no routes to, as in an overlay; webhooks and aggregated
          APIs in pods do not answer otherwise. While no agent is connected, the API server reaches
          no kubelet either, so logs and terminals of pods wait for the first one.
        - Without this option, the server is stopped, and the API server goes directly.
        type: dict
        version_added: 0.2.0
        suboptions:
          port:
            description: Port for agents at the address of the endpoint.
            type: int
            default: 8091
"""
