#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: bundle
short_description: Build or download every artefact of a release into one directory
version_added: 0.1.0
description:
  - Makes content-addressed files and the storage of a container registry out of a lock, either by compiling pinned
    sources or by downloading what is published, every byte verified.
  - Images are copied by the program C(skopeo), from registries, OCI layouts and archives.
  - A run that was killed goes on where it stopped. A bundle that is whole is only read.
  - Shows its progress while it works, if it runs on the controller.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
options:
  lock:
    description: The lock, as read from its YAML.
    type: dict
    required: true
  sources:
    description: Directory with one Go module for each of the lock's builds.
    type: path
    required: true
  source:
    description:
      - V(source) compiles from pinned Go modules and takes the rest from Debian.
      - V(upstream) downloads what the lock names by digest; an artefact without a digest is refused.
    type: str
    choices: [source, upstream]
    default: source
  dir:
    description:
      - Where the bundle goes. By default a directory named by the lock, below O(cache_dir).
    type: path
  cache_dir:
    description:
      - Where the caches of compiling are kept, and bundles without a directory of their own.
      - May be deleted at any time.
      - By default V(${XDG_CACHE_HOME:-~/.cache}/groundup/bundle).
    type: path
  jobs:
    description: How many programs are compiled side by side.
    type: int
    default: 2
  mirrors:
    description:
      - Prefixes of URLs, and what to put in their place. The longest that fits wins.
      - A registry's mirror may have a path, which goes before the repository's name. It may begin with C(http://).
    type: dict
    default: {}
  digests:
    description:
      - Digests that were recorded for what the lock names without one. They are
        RV(groundup.cloud.bundle_lock#module:digests).
    type: dict
    default: {}
  images:
    description:
      - Images of one's own that stand in for images of the lock, each with its place as C(skopeo) names it, such as
        C(oci:/srv/images/app), C(oci-archive:FILE), C(docker-archive:FILE), C(dir:DIRECTORY), or C(docker://HOST/NAME:TAG).
      - Their digests have to be recorded in O(digests) as well.
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
        lock lists under C(optional) are made only if one of these names them.
    type: dict
    default: {}
  ca_file:
    description:
      - File with CAs to trust beside those of the system, of E(SSL_CERT_FILE) and of E(REQUESTS_CA_BUNDLE).
    type: path
  auth_file:
    description:
      - File with the logins of registries, as C(skopeo login --authfile) writes it. By default those of skopeo and
        Docker in their usual places. Logins of web servers are those of C(.netrc).
    type: path
  cloud:
    description: Name of the cloud by which M(groundup.cloud.bundle_info) finds the bundle.
    type: str
  lock_command:
    description: The command that finds missing digests, for the error that names it.
    type: str
  progress_file:
    description: Where to write a line for each step. By default C(progress.log) in the bundle.
    type: path
"""

EXAMPLES = r"""
- name: Build the bundle from source
  groundup.cloud.bundle:
    lock: "{{ lookup('ansible.builtin.file', 'lock.yml') | from_yaml }}"
    sources: "{{ role_path }}/files/source"

- name: Build the bundle with MetalLB, which the lock has as an optional part
  groundup.cloud.bundle:
    lock: "{{ lookup('ansible.builtin.file', 'lock.yml') | from_yaml }}"
    sources: "{{ role_path }}/files/source"
    needs:
      load_balancer: ["manifest:metallb", "quay.io/metallb/controller:v0.16.1", "quay.io/metallb/speaker:v0.16.1"]

- name: Download the bundle, images through a mirror
  groundup.cloud.bundle:
    lock: "{{ lookup('ansible.builtin.file', 'lock.yml') | from_yaml }}"
    sources: "{{ role_path }}/files/source"
    source: upstream
    mirrors:
      https://registry.k8s.io: https://mirror.example.net

- name: Download the bundle, with an image that was built here
  groundup.cloud.bundle:
    lock: "{{ lookup('ansible.builtin.file', 'lock.yml') | from_yaml }}"
    sources: "{{ role_path }}/files/source"
    source: upstream
    images:
      registry.k8s.io/kube-proxy:v1.36.3: oci:/srv/images/kube-proxy
    digests:
      own_images:
        registry.k8s.io/kube-proxy:v1.36.3:
          place: oci:/srv/images/kube-proxy
          digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

RETURN = r"""
path:
  description: Directory of the bundle.
  type: str
  returned: success
  sample: /root/.cache/groundup/bundle/7c9857b7c73dce21
lock_id:
  description: Names the lock and the sources that the bundle was made from.
  type: str
  returned: success
  sample: 7c9857b7c73dce21
missing:
  description: Artefacts that were missing or damaged before.
  type: list
  elements: str
  returned: success
  sample: [kubernetes, "registry.k8s.io/pause:3.10.2"]
current:
  description: Whether M(groundup.cloud.bundle_info) finds this bundle, by O(dir) or as the one made last.
  type: bool
  returned: success
refusal:
  description: In check mode, why a run without it would make nothing, such as the digests that nobody has recorded.
  type: str
  returned: success
own_images:
  description: Images of the bundle that are not their publishers', with the places that they came from.
  type: dict
  returned: success
  sample: {"registry.k8s.io/kube-proxy:v1.36.3": "oci:/srv/images/kube-proxy"}
bundle:
  description: The index of the bundle (C(bundle.json)); empty in check mode as long as there is none.
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import ensure
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run

SPEC = {
    "lock": {"type": "dict", "required": True},
    "sources": {"type": "path", "required": True},
    "source": {"type": "str", "choices": ["source", "upstream"], "default": "source"},
    "dir": {"type": "path"},
    "cache_dir": {"type": "path"},
    "jobs": {"type": "int", "default": 2},
    "mirrors": {"type": "dict", "default": {}},
    "digests": {"type": "dict", "default": {}},
    "images": {"type": "dict", "default": {}},
    "needs": {"type": "dict", "default": {}},
    "additions": {"type": "dict", "default": {}},
    "ca_file": {"type": "path"},
    "auth_file": {"type": "path"},
    "cloud": {"type": "str"},
    "lock_command": {"type": "str"},
    "progress_file": {"type": "path"},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)
    run(module, lambda: dict(ensure(Request.of(module.params), check=module.check_mode)))


if __name__ == "__main__":
    main()
