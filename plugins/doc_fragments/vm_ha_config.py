# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/vm_ha/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role vm_ha."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: What is watched, and where the service has its files.
    type: dict
    required: true
    suboptions:
      cloud:
        description: Name of the cloud, a part of the name of the unit.
        type: str
        required: true
      state_dir:
        description: Directory of the cloud on the provisioner. The service has its files in C(vm_ha)
          below it.
        type: path
        required: true
      service_manager:
        description: What keeps the service running, a unit of C(systemd), or supervised C(processes)
          where there is none.
        type: str
        choices: [systemd, processes]
        default: systemd
      profile:
        description:
        - C(default) fences a machine after 90 seconds without Ready and without a renewed Lease,
          and looks every 10 seconds.
        - C(tight) does so after 30 seconds and every 5. A kubelet that stalls for so long costs
          its machine a restart.
        type: str
        choices: [default, tight]
        default: default
      timings:
        description: C(slow) for emulated machines, whose kubelets are given five minutes, whatever
          the profile is.
        type: str
        choices: [default, slow]
        default: default
      minimum_healthy:
        description: Percent of the nodes that have to be healthy before power is cut.
        type: int
        default: 51
      machines:
        description: Machines with management controllers. Others of the cluster are judged, and
          never fenced.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: Name of the node.
            type: str
            required: true
          identity:
            description: What is compared before anything is switched.
            type: dict
            suboptions:
              serial:
                description: Serial number of the machine.
                type: str
              uuid:
                description: UUID of the machine.
                type: str
              macs:
                description: MAC addresses of its network cards.
                type: list
                elements: str
                default: []
          bmc:
            description: Its management controller, as the modules of the group C(bmc) take it.
            type: dict
            required: true
            suboptions:
              protocol:
                description: How it is spoken to.
                type: str
                choices: [redfish, ipmi]
                required: true
              address:
                description: Its address.
                type: str
                required: true
              port:
                description: Its port. By default that of the protocol.
                type: int
              username:
                description: Account on it.
                type: str
                required: true
              password:
                description: Password of the account.
                type: str
                required: true
              system:
                description: Which system of it the machine is, where it has several.
                type: str
              tls:
                description: How its certificate is checked.
                type: dict
                suboptions:
                  ca_file:
                    description: CA on the provisioner.
                    type: path
                  fingerprint:
                    description: SHA-256 fingerprint of the certificate.
                    type: str
              ipmi:
                description: Settings of IPMI.
                type: dict
                suboptions:
                  cipher:
                    description: Cipher suite.
                    type: int
                    choices: [3, 17]
"""
