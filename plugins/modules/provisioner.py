#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: provisioner
short_description: Serve DHCP, TFTP, HTTP, registry and NTP of a provision network
version_added: 0.1.0
description:
  - Runs DHCP, TFTP, a web server, an OCI registry, NTP and the boot service, on the provision network only.
  - Builds or downloads the operating system images and the deploy ramdisk; both are kept in a cache.
  - Compares everything with what runs first, and touches only what differs.
  - Refuses to start DHCP when another server answers on that network.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.provisioner_config
  - groundup.cloud.attributes
options:
  state:
    description: V(absent) stops all services; images, certificates and records stay.
    type: str
    choices: [present, absent]
    default: present
  cache_dir:
    description: Where builds and downloads are kept; may be deleted at any time. By default below C(~/.cache).
    type: path
"""

EXAMPLES = r"""
- name: Serve the provision network
  groundup.cloud.provisioner:
    config:
      state_dir: /var/lib/groundup/rack1
      service_manager: systemd
      network: {interface: enp3s0, address: 10.10.0.1, subnet: 10.10.0.0/24}
      bundle_dir: /srv/groundup/bundle
      machines: [{name: node1, macs: ["52:54:00:00:01:01"], address: 10.10.0.21}]
      images: {debian-13: {source: build, profile: metal}}
"""

RETURN = r"""
steps:
  description: What was done, or would be.
  type: list
  elements: str
  returned: always
  sample: ["restart dnsmasq"]
base_url:
  description: Where images, bundle and boot files are served.
  type: str
  returned: always
  sample: http://10.10.0.1:8080
registry:
  description: Host and port of the registry.
  type: str
  returned: always
  sample: 10.10.0.1:5000
ca_file:
  description: The CA that signed the registry's certificate, on the provisioner.
  type: str
  returned: always
  sample: /var/lib/groundup/rack1/ca/ca.crt
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.provision.provisioner import run as provide
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked
from ansible_collections.groundup.cloud.plugins.module_utils.specs.provisioner import CONFIG

SPEC = {
    "config": CONFIG,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "cache_dir": {"type": "path"},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    wanted = module.params

    def act() -> Result:
        config = checked("provisioner", CONFIG, given(wanted["config"]))
        return provide(config, wanted["state"], module.check_mode, wanted["cache_dir"])

    run(module, act)


if __name__ == "__main__":
    main()
