#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_lock
short_description: Resolve the digests that a lock lacks
version_added: 0.1.0
description:
  - Downloads each published artefact that the lock has no digest for, and gives the lock with the digests filled in.
    Of images only the manifests are read, by the program C(skopeo).
  - Such a digest only shows what was served today; compare it with the publisher's page before you commit it. Where the
    publisher serves a checksum file beside the artefact, the two must agree.
  - Where some of them can't be found, the module fails with their names and the reasons, and returns what it found all
    the same, so that this can be recorded.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
extends_documentation_fragment:
  - groundup.cloud.attributes
options:
  lock:
    description: The lock, as read from its YAML.
    type: dict
    required: true
  cache_dir:
    description: Where downloads wait until they are read. By default V(${XDG_CACHE_HOME:-~/.cache}/groundup/bundle).
    type: path
  mirrors:
    description: Prefixes of URLs, and what to put in their place, as in M(groundup.cloud.bundle).
    type: dict
    default: {}
  digests:
    description:
      - The digests that were recorded before, as RV(digests). They stay, those of O(images) excepted, which are found
        again.
    type: dict
    default: {}
  images:
    description: Images of one's own and their places, as in M(groundup.cloud.bundle).
    type: dict
    default: {}
  additions:
    description:
      - What the bundle holds beyond the lock. C(manifests) are downloaded, each by its name with C(url) and C(sha256).
        C(images) is a list of references; those that the lock does not have are copied as published, by the digests in
        O(digests).
    type: dict
    default: {}
    version_added: 0.2.0
  needs:
    description:
      - For each layer the artefacts that it needs, as for O(groundup.cloud.bundle_info#module:needs). Those that the
        lock lists under C(optional) are looked up only if one of these names them.
    type: dict
    default: {}
  source:
    description:
      - How the bundle is made. With V(source) only the digests of what such a bundle downloads are looked up, and not
        those of what it compiles.
    type: str
    choices: [upstream, source]
    default: upstream
    version_added: 0.2.0
  ca_file:
    description: File with further CAs to trust, as in M(groundup.cloud.bundle).
    type: path
  auth_file:
    description: File with the logins of registries, as in M(groundup.cloud.bundle).
    type: path
"""

EXAMPLES = r"""
- name: Find the digests of a new release
  groundup.cloud.bundle_lock:
    lock: "{{ lookup('ansible.builtin.file', 'lock.yml') | from_yaml }}"
  register: found
"""

RETURN = r"""
lock:
  description: The lock with all digests that were found.
  type: dict
  returned: success, and failure because some digests can't be found
digests:
  description:
    - The digests that the lock itself does not have, for O(digests) and O(groundup.cloud.bundle#module:digests).
  type: dict
  returned: success, and failure because some digests can't be found
  sample:
    downloads:
      containerd:
        url: https://github.com/containerd/containerd/releases/download/v2.3.7/containerd-2.3.7-linux-amd64.tar.gz
        sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
filled:
  description: What was filled in, and the publisher's checksum file that agrees, if there is one.
  type: list
  elements: dict
  returned: success, and failure because some digests can't be found
  sample:
    - name: kubelet
      digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      confirmed: https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet.sha256
missing:
  description: What could not be found, each with the reason. Empty on success.
  type: list
  elements: dict
  returned: success, and failure because some digests can't be found
  version_added: 0.2.0
  sample:
    - name: upstream_images.registry.k8s.io/pause:3.10.2
      reason: "registry.k8s.io/pause:3.10.2 can't be had from docker://registry.k8s.io/pause:3.10.2: no route to host"
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.relock import resolve
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import cache_root
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {
    "lock": {"type": "dict", "required": True},
    "cache_dir": {"type": "path"},
    "mirrors": {"type": "dict", "default": {}},
    "digests": {"type": "dict", "default": {}},
    "images": {"type": "dict", "default": {}},
    "needs": {"type": "dict", "default": {}},
    "additions": {"type": "dict", "default": {}},
    "source": {"type": "str", "choices": ["upstream", "source"], "default": "upstream"},
    "ca_file": {"type": "path"},
    "auth_file": {"type": "path"},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    run(module, lambda: resolve(module.params, Path(module.params["cache_dir"] or cache_root())))


if __name__ == "__main__":
    main()
