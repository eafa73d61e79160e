#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_info
short_description: Read the index of a bundle, and fail if it lacks artefacts of a layer
version_added: 0.1.0
description:
  - Reads the index of a bundle. Fails when files that it lists are absent or cut short, after a copy that broke off.
  - With O(needs), fails when the bundle lacks artefacts of a layer, naming every layer and every artefact, so that a
    run ends before it has begun.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
extends_documentation_fragment:
  - groundup.cloud.attributes
options:
  dir:
    description:
      - Directory of the bundle. By default the one that M(groundup.cloud.bundle) made last without a directory of its
        own, for O(cloud) if that is given.
    type: path
  cache_dir:
    description: The O(groundup.cloud.bundle#module:cache_dir) with which it was made.
    type: path
  cloud:
    description: Name of the cloud for which the bundle was made.
    type: str
  source:
    description: The O(groundup.cloud.bundle#module:source) that the bundle has to be made with; another one is refused.
    type: str
    choices: [source, upstream]
  images:
    description:
      - The images of one's own that the bundle has to hold, as in M(groundup.cloud.bundle). A bundle with others, or
        with the same from other places, is refused.
    type: dict
  lock_id:
    description:
      - What the bundle has to be made from, as P(groundup.cloud.bundle_lock_id#filter) gives it. A bundle that was made
        from another lock, or before digests were recorded anew, is refused.
    type: str
  needs:
    description:
      - For each layer the artefacts that it needs, which are names of files, programs, image references,
        C(apt:PACKAGE), C(manifest:NAME), or C(chart:NAME).
    type: dict
    default: {}
  programs:
    description: Files or programs to look up for RV(install).
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Check the bundle before anything is changed
  groundup.cloud.bundle_info:
    dir: "{{ bundle_dir }}"
    needs:
      kubernetes: [kubelet, kubeadm, kubectl, "registry.k8s.io/pause:3.10.2"]
    programs: [kubelet, kubeadm, kubectl]
  register: bundle
"""

RETURN = r"""
path:
  description: Directory of the bundle.
  type: str
  returned: success
  sample: /root/.cache/groundup/bundle/7c9857b7c73dce21
bundle:
  description: The index of the bundle, as in its C(bundle.json).
  type: dict
  returned: success
registries:
  description: Registries whose images the lock names, for which a machine's container runtime needs a mirror.
  type: list
  elements: str
  returned: success
  sample: [groundup.cloud, registry.k8s.io]
manifests:
  description: The manifests of Kubernetes objects, with the paths of their files on this host.
  type: dict
  returned: success
  sample: {calico: {version: 3.31.0, sha256: 9f86…, size: 1024, path: /srv/groundup/bundle/files/sha256/9f86…}}
charts:
  description: The Helm charts (C(.tgz)), with the paths of their files on this host.
  type: dict
  returned: success
  sample: {cilium: {version: 1.19.0, sha256: 0a3c…, size: 2048, path: /srv/groundup/bundle/files/sha256/0a3c…}}
install:
  description: The files that give the O(programs), each once, with the names that must lead to it.
  type: list
  elements: dict
  returned: success
  sample:
    - {name: kubernetes, sha256: 9f86…, size: 156270754, mode: "0755", kind: binary, links: [kubelet, kubeadm, kubectl]}
"""


from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.lock import DOCUMENTS
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import made_last
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

SPEC = {
    "dir": {"type": "path"},
    "cache_dir": {"type": "path"},
    "cloud": {"type": "str"},
    "source": {"type": "str", "choices": ["source", "upstream"]},
    "images": {"type": "dict"},
    "lock_id": {"type": "str"},
    "needs": {"type": "dict", "default": {}},
    "programs": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, supports_check_mode=True)

    def look() -> Result:
        path = made_last(module.params).resolve()
        held = index.read(path)
        index.require_origin(path, held, module.params["source"], module.params["images"])
        index.require_lock(path, held, module.params["lock_id"])
        index.whole(path, held)
        index.refuse(held, module.params["needs"])
        install = index.install(held, module.params["programs"])
        named = index.registries(held)
        documents = {section: index.located(path, held, section) for section in DOCUMENTS}
        result = {"path": str(path), "bundle": held, "install": install, "registries": named, **documents}
        return {"changed": False, **result}

    run(module, look)


if __name__ == "__main__":
    main()
