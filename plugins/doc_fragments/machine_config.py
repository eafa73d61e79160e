# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/machine/meta/argument_specs.yml; change that file, not this one.
"""The options `machine` and `ssh` of modules that take the input of the role machine."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  machine:
    description: The machine, as the inventory plugin derives it from the model.
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
        description: Identifiers of the machine; compared with those that its management controller
          reports before anything is changed.
        type: dict
        suboptions:
          serial:
            description: Serial number of the system.
            type: str
          uuid:
            description: UUID of the system.
            type: str
      bmc:
        description: Its management controller.
        type: dict
        required: true
        suboptions:
          protocol:
            description:
            - Protocol of the controller. It is not detected.
            - V(ipmi) has no TLS and shows password hashes to every client that can reach it;
              use it in a closed network only.
            type: str
            choices: [redfish, ipmi]
            required: true
          address:
            description: Address or name of the controller.
            type: str
            required: true
          port:
            description: Port, if it is not 443 (Redfish) or 623 (IPMI).
            type: int
          username:
            description: Account on the controller.
            type: str
            required: true
          password:
            description: Its password. It is given to the controller only after its certificate
              was verified.
            type: str
            required: true
          system:
            description: Which system of the controller, if it has several. An id or a path.
            type: str
          tls:
            description: How the certificate is verified. Without one of these by the system's
              certificate authorities.
            type: dict
            suboptions:
              ca_file:
                description: File of the certificate authorities to trust, on the machine where
                  the module runs.
                type: path
              fingerprint:
                description:
                - SHA-256 of the one certificate to accept, in hexadecimal, with or without colons
                  and a prefix V(SHA256:). Shorter fingerprints (MD5, SHA-1) are refused.
                type: str
          ipmi:
            description: Further settings of IPMI.
            type: dict
            suboptions:
              cipher:
                description: Cipher suite. Without it 17 is tried first, then 3.
                type: int
                choices: [3, 17]
          timeout:
            description: Seconds that one call may take with all its retries.
            type: float
            default: 60.0
      root_disk:
        description:
        - The disk for the operating system, by serial number, WWN or both, as C(lsblk -o SERIAL,WWN),
          C(/dev/disk/by-id) or the management controller shows them. What two disks have is refused.
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
            - A second disk. Both get the system as a mirror (RAID 1 by MD), and the machine starts
              from either alone.
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
        description: Contents of the new root file system; overrides what is derived.
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
            - Account that may log in. One that is not root is created without a password and
              may use sudo without one; then root can't log in over ssh. The image must have sudo.
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
        description: 'Consent: erase the root disk of a machine that was never deployed, and restart
          the machine if it is on.'
        type: bool
        default: false
      attempts:
        description: How often to try within one run.
        type: int
        default: 2
      console:
        description: Where its serial console can be read; shown in the error when the machine
          does not start.
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
          'off':
            description: Until it has switched off by itself. By default 90.
            type: float
  ssh:
    description: How the controller (where the playbook runs) reaches the machine. By default
      at C(ansible_host), as C(ansible_user), with C(ansible_ssh_private_key_file).
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
