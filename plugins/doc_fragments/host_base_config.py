# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/host_base/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role host_base."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The host.
    type: dict
    required: true
    suboptions:
      packages:
        description: Debian packages to install besides those that other settings need.
        type: list
        elements: str
        default: []
      apt:
        description: The apt repository from which missing packages are installed; the sources
          of the host without it.
        type: dict
        default: {}
        suboptions:
          url:
            description: URL of the repository.
            type: str
          suite:
            description: Suite. A flat repository has C(./), and is trusted over https only.
            type: str
            default: ./
          components:
            description: Components, for a repository that is not flat.
            type: list
            elements: str
            default: []
          signed_by:
            description: Keyring that verifies the repository, a file on the host.
            type: path
      kernel_modules:
        description: Kernel modules to load besides overlay, br_netfilter and nf_conntrack.
        type: list
        elements: str
        default: []
      virtual_machines:
        description:
        - Whether the machine runs virtual machines. Then nested virtualization is off, and a
          machine with libvirt is refused, which would keep KubeVirt from QEMU. With C(hardware),
          a machine without virtualization in hardware is refused; C(emulated) is the consent
          to slow ones. A kernel with a known fault by which guests can take the machine over
          is warned of.
        type: str
        choices: [none, hardware, emulated]
        default: none
        version_added: 0.2.0
      checksums_by_kernel:
        description:
        - Interfaces whose checksums the kernel computes itself, whoever creates them, such as
          C(flannel.1). On kernels from 6.12, VXLAN over a bond can be slow where its checksums
          are offloaded.
        type: list
        elements: str
        default: []
        version_added: 0.2.0
      kernel_arguments:
        description:
        - Further arguments of the kernel, such as C(hugepages=16). On images of this collection
          they are in C(/boot/grub/groundup.cfg), on other Debian systems in C(/etc/default/grub.d),
          from which C(update-grub) makes the boot configuration. They take effect after a reboot,
          which the role never does; until then it warns.
        type: list
        elements: str
        default: []
      sysctls:
        description: Sysctls by name, added to those that Kubernetes, CNI plugins and storage
          require.
        type: dict
        default: {}
      ntp_servers:
        description: Time servers for chrony; without any, time synchronisation stays as it is.
        type: list
        elements: str
        default: []
      clock_limit:
        description: Seconds that the clock may be off before it is set at once.
        type: float
        default: 5
      hosts:
        description: Addresses by name that must resolve while DNS is down.
        type: dict
        default: {}
      swap:
        description: Whether swap may stay on.
        type: bool
        default: false
      limits:
        description: Limits of login sessions by item of limits.conf, soft and hard alike.
        type: dict
        default:
          nofile: 1048576
      journal:
        description: Limits of the journal.
        type: dict
        default: {}
        suboptions:
          max_use:
            description: Disk space in systemd's notation (journald.conf(5), SystemMaxUse).
            type: str
            default: 500M
          max_days:
            description: Days after which entries are removed.
            type: int
            default: 30
      firewall:
        description:
        - An nftables table of its own for traffic to the host; other tables are never changed.
          ssh is always open.
        type: dict
        default: {}
        suboptions:
          enabled:
            description: Whether the table exists.
            type: bool
            default: false
          trusted:
            description: Networks with full access; all of the cloud, pods and services included.
            type: list
            elements: str
            default: []
          open:
            description: Ports open to every address, as C(tcp/6443) or C(udp/30000-32767).
            type: list
            elements: str
            default: []
          ssh_port:
            description: Port of the SSH server.
            type: int
            default: 22
      ca_certificates:
        description: Certificate authorities that the host trusts, PEM text by name.
        type: dict
        default: {}
      registry_ca:
        description:
        - Certificate authority of the cloud's registry, PEM text. Without it, the one that the
          machine got with its deployment stays.
        type: str
      hostname:
        description: Host name, where the role host_network does not set it.
        type: str
      fqdn:
        description: Full name, to which the host resolves its own name while DNS is down.
        type: str
"""
