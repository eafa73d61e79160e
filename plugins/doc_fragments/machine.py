# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option `machine` of machine_deploy."""

from __future__ import annotations


class ModuleDocFragment:
    """One machine, as the inventory plugin derives it from the model."""

    DOCUMENTATION = r"""
options:
  machine:
    description: The machine; the same keys as the input of role C(machine).
    type: dict
    required: true
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      fqdn:
        description: Its full name.
        type: str
      cloud:
        description: Name of the cloud.
        type: str
        required: true
      number:
        description: Its number in the cloud.
        type: int
      firmware:
        description: Firmware with which it boots.
        type: str
        choices: [uefi, bios]
        default: uefi
      boot_mac:
        description: MAC address of the port that boots.
        type: str
      macs:
        description: MAC addresses of all its ports.
        type: list
        elements: str
        required: true
      identity:
        description: Identifiers of the machine; compared with its management controller before anything is changed.
        type: dict
        suboptions:
          serial:
            description: Serial number of the system.
            type: str
          uuid:
            description: UUID of the system.
            type: str
      bmc:
        description: Its management controller; options as in M(groundup.cloud.bmc_info).
        type: dict
        required: true
        suboptions:
          protocol:
            description: Protocol of the controller.
            type: str
            choices: [redfish, ipmi]
            required: true
          address:
            description: Its address.
            type: str
            required: true
          port:
            description: Its port, if it is not the usual one.
            type: int
          username:
            description: Account on the controller.
            type: str
            required: true
          password:
            description: Password of the account.
            type: str
            required: true
          system:
            description: Which system of the controller.
            type: str
          tls:
            description: How its certificate is verified.
            type: dict
            suboptions:
              ca_file:
                description: File of the certificate authorities to trust.
                type: path
              fingerprint:
                description: SHA-256 of the one certificate to accept.
                type: str
          ipmi:
            description: Further settings of IPMI.
            type: dict
            suboptions:
              cipher:
                description: Cipher suite.
                type: int
                choices: [3, 17]
          timeout:
            description: Seconds that one call may take.
            type: float
            default: 60.0
      root_disk:
        description: The disk that gets the system. One of the two, or both.
        type: dict
        required: true
        suboptions:
          serial:
            description: Its serial number.
            type: str
          wwn:
            description: Its world wide name.
            type: str
          mirror:
            description:
              - A second disk. Both get the system as a mirror (RAID 1 by MD), and the machine starts from either alone.
              - The image needs the package mdadm.
            type: dict
            suboptions:
              serial:
                description: Its serial number.
                type: str
              wwn:
                description: Its world wide name.
                type: str
      storage_disks:
        description: Disks that belong to storage. They must exist and are never written.
        type: list
        elements: dict
        default: []
        suboptions:
          serial:
            description: Its serial number.
            type: str
          wwn:
            description: Its world wide name.
            type: str
      os:
        description: Name of the image, if C(image) names none.
        type: str
      image:
        description: The image.
        type: dict
        suboptions:
          name:
            description: Its name on the provisioner.
            type: str
            required: true
          sha256:
            description: Its digest. If the provisioner has another one, nothing is written.
            type: str
          url:
            description: Where it comes from. For information.
            type: str
          size:
            description: Its size in bytes. For information.
            type: int
      seed:
        description: What is written into the new root; overrides what is derived.
        type: dict
        suboptions:
          hostname:
            description: Host name.
            type: str
          fqdn:
            description: Full name.
            type: str
          machine_id:
            description: Machine ID; by default a new one.
            type: str
          user:
            description:
              - Account that may log in. One that is not root is created without a password, may use sudo without one,
                and root can't log in over ssh then; the image must have sudo.
            type: str
            default: root
          authorized_keys:
            description: SSH keys of C(user).
            type: list
            elements: str
            default: []
          kernel_arguments:
            description: Further arguments of the kernel, in force from the first boot.
            type: list
            elements: str
            default: []
          network_files:
            description: Files below /etc.
            type: list
            elements: dict
            default: []
            suboptions:
              path:
                description: Its path.
                type: str
                required: true
              content:
                description: Its text.
                type: str
                required: true
          ca_certificate:
            description: Certificate authority to trust, in PEM.
            type: str
      wipe:
        description: Erase its root disk though it was never deployed, and restart it if it is on.
        type: bool
        default: false
      attempts:
        description: How often to try within one run.
        type: int
        default: 2
      console:
        description: Where its serial console can be read; named when it does not come up.
        type: str
      timeouts:
        description: Seconds.
        type: dict
        suboptions:
          boot:
            description: From power on to the first report of the ramdisk. By default 900.
            type: float
          stall:
            description: Longest time between two reports of the ramdisk. By default 120.
            type: float
          stuck:
            description: How long the ramdisk may report without progress. By default 900.
            type: float
          system:
            description: From power on to SSH. By default 900.
            type: float
          "off":
            description: Until it has switched off by itself. By default 90.
            type: float
  ssh:
    description: How the controller (where the playbook runs) reaches the machine.
    type: dict
    required: true
    suboptions:
      address:
        description: Its address.
        type: str
        required: true
      user:
        description: Account.
        type: str
        default: root
      port:
        description: Port.
        type: int
        default: 22
      private_key_file:
        description: File of the private key.
        type: str
      options:
        description: Further arguments of C(ssh). They can't weaken the check of the host key.
        type: list
        elements: str
        default: []
"""
