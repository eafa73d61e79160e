# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/provisioner/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role provisioner."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: What to serve, and where.
    type: dict
    required: true
    suboptions:
      cloud:
        description: Name of the cloud, in certificates and names of units. By default the last
          part of C(state_dir).
        type: str
      state_dir:
        description: Directory for images, boot files, certificates, deployment records, logs.
        type: path
        required: true
      service_manager:
        description:
        - What runs the services. V(processes) is for places without systemd, such as a network
          namespace or a container; each service then has a supervisor of its own.
        type: str
        choices: [systemd, processes]
        default: systemd
      network:
        description: The provision network; nothing is served elsewhere.
        type: dict
        required: true
        suboptions:
          interface:
            description: This host's interface there; by default the one with the address.
            type: str
          address:
            description: This host's address there; has to be configured already.
            type: str
            required: true
          subnet:
            description: The network, as CIDR.
            type: str
            required: true
          relayed:
            description:
            - Subnets of other racks in which machines boot. Their routers relay DHCP to this
              host, which has routes to them, and let machines reach it.
            type: list
            elements: dict
            default: []
            version_added: 0.2.0
            suboptions:
              subnet:
                description: The subnet, as CIDR.
                type: str
                required: true
              gateway:
                description: Address of the router there, which relays DHCP with it.
                type: str
                required: true
          range:
            description: Not used; only known machines get addresses.
            type: str
      addresses:
        description: This host's address in each network, for the certificate.
        type: dict
        default: {}
      bundle_dir:
        description:
        - The bundle's directory. Its C(registry) is the registry's storage.
        - Required unless C(bundle_dirs) is given.
        type: path
      bundle_dirs:
        description:
        - Directories of several bundles that are served at a time, the current release first,
          so that an upgrade leaves images and files to machines that still run the release before.
        - A tag that several of them name leads to the image of the first; the others' stay pullable
          by digest.
        - The apt repository's index is the first one's.
        - When C(bundle_dir) is given too, it has to be the first of them.
        type: list
        elements: path
        default: []
      names:
        description: Addresses by full name that this host resolves, of machines that do not boot
          from here.
        type: dict
        default: {}
      machines:
        description:
        - Machines that get an address and boot from here. Others get no answer; without any,
          there is neither DHCP nor network boot.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the machine.
            type: str
            required: true
          fqdn:
            description: Fully qualified name, which this host resolves; C(name) in the domain
              if not given.
            type: str
          number:
            description: Number of the machine; not used here.
            type: int
          macs:
            description: Addresses of all its network cards; the one that it boots from requests
              the address.
            type: list
            elements: str
            required: true
          boot_mac:
            description: The card it boots from; not used here.
            type: str
          address:
            description: Address in the provision network.
            type: str
            required: true
          firmware:
            description: V(uefi) or V(bios); the machine reports it when it boots; not used here.
            type: str
          snponly:
            description:
            - Drive the network card through its firmware instead of iPXE's own driver; for cards
              that lose their link for too long when iPXE takes them over.
            type: bool
            default: false
      images:
        description:
        - Images by name. C({source=build, profile, packages}) builds one; C({url, sha256, ca_file})
          downloads a raw one; C(ca_file) names further CAs to trust.
        - Profiles are V(metal), V(virtual) (small kernel, serial console) and V(emulated) (also
          kernel arguments and longer timer slack for machines without hardware virtualisation).
        - C(non_free_firmware) gives a built image microcode of processors and firmware of network
          cards and disk controllers from Debian's component non-free-firmware; by default V(true)
          for V(metal) and V(false) for others. A mirror without that component needs V(false).
        type: dict
        default: {}
      ramdisk_packages:
        description:
        - Further packages of the image that the deploy ramdisk is made of, which is debian-13
          as in C(images), or the default one; V(mdadm) where a machine has two root disks.
        type: list
        elements: str
        default: []
      ntp_upstream:
        description:
        - Servers from which this host's time service sets the clock. Without any it serves the
          clock as it is. With C(service_manager=processes) the clock is never set.
        type: list
        elements: str
        default: []
      dns:
        description: Name resolution for the machines.
        type: dict
        default: {}
        suboptions:
          domain:
            description: Domain whose machines and provisioner are resolved here.
            type: str
          servers:
            description: Name servers that resolve all other names, which are refused without
              any.
            type: list
            elements: str
            default: []
      http_port:
        description: Port of the web server.
        type: int
        default: 8080
      registry_port:
        description: Port of the registry.
        type: int
        default: 5000
"""
