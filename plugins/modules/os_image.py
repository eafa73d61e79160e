#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: os_image
short_description: Build or download operating system images into the cache
version_added: 0.1.0
description:
  - Builds an image from Debian's packages, or downloads a raw one by URL and sha256, unless the cache has it.
  - The same images are published by M(groundup.cloud.provisioner). This module fills the cache where that one runs
    without access to a package mirror.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
extends_documentation_fragment:
  - groundup.cloud.attributes
options:
  images:
    description: Images by name, as role P(groundup.cloud.provisioner#role) takes them.
    type: dict
    required: true
  cache_dir:
    description: Where builds and downloads are kept; may be deleted at any time. By default below C(~/.cache).
    type: path
"""

EXAMPLES = r"""
- name: Build the image of Debian 13 for servers
  groundup.cloud.os_image:
    images: {debian-13: {source: build, profile: metal}}
"""

RETURN = r"""
places:
  description: Directory of each image; with C(os.raw) and C(manifest.json), and C(vmlinuz), C(ramdisk.img) if built.
  type: dict
  returned: always
  sample: {debian-13: /root/.cache/groundup/images/6aa8a12356cf1ca4}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.provision.build import have
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {"images": {"type": "dict", "required": True}, "cache_dir": {"type": "path"}}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: have(module.params["images"], module.params["cache_dir"], module.check_mode))


if __name__ == "__main__":
    main()
