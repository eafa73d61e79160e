#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: netbox_model
short_description: Make machines, switches and networks of a model from NetBox
version_added: 0.2.0
description:
  - Reads devices, interfaces, cables, racks, prefixes and addresses from NetBox, and writes them as a part of a model
    that people review and keep in version control. The same data make the same file.
  - NetBox is only read. It is needed while this module runs, and by nothing else.
  - What NetBox does not know is named in comments of the file, and is a warning where the model may be wrong for it.
  - Passwords are never written; variables stand in their place.
  - C(docs/coming_from_netbox.md) has the whole mapping.
attributes:
  check_mode:
    description: Reads NetBox and says whether the file would change.
    support: full
  diff_mode:
    description: Shows the file before and after.
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.model_file
options:
  url:
    description: Address of NetBox, release 4.2 or later. By default the environment variable E(NETBOX_API).
    type: str
    required: true
  token:
    description: API token, which needs no right to write. By default the environment variable E(NETBOX_TOKEN).
    type: str
    required: true
  tls:
    description: How the certificate is verified. Without one of these by the system's certificate authorities.
    type: dict
    suboptions:
      ca_file:
        description: File of the certificate authorities to trust.
        type: path
      fingerprint:
        description: SHA-256 of the one certificate to accept.
        type: str
  timeout:
    description: Seconds that NetBox may be silent in one answer.
    type: float
    default: 60.0
  machines:
    description:
      - Which devices are machines, by slugs. O(machines.sites), O(machines.tags) or O(machines.roles) is needed.
    type: dict
    required: true
    suboptions: &filter
      sites:
        description: Sites; one of them.
        type: list
        elements: str
      tags:
        description: Tags; all of them.
        type: list
        elements: str
      roles:
        description: Roles; one of them.
        type: list
        elements: str
      status:
        description: >-
          States; one of them. By default all states of devices but C(inventory) and C(decommissioning), and the states
          C(active) and C(reserved) of prefixes.
        type: list
        elements: str
  switches:
    description: Which devices are switches, like O(machines).
    type: dict
    required: true
    suboptions: *filter
  networks:
    description: Which prefixes are networks of the cloud, like O(machines). Those without a VLAN are left out.
    type: dict
    required: true
    suboptions: *filter
  vlan_groups:
    description: Networks of tenants, by their names here, and the slugs of the VLAN groups whose ranges they are.
    type: dict
    default: {}
  network_names:
    description: Names of networks, by names of VLANs or slugs of prefixes' roles. By default the VLAN's name.
    type: dict
    default: {}
  native:
    description:
      - The provision network, by its name here. By default the VLAN that is untagged on most of the machines' trunks.
    type: str
  gateway_tag:
    description:
      - Slug of the tag of routers' addresses. By default addresses are taken whose role is VRRP, HSRP, GLBP, CARP or
        anycast.
    type: str
  machine_roles:
    description: Lists of roles in the cloud, by slugs of devices' roles or tags.
    type: dict
    default: {}
  platforms:
    description: Platforms of switches here, by slugs of NetBox's platforms. Well-known ones are known.
    type: dict
    default: {}
  images:
    description: Operating system images of machines, by slugs of NetBox's platforms.
    type: dict
    default: {}
  fields:
    description:
      - Names of custom fields, by what they hold. Of devices C(root_disk), C(storage_disks), C(number), C(firmware),
        C(mlag); of prefixes, C(gateway) and C(mtu); of interfaces, C(bond_mode).
      - Fields of disks have serial numbers or WWNs, between commas or lines, or JSON with keys C(serial) and C(wwn).
    type: dict
    default: {}
  context:
    description: Key of config contexts below which keys of a machine stand, such as C(labels) or C(storage_disks).
    type: str
  bmc_password:
    description: Name of the variable that holds the password of management controllers. Empty to write none.
    type: str
    default: vault_bmc
  switch_password:
    description: Name of the variable that holds the password of switches. Without it none is written.
    type: str
  switch_username:
    description: Account on switches. Without it none is written.
    type: str
requirements:
  - requests >= 2.31 and urllib3 >= 2.1
author: groundup.cloud founders (@groundup-cloud)
"""

EXAMPLES = r"""
- name: Write what NetBox knows of rack 1
  groundup.cloud.netbox_model:
    url: https://netbox.example.net
    token: "{{ vault_netbox }}"
    tls: {ca_file: /etc/ssl/certs/example.pem}
    machines: {sites: [dc1], tags: [rack1], roles: [hypervisor]}
    switches: {sites: [dc1], roles: [leaf]}
    networks: {sites: [dc1], tags: [rack1]}
    machine_roles: {hypervisor: [compute, storage], first-three: [control_plane]}
    fields: {root_disk: root_disk_serial}
    dest: inventories/rack1/netbox.cloud.yml
    additions: inventories/rack1/netbox.additions.yml
  delegate_to: localhost
  register: rack1
"""

RETURN = r"""
model:
  description: The part of the model.
  type: dict
  returned: success
text:
  description: The text of the file, with its comments.
  type: str
  returned: success
doubts:
  description: Where the model may be wrong or is not whole, as in the warnings.
  type: list
  elements: str
  returned: success
  sample: ["machines.node4: root_disk: NetBox has no disk of it; give serial or wwn"]
"""

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, given
from ansible_collections.groundup.cloud.plugins.module_utils.shell import run as end
from ansible_collections.groundup.cloud.plugins.module_utils.sources.arguments import NETBOX
from ansible_collections.groundup.cloud.plugins.module_utils.sources.netbox import run

SPEC = {
    **NETBOX,
    "url": {**NETBOX["url"], "fallback": (env_fallback, ["NETBOX_API"])},
    "token": {"type": "str", "required": True, "no_log": True, "fallback": (env_fallback, ["NETBOX_TOKEN"])},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    end(module, lambda: run(given(module.params), module.check_mode))


if __name__ == "__main__":
    main()
