#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_info
short_description: Read what a bundle holds, and refuse layers that it can't serve
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
        own.
    type: path
  needs:
    description:
      - For each layer the artefacts that it needs, which are names of files, programs, image references, or
        C(apt:PACKAGE).
    type: dict
    default: {}
  programs:
    description: Files or programs to look up for RV(install).
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Look into the bundle before anything is changed
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
  description: Registries whose images the bundle holds, for which a machine's container runtime needs a mirror.
  type: list
  elements: str
  returned: success
  sample: [groundup.cloud, registry.k8s.io]
install:
  description: The files that give the O(programs), each once, with the names that must lead to it.
  type: list
  elements: dict
  returned: success
  sample:
    - {name: kubernetes, sha256: 9f86…, size: 156270754, mode: "0755", kind: binary, links: [kubelet, kubeadm, kubectl]}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import CURRENT, cache_root
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, run

SPEC = {
    "dir": {"type": "path"},
    "needs": {"type": "dict", "default": {}},
    "programs": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = AnsibleModule(SPEC, supports_check_mode=True)

    def look() -> Result:
        path = Path(module.params["dir"] or cache_root() / CURRENT).resolve()
        held = index.read(path)
        index.whole(path, held)
        index.refuse(held, module.params["needs"])
        install = index.install(held, module.params["programs"])
        named = index.registries(held)
        return {"changed": False, "path": str(path), "bundle": held, "install": install, "registries": named}

    run(module, look)


if __name__ == "__main__":
    main()
